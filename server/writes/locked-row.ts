import { SyncProblem } from '../sync/answers.ts'
import type { Session } from '../sync/database.ts'
import { type ApiRow, type Select, versionText } from '../sync/entity.ts'
import { evaluatePreconditions } from '../validators.ts'

export interface LockedRowOptions {
  /**
   * Selects the one row, without grouping: `for update` is added. Rows that count as deleted are left out.
   * @example { text: 'select * from products where id = $1 and deleted_at is null', values: [id] }
   */
  readonly select: Select
  /** The entity-tag that a GET of the row has. Default: none, and then only `If-Match: *` can hold. */
  readonly etag?: (row: ApiRow) => string | Promise<string>
  /** What changes whenever the row does, as the API shows it. Default: the column `updated_at`. */
  readonly version?: (row: ApiRow) => unknown
  /**
   * The version of the row that the user has seen, where the body says it. Default: that of the field `Freshlayer-Updated-At`,
   * which is percent-encoded. Undefined or null: the request does not say it.
   */
  readonly base?: unknown
  /** The row as a GET shows it, for a client that has to merge. Default: the row of the select. */
  readonly represent?: (row: ApiRow) => unknown
  /** Whether a write has to say what it is based on; else it is refused with 428. Default: false. */
  readonly isRequired?: boolean
}

/**
 * Locks the row of a write up to the end of the transaction, if the row is still what the write is based on. No other write comes
 * between this and the transaction's end.
 *
 * The problem that it throws has the row as it is now in its member `current` (null: it is gone), with `etag` and `updatedAt`, so
 * that the client can merge and write again.
 *
 * @param client of the transaction of the write.
 * @returns the row; undefined: there is none, and the request does not say that there has to be.
 * @throws SyncProblem 412 where `If-Match`, `If-None-Match` or `If-Unmodified-Since` does not hold; 409 where the row has another
 *   version; 428 where neither is said and has to be. `idempotency` answers with it.
 * @see RFC 9110 §13.1.1 (strong comparison), §13.2.2; RFC 6585 §3
 */
export async function lockedRow(
  client: Pick<Session, 'query'>,
  request: Request,
  options: LockedRowOptions,
): Promise<ApiRow | undefined> {
  const { version = (row: ApiRow): unknown => row['updated_at'], represent = (row: ApiRow): unknown => row } = options
  const base = baseOf(request, options.base)
  if (options.isRequired === true && base === undefined && !CONDITIONS.some((name) => request.headers.has(name)))
    throw new SyncProblem(428, 'Say what the write is based on, by If-Match.', { reason: 'no-base' })
  const { text, values = [] } = options.select
  // A select that has waited for another writer gets the row as that has left it.
  const { rows } = await client.query(`${text} for update`, values)
  const [row] = rows
  const now = row && version(row)
  const etag = row && (await options.etag?.(row))
  const current = row && { etag, lastModified: now instanceof Date ? now : undefined }
  const field = (name: string): string | undefined => request.headers.get(name) ?? undefined
  const isMet = evaluatePreconditions(request.method, field, current) === 'proceed'
  if (isMet && (base === undefined || (row !== undefined && isVersion(base, now)))) return row
  const shown = row && {
    ...(etag !== undefined && { etag }),
    ...(now !== undefined && now !== null && { updatedAt: versionText(now) }),
  }
  throw new SyncProblem(isMet ? 409 : 412, CHANGED, {
    reason: row === undefined ? 'gone' : 'changed',
    ...shown,
    current: row === undefined ? null : await represent(row),
  })
}

const CHANGED = 'What the request is based on has changed. Merge with what there is now, and write again.'

const CONDITIONS = ['if-match', 'if-none-match', 'if-unmodified-since']

/** The version that a request names; undefined: it names none. */
function baseOf({ headers }: Request, given: unknown): string | undefined {
  if (given !== undefined && given !== null) return versionText(given)
  const field = headers.get('freshlayer-updated-at')
  if (field === null) return undefined
  try {
    return decodeURIComponent(field)
  } catch {
    // No row has this version.
    return field
  }
}

/** Whether a client's text is a version. Of a time it may be in another form than ours: `+00:00` in place of `Z`. */
export function isVersion(text: string, version: unknown): boolean {
  if (version === undefined || version === null) return false
  return text === versionText(version) || (version instanceof Date && Date.parse(text) === version.getTime())
}

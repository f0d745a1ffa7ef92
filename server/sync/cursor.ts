import { createHash } from 'node:crypto'

/** A place in the change log: all entries up to it have been read. */
export interface LogPosition {
  /** Of the transaction that wrote the entry, as PostgreSQL's `xid8`. */
  readonly xid: bigint
  readonly id: bigint
}

/** How far a client has come. Clients get it as an opaque text. */
export interface Cursor {
  /** Of the log: another one means another database, or one that was restored. */
  readonly generation: string
  /** What the client may see, and which entities it asked for, as a digest. */
  readonly scope: string
  /** What the client reads next: changes after this place. */
  readonly position: LogPosition
  /** While the first load goes on: the entity, and the last row of its last page. Default: the first load has ended. */
  readonly load?: LoadPosition | undefined
}

interface LoadPosition {
  readonly entity: string
  /** The order's values of the last row. Default: the entity has not begun. */
  readonly after?: readonly string[] | undefined
}

/** A digest of what decides which rows a client sees: two clients with the same have the same. */
export const scopeDigest = (parts: unknown): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16)

/** The text of a cursor, for a URL. */
export function formatCursor({ generation, scope, position, load }: Cursor): string {
  const parts = [1, generation, scope, String(position.xid), String(position.id), load?.entity, load?.after]
  return Buffer.from(JSON.stringify(parts.filter((part) => part !== undefined))).toString('base64url')
}

/** A cursor that this kit has made, `'invalid'` for any other text. */
export function parseCursor(text: string): Cursor | 'invalid' {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return 'invalid'
  }
  if (!Array.isArray(parts)) return 'invalid'
  const [version, generation, scope, xid, id, entity, after] = parts as unknown[]
  if (version !== 1 || typeof generation !== 'string' || typeof scope !== 'string') return 'invalid'
  if (!isNumber(xid) || !isNumber(id)) return 'invalid'
  const position = { xid: BigInt(xid), id: BigInt(id) }
  if (entity === undefined) return { generation, scope, position }
  if (typeof entity !== 'string' || !(after === undefined || isTexts(after))) return 'invalid'
  return { generation, scope, position, load: { entity, after } }
}

/** What PostgreSQL takes for an `xid8` or a `bigint` that is not negative. */
const isNumber = (value: unknown): value is string => typeof value === 'string' && /^\d{1,18}$/.test(value)

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

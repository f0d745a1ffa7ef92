import { createHash } from 'node:crypto'
import { serializeList } from 'structured-headers'
import { answerProblem, SyncProblem } from './sync/answers.ts'
import { type CurrentRepresentation, evaluatePreconditions, httpDate, notModifiedFields } from './validators.ts'

export interface ValidatorOptions {
  /**
   * What changes whenever the same row may be rendered otherwise: the release of the backend. It is part of each tag, so a
   * deploy that changes the JSON does not leave clients with the old one.
   */
  readonly release: string
  /** The field that names the user of an answer, as `identity.echo` of the rules does. Default: none. */
  readonly echo?: string
}

/** A value of a version column. */
export type Version = string | number | bigint | Date

/** What an answer shows, as far as it is known before it is rendered. */
export interface Represented {
  /**
   * The version of all that the answer depends on: that of the row, those of several rows, or `rowsVersion()` of a list.
   * What is not in it must never change the answer.
   */
  readonly version: Version | readonly Version[]
  /** When it last changed. Default: `version`, where that is one time. */
  readonly lastModified?: Date
  /** Groups of answers that are invalidated together (RFC 9875). Default: none. */
  readonly groups?: readonly string[]
  /**
   * Whose answer it is. It is part of the tag, and stands in the field `echo`. Default: everyone's; then caches on the way
   * may keep it too.
   */
  readonly user?: string
  /** What else selects the answer: a language, a format. It is part of the tag. Default: none. */
  readonly variant?: string
  /** Default: `private, no-cache` for a user's answer, `no-cache` for everyone's: kept, and validated each time. */
  readonly cacheControl?: string
}

/** What a write has done. */
export interface Written {
  readonly response: Response
  /** The version that there is now, where the answer or the request's own body shows it. Default: no tag. */
  readonly now?: Represented
  /** Groups whose answers have changed. Default: none. */
  readonly invalidates?: readonly string[]
  /** See `writePosition`. Default: none. */
  readonly position?: string
}

export interface Validators {
  /**
   * Answers a GET or HEAD: 304 or 412 where its conditions say so, and nothing is rendered then. Else what `render` gives,
   * with its tag and what caches have to know.
   *
   * @param shown undefined: there is no such thing, and `render` says so.
   */
  readonly read: (
    request: Request,
    shown: Represented | undefined,
    render: () => Response | Promise<Response>,
  ) => Promise<Response>
  /**
   * Does a write whose conditions hold, else answers 412. What has happened is added to its answer: the new tag,
   * `Cache-Group-Invalidation`, `Freshlayer-Position`.
   *
   * @param current what is there now, read in the transaction of the write, or before it with a lock; undefined: nothing.
   */
  readonly write: (
    request: Request,
    current: Represented | undefined,
    work: () => Written | Promise<Written>,
  ) => Promise<Response>
  /** The strong entity-tag of what is shown. */
  readonly etag: (shown: Represented) => string
}

/**
 * Conditional answers from a version column, so that what has not changed is neither read nor rendered.
 *
 * A tag is strong: it is a digest of the release, the user, the variant and the version. It holds as long as these decide each
 * byte of the answer. Where a proxy compresses, it has to mark the tag as weak or with the coding, as proxies do.
 *
 * @see RFC 9110 §8.8, §13; RFC 9875
 */
export function validators({ release, echo }: ValidatorOptions): Validators {
  const etag = ({ version, user, variant }: Represented): string => {
    const versions = [version].flat().map((each) => (each instanceof Date ? each.toISOString() : String(each)))
    const all = JSON.stringify([release, user ?? null, variant ?? null, ...versions])
    return `"${createHash('sha256').update(all).digest('base64url').slice(0, 22)}"`
  }
  const current = (shown: Represented | undefined): CurrentRepresentation | undefined =>
    shown && { etag: etag(shown), lastModified: modifiedAt(shown) }
  const fieldsOf = (shown: Represented): Record<string, string> => {
    const { user, groups = [], cacheControl = user === undefined ? 'no-cache' : 'private, no-cache' } = shown
    const modified = modifiedAt(shown)
    return {
      etag: etag(shown),
      'cache-control': cacheControl,
      ...(modified && { 'last-modified': httpDate(modified) }),
      ...(groups.length > 0 && { 'cache-groups': groupList(groups) }),
      ...(echo !== undefined && user !== undefined && { [echo]: user }),
      // What is a user's own is for no cache on the way, whatever it makes of `private`.
      ...(user !== undefined && { 'cdn-cache-control': 'no-store' }),
    }
  }
  const outcomeOf = (request: Request, shown: Represented | undefined): ReturnType<typeof evaluatePreconditions> =>
    evaluatePreconditions(request.method, (name) => request.headers.get(name) ?? undefined, current(shown))

  return {
    etag,
    async read(request, shown, render) {
      const outcome = outcomeOf(request, shown)
      if (outcome === 'precondition-failed') return answerProblem(FAILED)
      if (outcome === 'not-modified' && shown !== undefined)
        return new Response(null, { status: 304, headers: notModifiedFields(fieldsOf(shown)) })
      const response = await render()
      return withFields(response, shown && response.ok ? fieldsOf(shown) : UNKEPT)
    },
    async write(request, shown, work) {
      if (outcomeOf(request, shown) === 'precondition-failed') return answerProblem(FAILED)
      const { response, now, invalidates = [], position } = await work()
      if (!response.ok) return withFields(response, UNKEPT)
      return withFields(response, {
        ...(now && fieldsOf(now)),
        ...(invalidates.length > 0 && { 'cache-group-invalidation': groupList(invalidates) }),
        ...(position !== undefined && { 'freshlayer-position': position }),
      })
    },
  }
}

const FAILED = new SyncProblem(412, 'What the request is based on has changed.')

/** An error is for no cache, unless it says itself for how long. */
const UNKEPT = { 'cache-control': 'no-store' }

const modifiedAt = ({ lastModified, version }: Represented): Date | undefined =>
  lastModified ?? (version instanceof Date ? version : undefined)

/** @throws where a name has a character that is none of ASCII. */
const groupList = (names: readonly string[]): string =>
  serializeList([...new Set(names)].map((name) => [name, new Map()]))

/** A response with more fields; those that it has itself stay. */
function withFields(response: Response, fields: Readonly<Record<string, string>>): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(fields)) if (!headers.has(name)) headers.set(name, value)
  const { status, statusText } = response
  return new Response(response.body, { status, statusText, headers })
}

import { createHash } from 'node:crypto'
import { entityTag, strongMatch, weakMatch } from '../sw/core/entity-tag.ts'
import { parseHttpDate } from '../sw/core/http-date.ts'
import { type EpochMs, epochMs } from '../sw/core/units.ts'

/** The current state of a resource that conditions are compared with. */
export interface CurrentRepresentation {
  readonly etag?: string | undefined
  readonly lastModified?: Date | undefined
}

/** Reads one request field by its name, undefined where it is absent. Several lines are joined by a comma. */
export type FieldReader = (name: string) => string | undefined

export type PreconditionOutcome = 'proceed' | 'not-modified' | 'precondition-failed'

/** A strong entity-tag of exactly these bytes: equal bytes have equal tags, any other byte makes another tag. */
export function strongEntityTag(body: string | Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('base64url')}"`
}

/** An instant as an HTTP date. Its parts below a second are dropped, so it never lies in the future. RFC 9110 §5.6.7 */
export function httpDate(instant: Date): string {
  return instant.toUTCString()
}

/**
 * The result of a request's conditions, in the order of the RFC. A date that cannot be parsed is ignored. A list of
 * tags that cannot be parsed matches nothing, so a write with it is refused.
 *
 * @param current undefined when the resource does not exist, which `*` tests.
 * @param now only decides the century of a two-digit year.
 * @see RFC 9110 §13.2.2
 */
export function evaluatePreconditions(
  method: string,
  field: FieldReader,
  current: CurrentRepresentation | undefined,
  now: EpochMs = epochMs(Date.now()),
): PreconditionOutcome {
  const isRead = method === 'GET' || method === 'HEAD'
  const ifMatch = field('if-match')
  const ifNoneMatch = field('if-none-match')

  if (ifMatch !== undefined) {
    if (!namesCurrent(ifMatch, current, strongMatch)) return 'precondition-failed'
  } else if (modifiedSince(field('if-unmodified-since'), current, now) === true) {
    return 'precondition-failed'
  }

  if (ifNoneMatch !== undefined) {
    if (!namesCurrent(ifNoneMatch, current, weakMatch)) return 'proceed'
    return isRead ? 'not-modified' : 'precondition-failed'
  }
  // A date counts only without a tag, because it is the weaker condition (RFC 9110 §13.1.3).
  if (isRead && modifiedSince(field('if-modified-since'), current, now) === false) return 'not-modified'
  return 'proceed'
}

/**
 * Fields of a 200 that describe its body. `Content-Security-Policy` is among them: it may name a nonce of that body.
 */
const OF_BODY = /^(?:content-(?!location$)|repr-digest$|transfer-encoding$|trailer$)/i

/**
 * The fields of the 304 in place of a 200 with these fields: all except those that describe the body. A cache updates
 * its stored fields by them. The layer also reads the user of the answer from the field that `identity.echo` names. RFC
 * 9110 §15.4.5
 */
export function notModifiedFields(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !OF_BODY.test(name)))
}

/** The entity-tags of an `If-Match` or `If-None-Match` list; 'invalid' when anything else is in it. RFC 9110 §8.8.3 */
export function parseEntityTagList(text: string): readonly string[] | 'invalid' {
  const tags: string[] = []
  let rest = text
  while (rest !== '') {
    // Tags are matched one by one and not split at commas: a comma may stand inside the quotes.
    const [skipped = '', tag, after = ''] = /^[ \t,]*((?:W\/)?"[^"]*")?(.*)$/s.exec(rest)?.slice() ?? []
    if (tag === undefined) return /^[ \t,]*$/.test(skipped) ? tags : 'invalid'
    if (entityTag(tag) === undefined || !/^[ \t]*(?:,|$)/.test(after)) return 'invalid'
    tags.push(tag)
    rest = after
  }
  return tags
}

/** Whether `*` or one of the tags in the list names the representation there is now. */
function namesCurrent(
  list: string,
  current: CurrentRepresentation | undefined,
  matches: (one: string, other: string) => boolean,
): boolean {
  if (current === undefined) return false
  if (list.trim() === '*') return true
  const { etag } = current
  const tags = parseEntityTagList(list)
  return etag !== undefined && tags !== 'invalid' && tags.some((tag) => matches(tag, etag))
}

/** Whether the representation changed after the date; undefined when either of the two is not known. */
function modifiedSince(
  field: string | undefined,
  current: CurrentRepresentation | undefined,
  now: EpochMs,
): boolean | undefined {
  if (field === undefined || current?.lastModified === undefined) return undefined
  const since = parseHttpDate(field.trim(), now)
  // HTTP dates count whole seconds, so the instant is cut to what `Last-Modified` said.
  return since === 'invalid' ? undefined : Math.floor(current.lastModified.getTime() / 1000) * 1000 > since
}

import { entityTag, isStrong } from '../entity-tag.ts'
import type { Fields } from '../head.ts'
import { decoded } from '../search.ts'
import { isWellFormed } from './json.ts'

/** What a write was made on top of, as the origin tells one state of a row from another. */
export type Base =
  /** `version`: what the row itself says of it, where both are known. */
  | { readonly kind: 'etag'; readonly tag: string; readonly version?: string }
  /** The value of the member that changes whenever the row does, as JSON has it. */
  | { readonly kind: 'updated-at'; readonly text: string }
  /** An own write has changed the row, and its answer does not say what it is now. It has to be read first. */
  | { readonly kind: 'unread' }
  /** There is nothing to compare with. */
  | { readonly kind: 'none' }

/**
 * The base that an answer about a row gives: its entity-tag, else its version. A weak tag is none, because `If-Match`
 * never matches one. A version that the answer itself names comes before that of the row.
 *
 * @param version the member of the row that changes whenever the row does; undefined: none does.
 * @see RFC 9110 §13.1.1
 */
export function baseOf(fields: Fields, version: unknown): Base {
  const tag = entityTag(fields.get('etag'))
  const said = fields.get(UPDATED_AT_FIELD)
  const given = said === undefined ? (typeof version === 'number' ? String(version) : version) : decoded(said)
  const text = typeof given === 'string' && isWellFormed(given) ? given : undefined
  if (tag !== undefined && isStrong(tag)) return { kind: 'etag', tag, ...(text !== undefined && { version: text }) }
  return text === undefined ? { kind: 'none' } : { kind: 'updated-at', text }
}

/** The value of the member of the row that changes whenever the row does; undefined: it is not known. */
export function versionIn(base: Base): string | undefined {
  switch (base.kind) {
    case 'etag':
      return base.version
    case 'updated-at':
      return base.text
    case 'unread':
    case 'none':
      return undefined
  }
}

/** The field that makes a backend of this package refuse a write whose row has another version by now; of an answer, its version. */
const UPDATED_AT_FIELD = 'freshlayer-updated-at'

/** The field by which the origin refuses a write whose row is another by now; undefined: there is none. */
export function preconditionOf(base: Base): readonly [name: string, value: string] | undefined {
  switch (base.kind) {
    case 'etag':
      return ['if-match', base.tag]
    case 'updated-at':
      return [UPDATED_AT_FIELD, encodeURIComponent(base.text)]
    case 'unread':
    case 'none':
      return undefined
  }
}

/** Whether two writes were made on top of the same. Of one of them more may be known. */
export function isSameBase(one: Base, other: Base): boolean {
  if (one.kind === 'etag' && other.kind === 'etag') return one.tag === other.tag
  const version = versionIn(one)
  return version === undefined ? one.kind === other.kind : version === versionIn(other)
}

/** What a write is made on top of that comes after one whose answer says this of the row. */
export const inherited = (answered: Base): Base => (answered.kind === 'none' ? { kind: 'unread' } : answered)

/** A write that is still queued. */
interface Later {
  readonly place: number
  readonly partition: string
  readonly lane: string
  readonly base: Base
}

/** A write that the origin has acknowledged. */
interface Acknowledged {
  readonly place: number
  readonly partition: string
  readonly base: Base
  /** What the answer says of the row. */
  readonly answered: Base
  /** The lane of the row that it has changed, and what it is called once the server's id is known. */
  readonly lane: { readonly before: string; readonly after: string }
}

/**
 * The later writes to the row that an acknowledged write has changed, as they are to be kept from then on. Those with the
 * same base get the answered one: a user's second edit never conflicts with the first. Those to a row that has just got
 * its id go into the lane of that. Writes that stay as they are are left out.
 *
 * They belong into the transaction of the acknowledgement.
 */
export function followUps<W extends Later>(writes: Iterable<W>, done: Acknowledged): W[] {
  const { lane, base, answered } = done
  const next = base.kind === 'none' ? answered : inherited(answered)
  const changed: W[] = []
  for (const write of writes) {
    if (write.partition !== done.partition || write.lane !== lane.before || write.place <= done.place) continue
    const followed = { ...write, lane: lane.after, base: isSameBase(write.base, base) ? next : write.base }
    if (followed.lane !== write.lane || !isSameBase(followed.base, write.base)) changed.push(followed)
  }
  return changed
}

import { hasInexactNumber } from '../collections/exact.ts'
import { isObject, type JsonObject, objectIn, ownMember } from './json.ts'
import { assigned, composedPatch, mergePatched } from './merge-patch.ts'
import { isMergePatch } from './outcome.ts'
import type { Target } from './row-change.ts'

/** A queued write to one row, as far as it decides whether another one can be sent with it. */
export interface Unsent {
  readonly method: string
  readonly target: Target
  /** Absolute. */
  readonly url: string
  readonly type: string | undefined
  /** Undefined: it has none, or one that is no text. */
  readonly body: string | undefined
  /** Its other fields, as one text: what they say of the request has to be the same. */
  readonly fields: string
  /** Whether it was ever sent: then the origin may have it. */
  readonly wasSent: boolean
}

/** What is sent of two writes. */
export type Coalesced =
  /** Both, one after the other. */
  | { readonly kind: 'both' }
  /** What was created is deleted, and the origin never knew of it. */
  | { readonly kind: 'neither' }
  /** One of them. It has the place, the key and the base of the first. `body`: another one than its own. */
  | { readonly kind: 'one'; readonly is: 'first' | 'second'; readonly body?: string }

const BOTH: Coalesced = { kind: 'both' }

/**
 * What is sent of two writes to one row that follow each other in its lane. Only what the origin has never seen is put
 * together, and only where every backend would make the same of it.
 *
 * | first ＼ second | create | put     | patch            | merge            | delete  |
 * | -------------- | ------ | ------- | ---------------- | ---------------- | ------- |
 * | create         | both   | create¹ | create³          | create           | neither²|
 * | put            | both   | put¹    | put³             | put³             | delete  |
 * | patch          | both   | put¹    | patch            | both             | delete  |
 * | merge          | both   | put¹    | both             | merge            | delete  |
 * | delete         | both   | both    | both             | both             | delete  |
 *
 * ¹ If the PUT has every member that the first has: some backends clear the others, and some keep them. ² If no other write names
 * its temporary id. ³ If no member of the change is null or an object that may be merged. Whatever is not JSON is sent as
 * it is.
 *
 * @param row the member that holds its id, its temporary id where the first creates it, and whether another queued write
 *   names that.
 */
export function coalesced(
  first: Unsent,
  second: Unsent,
  row: { readonly idMember: string; readonly temporaryId: string | undefined; readonly isNamedElsewhere: boolean },
): Coalesced {
  if (first.wasSent || second.wasSent) return BOTH
  const [one, other] = [kindOf(first), kindOf(second)]
  if (other === 'delete') {
    if (one === 'create') return row.isNamedElsewhere ? BOTH : { kind: 'neither' }
    if (one === 'other' || first.url !== second.url) return BOTH
    return { kind: 'one', is: one === 'delete' ? 'first' : 'second' }
  }
  // Which URL a created row will have is not known, so that of a change of it is not compared.
  const isAlike = first.fields === second.fields && (one === 'create' || first.url === second.url)
  if (!isAlike || one === 'other' || one === 'delete' || other === 'other' || other === 'create') return BOTH
  const [before, after] = [membersOf(first), membersOf(second)]
  if (before === undefined || after === undefined) return BOTH
  if (one === 'patch' || one === 'merge') {
    if (other === 'put') {
      // An object of a plain PATCH may have taken the place of one into which the PUT would be merged.
      const isClear = one === 'merge' || !Object.values(before).some(isObject)
      return isClear && hasAll(after, before) ? { kind: 'one', is: 'second' } : BOTH
    }
    const patch = one === other ? composedPatch(before, after, one === 'merge') : 'inexpressible'
    return patch === 'inexpressible' ? BOTH : { kind: 'one', is: 'second', body: JSON.stringify(patch) }
  }
  const whole = wholeOf(
    before,
    one === 'create' ? withoutId(after, before, row.idMember) : after,
    other,
    one === 'create',
  )
  const body = JSON.stringify(whole)
  const isOdd = one === 'create' && row.temporaryId !== undefined && body?.includes(JSON.stringify(row.temporaryId))
  return whole === undefined || isOdd ? BOTH : { kind: 'one', is: 'first', body }
}

type Kind = 'create' | 'put' | 'patch' | 'merge' | 'delete' | 'other'

function kindOf({ method, target, type }: Unsent): Kind {
  if (target === 'list') return method === 'POST' ? 'create' : 'other'
  if (target === 'other') return 'other'
  switch (method) {
    case 'PUT':
      return 'put'
    case 'PATCH':
      return isMergePatch(type) ? 'merge' : 'patch'
    case 'DELETE':
      return 'delete'
    default:
      return 'other'
  }
}

/** A whole row with a change of it; undefined where backends differ in what they would make of it. */
function wholeOf(
  before: JsonObject,
  after: JsonObject,
  how: 'put' | 'patch' | 'merge',
  isNew: boolean,
): JsonObject | undefined {
  switch (how) {
    case 'put':
      return hasAll(after, before) ? after : undefined
    case 'patch':
      // Some backends merge an object into what is there, and take null for a member that goes.
      return Object.values(after).some((value) => value === null || isObject(value))
        ? undefined
        : assigned(before, after)
    case 'merge':
      // A row that is there may keep members that a PUT leaves out.
      return isNew || isAddition(before, after) ? (mergePatched(before, after) as JsonObject) : undefined
  }
}

/** Whether a merge patch takes nothing away, and makes no object where there is none. */
const isAddition = (before: JsonObject, patch: JsonObject): boolean =>
  Object.entries(patch).every(([name, value]) => {
    const own = ownMember(before, name)
    return value !== null && (!isObject(value) || (isObject(own) && isAddition(own, value)))
  })

/** Whether an object has every member of another one, and so have the objects in it: none of them is new. */
const hasAll = (whole: JsonObject, part: JsonObject): boolean =>
  Object.entries(part).every(([name, value]) => {
    const own = ownMember(whole, name)
    return Object.hasOwn(whole, name) && (!isObject(own) || (isObject(value) && hasAll(own, value)))
  })

/** The body of a change without the temporary id of the row, for a create that does not have it. */
const withoutId = (body: JsonObject, created: JsonObject, idMember: string): JsonObject =>
  Object.hasOwn(created, idMember)
    ? body
    : Object.fromEntries(Object.entries(body).filter(([name]) => name !== idMember))

/** The members of a JSON body; undefined where it is none, or would not be the same once it is written anew. */
function membersOf({ type, body }: Unsent): JsonObject | undefined {
  const isJson = /^application\/(?:merge-patch\+)?json\b/i.test(type ?? '')
  if (!isJson || body === undefined || hasInexactNumber(body)) return undefined
  return objectIn(body)
}

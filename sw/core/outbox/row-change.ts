import { idOf } from '../collections/row.ts'
import { isObject, isSameJson, type JsonObject, ownMember } from './json.ts'
import { assigned, mergePatched } from './merge-patch.ts'
import { isMergePatch } from './outcome.ts'

/** What a write does to one row, as far as it is known before the origin has answered. */
export type RowChange =
  /** The row is new. */
  | { readonly kind: 'create'; readonly row: JsonObject }
  /** Members have other values. */
  | { readonly kind: 'assign'; readonly members: JsonObject }
  /** A JSON merge patch (RFC 7396). */
  | { readonly kind: 'merge'; readonly patch: JsonObject }
  | { readonly kind: 'delete' }
  /** What the origin has answered: the row as it is there. */
  | { readonly kind: 'replace'; readonly row: JsonObject }

/**
 * What the URL of a write is of: a list of rows, one row, or something else, such as an action or a part of a row
 * (`/products/7/photo`).
 */
export type Target = 'list' | 'row' | 'other'

/** A write, as far as its request says what it does. */
export interface Asked {
  readonly method: string
  /** Its `Content-Type`. */
  readonly type: string | undefined
  /** Its body as JSON; undefined: it has none, or another kind. */
  readonly body: unknown
  /** Of the row: temporary where the write creates it. */
  readonly id: string
  /** The member of a row that holds its id. */
  readonly idMember: string
  readonly target: Target
  /** What the rule calls such a row. Some backends wrap a body in an object with this one member. */
  readonly entity: string | undefined
}

/**
 * What a write of a usual REST shape does to its row: POST to a list creates, PUT and PATCH of a row set members, DELETE
 * of a row removes it. Undefined: the write has another shape, and what it does is not guessed.
 */
export function changeOf({ method, type, body, id, idMember, target, entity }: Asked): RowChange | undefined {
  if (target === 'other') return undefined
  if (method === 'DELETE') return target === 'row' ? { kind: 'delete' } : undefined
  const members = unwrapped(body, entity)
  if (members === undefined || /\bjson-patch\b|\bvnd\.api\b/i.test(type ?? '')) return undefined
  if (method === 'POST' && target === 'list') return { kind: 'create', row: withId(members, idMember, id) }
  if (target === 'list' || (method !== 'PUT' && method !== 'PATCH')) return undefined
  // A row keeps its id, which the server may write otherwise than the URL.
  const others = Object.fromEntries(Object.entries(members).filter(([name]) => name !== idMember))
  return method === 'PATCH' && isMergePatch(type)
    ? { kind: 'merge', patch: others }
    : { kind: 'assign', members: others }
}

/** The members of a new row. One of the app's own ids that cannot stand for it gives way: `null`, 0, a small number. */
function withId(members: JsonObject, idMember: string, id: string): JsonObject {
  if (!Object.hasOwn(members, idMember)) return { [idMember]: id, ...members }
  return idOf(members[idMember]) === id ? members : { ...members, [idMember]: id }
}

/** The members of a body; those of its one member where that wraps them: `{ product: { … } }`, `{ data: { … } }`. */
function unwrapped(body: unknown, entity: string | undefined): JsonObject | undefined {
  if (!isObject(body)) return undefined
  const [name = '', ...others] = Object.keys(body)
  const inner = others.length === 0 && (name === entity || name === 'data') ? ownMember(body, name) : undefined
  return isObject(inner) ? inner : body
}

/**
 * A row after changes, in their order; undefined: there is none. What no change touches is the same object as before,
 * and a change that the row has already changes nothing: so an answer that has the write already may be folded over.
 *
 * @param row undefined: it is not there.
 */
export function foldRow(row: JsonObject | undefined, changes: readonly RowChange[]): JsonObject | undefined {
  let folded = row
  for (const change of changes) {
    switch (change.kind) {
      case 'create':
        // The origin has it already, with more than was sent.
        folded ??= change.row
        break
      case 'assign':
        folded &&= assigned(folded, change.members)
        break
      case 'merge':
        folded &&= mergePatched(folded, change.patch) as JsonObject
        break
      case 'replace':
        folded &&= isSameJson(folded, change.row) ? folded : change.row
        break
      case 'delete':
        folded = undefined
    }
  }
  return folded
}

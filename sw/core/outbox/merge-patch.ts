import { isObject, isSameJson, type JsonObject, ownMember } from './json.ts'

/**
 * A JSON value with a merge patch applied. What the patch does not change is the same object as before; where it changes
 * nothing, so is the whole.
 *
 * @see RFC 7396 §2
 */
export function mergePatched(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return isSameJson(value, patch) ? value : patch
  const base = isObject(value) ? value : {}
  let merged: Map<string, unknown> | undefined
  for (const [name, member] of Object.entries(patch)) {
    const isThere = Object.hasOwn(base, name)
    if (member === null) {
      if (isThere) (merged ??= new Map(Object.entries(base))).delete(name)
      continue
    }
    const before = ownMember(base, name)
    const after = mergePatched(before, member)
    if (!isThere || after !== before) (merged ??= new Map(Object.entries(base))).set(name, after)
  }
  return merged === undefined ? base : Object.fromEntries(merged)
}

/**
 * An object with other values for some members: what a PUT or a PATCH of plain JSON says of it. What does not change is
 * the same object as before; where nothing changes, so is the whole.
 */
export function assigned(value: JsonObject, members: JsonObject): JsonObject {
  const changed = Object.entries(members).filter(
    ([name, member]) => !Object.hasOwn(value, name) || !isSameJson(value[name], member),
  )
  return changed.length === 0 ? value : Object.fromEntries([...Object.entries(value), ...changed])
}

/**
 * One patch that does what two do, one after the other; `'inexpressible'`: there is none, or backends differ in what
 * they would make of it.
 *
 * @param isMerge both are JSON merge patches. Otherwise they are plain JSON: some backends replace a member that is an
 *   object, and some merge it.
 */
export function composedPatch(first: JsonObject, second: JsonObject, isMerge: boolean): JsonObject | 'inexpressible' {
  const composed = new Map(Object.entries(first))
  for (const [name, member] of Object.entries(second)) {
    const before = composed.get(name)
    if (!isObject(member) || !composed.has(name)) composed.set(name, member)
    else if (!isMerge || !isObject(before)) return 'inexpressible'
    else {
      const inner = composedPatch(before, member, isMerge)
      if (inner === 'inexpressible') return inner
      composed.set(name, inner)
    }
  }
  return Object.fromEntries(composed)
}

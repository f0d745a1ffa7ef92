import { isObject, type JsonObject } from '../../sw/core/outbox/json.ts'

/** A value that a JSON merge patch sets, or null where it removes one. */
export interface Leaf {
  /** The names of the members that lead to it. */
  readonly path: readonly string[]
  readonly value: unknown
}

/** Objects that lie deeper are set as they are. */
const MOST_DEPTH = 32

/** All that a merge patch sets. @see RFC 7396 §2 */
export function leavesOf(patch: JsonObject, path: readonly string[] = []): Leaf[] {
  return Object.entries(patch).flatMap(([name, value]) => {
    const inner = [...path, name]
    const isDeep = isObject(value) && Object.keys(value).length > 0 && inner.length < MOST_DEPTH
    return isDeep ? leavesOf(value, inner) : [{ path: inner, value }]
  })
}

/** The merge patch that sets just these. */
export function patchOf(leaves: readonly Leaf[], depth = 0): JsonObject {
  const members = new Map<string, Leaf[]>()
  for (const leaf of leaves) {
    const [name = ''] = leaf.path.slice(depth)
    const group = members.get(name)
    if (group === undefined) members.set(name, [leaf])
    else group.push(leaf)
  }
  return Object.fromEntries(
    [...members].map(([name, group]): [string, unknown] => {
      const [first] = group
      return [name, first?.path.length === depth + 1 ? first.value : patchOf(group, depth + 1)]
    }),
  )
}

/** The JSON pointer of a leaf. @see RFC 6901 §3 */
export const pointerOf = ({ path }: Leaf): string =>
  path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** Whether one of two pointers is the other, or leads to it: who sets the one sets the other. */
export const isRelated = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`)

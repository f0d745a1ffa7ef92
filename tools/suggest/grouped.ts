/** The items by key, in the order in which the keys and the items first come. `Map.groupBy` is not in Node 20. */
export function grouped<K, T>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

/** How often each key comes, the most frequent first. */
export function counted<T>(items: Iterable<T>, keyOf: (item: T) => string | undefined): Record<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) {
    const key = keyOf(item)
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].toSorted(([, one], [, other]) => other - one))
}

/**
 * Whether what was sent of a record is what it is now, for `acknowledge` and `apply` of an adapter. The order of members does not
 * count, and a member that is undefined counts as absent, as in JSON.
 */
export function isSameRecord(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other)
}

/** The JSON of a value, its members in order. */
const canonical = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([name], [next]) => (name < next ? -1 : 1)))
      : each,
  ) as string | undefined

/** A short text that is another one for another version of a record. Of two versions one in 2^53 has the same. */
export function versionOf(text: string): string {
  // cyrb53, a hash in the public domain: two times 32 bits, mixed.
  let [high, low] = [0xdeadbeef, 0x41c6ce57]
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36)
}

/** How many buckets the ids of a collection fall into. */
export const BUCKETS = 4096

/** What a digest knows of a row: its id, and what changes whenever the row does. */
export interface RowVersion {
  readonly id: string
  readonly version: string
}

/** The bucket of an id: 0 to 4095. */
export const bucketOf = (id: string): number => hashOf(id) >>> 20

/**
 * A sum for each bucket, over its rows' ids and versions. The order of the rows does not matter. Two sets of rows that differ
 * in one row differ in the sum of its bucket, but for one case in four thousand million.
 */
export function bucketSums(rows: Iterable<RowVersion>): Uint32Array {
  const sums = new Uint32Array(BUCKETS)
  for (const row of rows) {
    const bucket = bucketOf(row.id)
    sums[bucket] = (sums[bucket] ?? 0) + rowDigest(row)
  }
  return sums
}

/** What a row adds to the sum of its bucket, and to the digest of its collection: 32 bits. */
export const rowDigest = ({ id, version }: RowVersion): number => hashOf(`${id}\n${version}`)

/** One number for a whole collection: 32 bits. */
export const collectionDigest = (sums: Uint32Array): number => sums.reduce((sum, each) => (sum + each) >>> 0, 0)

/**
 * What a client holds of collections, in the order of their names, as an entity-tag: how many rows, and their digest. The client
 * sends it as `If-None-Match` with its cursor. The server answers 304 where nothing has changed since, and the tag is right.
 *
 * @see docs/decisions/0046-nothing-changed-is-a-304.md
 */
export const heldTag = (...held: readonly { readonly count: number; readonly digest: number }[]): string =>
  `"${held.map(({ count, digest }) => `${count}-${digest}`).join('.')}"`

/** FNV-1a over the text's UTF-16 units, finished as MurmurHash3 does: texts that differ a little differ in all bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

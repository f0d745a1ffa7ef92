/**
 * The keys of the cache database. One object store holds every kind of record, so that what belongs together is written
 * in one transaction. These names are on users' disks; docs/design.md has a table of them.
 *
 * - What every answer depends on lies in one range, so that a worker that starts reads it with one request.
 * - What belongs to a partition begins with the partition, so that all of it is one range.
 * - A record of a kind that this version does not know is left alone.
 */
import { partitionPrefix } from '../../core/key.ts'
import type { Row } from '../../core/row.ts'
import { promisifyRequest } from './database.ts'

/** The prefix of what every answer depends on: read when a worker starts. */
export const STATE = '!'
export const META = '!meta'
export const INVALIDATIONS = '!invalidation '
export const REMOVALS = '!removal '
/** Writes that have been announced and not ended. */
export const PENDING_WRITES = '!write '
/** Which parts of a query count, by path. */
export const SEARCHES = '!search '
/** What the backend calls the user of a partition. */
export const ECHOES = '!echo '
/** Partitions whose user the origin has refused. */
export const TRUST = '!trust '
/** The last sign-in, and the partitions of users who were confirmed since. */
export const FOLLOWED = '!followed'
/** Sign-ins and sign-outs under way: one whose worker ends before its outcome is known counts as done. */
export const SESSIONS = '!session '
/** Whether the origin has switched the layer off, and when it was asked. The one record that a kill leaves. */
export const KILL = '!kill'

export const STATS = 'stats'
/** Who the user of a client is, as its page or the backend said. */
export const CLIENTS = 'client '
/** The partitions of the tokens that a client last used. */
export const TOKENS = 'token '
/** Who the user was when the backend or a page last said. */
export const LAST = 'last user'
/** The key of the digests that stand for secrets. */
export const SECRET = 'secret'

/** Kinds of records of a partition. */
type OfPartition = 'row' | 'index' | 'change'

/** Every key that begins with the prefix: `\uffff` sorts after all that a key may hold. */
export const under = (prefix: string): IDBKeyRange => IDBKeyRange.bound(prefix, `${prefix}\uffff`)

/** The prefix of a partition's records of one kind. */
export const kindOf = (partition: string, kind: OfPartition): string => `${partitionPrefix(partition)}${kind}\n`

/** The variants of one key lie side by side: one range, one request. */
export const rowsOfKey = (key: string): string => `${key}\n\n`

export const rowKey = ({ key, variant }: Pick<Row, 'key' | 'variant'>): string => rowsOfKey(key) + variant

/**
 * The key of a body that lies beside its row: in the range of its key, so that one request brings both. Each line of a
 * variant has a colon, so no variant passes for a body.
 */
export const bodyKey = (rowKey: string): string => `${rowKey}${BODY}`

export const isBodyKey = (key: string): boolean => key.endsWith(BODY)

const BODY = '\nbody'

/** The key of the index entry of a row: the same in the range of its own kind, so that both are in the same order. */
export const indexKey = (rowKey: string): string => rowKey.replace('\nrow\n', '\nindex\n')

/** The key of the row that an index entry is of. */
export const rowKeyOf = (indexKey: string): string => indexKey.replace('\nindex\n', '\nrow\n')

/** Padded, so that keys sort as numbers do. */
export const changeKey = (partition: string, position: number): string =>
  kindOf(partition, 'change') + String(position).padStart(15, '0')

/** The records in a range with their keys, in order. */
export async function entriesOf(
  source: IDBObjectStore | IDBIndex,
  range: IDBKeyRange,
  atMost?: number,
): Promise<(readonly [key: string, record: unknown])[]> {
  // Both are asked for before either is waited for: where the second throws, no promise of the first is left alone.
  const asked = [source.getAllKeys(range, atMost), source.getAll(range, atMost)] as const
  const [keys, records] = await Promise.all([promisifyRequest(asked[0]), promisifyRequest<unknown[]>(asked[1])])
  return records.map((record, at) => [String(keys[at]), record])
}

/**
 * Says that a partition has collections, with their place in the order of things: their rows lie in another object store, and
 * there may be no other record of the partition.
 */
export const collectionsMark = (partition: string): string => `${partitionPrefix(partition)}collections`

/** Where the keys of partitions begin: their names do, see `partitionName`. */
const PARTITIONS = ['anonymous', 'everyone', 'token/', 'user/']

/** Every partition that has a record, found without looking at the others of each. */
export async function storedPartitions(store: IDBObjectStore): Promise<string[]> {
  return (await Promise.all(PARTITIONS.map((prefix) => partitionsUnder(store, prefix)))).flat()
}

/** Keys that are looked at in one go: partitions with few records are many in one request. */
const KEYS = 100

async function partitionsUnder(store: IDBObjectStore, prefix: string): Promise<string[]> {
  const found = new Set<string>()
  for (let from = prefix; ;) {
    const keys = await promisifyRequest(store.getAllKeys(IDBKeyRange.bound(from, `${prefix}\uffff`), KEYS))
    for (const key of keys) found.add(partitionOf(String(key)))
    if (keys.length < KEYS) return [...found]
    from = `${partitionPrefix(partitionOf(String(keys.at(-1))))}\uffff`
  }
}

/** The partition of the first record behind a key. */
async function partitionBehind(store: IDBObjectStore, from: string): Promise<string | undefined> {
  const ahead = PARTITIONS.filter((prefix) => from < `${prefix}\uffff`)
  const asked = ahead.map((prefix) =>
    promisifyRequest(store.getAllKeys(IDBKeyRange.bound(from > prefix ? from : prefix, `${prefix}\uffff`), 1)),
  )
  const [key] = (await Promise.all(asked)).flat()
  return key === undefined ? undefined : partitionOf(String(key))
}

/**
 * Where a walk over the rows of all partitions goes on behind a key: the prefix of one partition's rows. A walk that has
 * seen them all is at the end of their range. Undefined: there are no more partitions.
 */
export async function rowsBehind(store: IDBObjectStore, from: string): Promise<string | undefined> {
  if (from.includes('\nrow\n') && !from.endsWith('\uffff')) return kindOf(partitionOf(from), 'row')
  // Behind the rows of a partition there may be records of other kinds.
  const start = from.includes('\n') ? `${partitionPrefix(partitionOf(from))}\uffff` : from
  const partition = await partitionBehind(store, start)
  return partition === undefined ? undefined : kindOf(partition, 'row')
}

/** The partition that a key begins with. */
export const partitionOf = (key: string): string => key.split('\n', 1)[0] ?? ''

/**
 * The keys of the cache database. One object store holds every kind of record, so that what belongs together is written
 * in one transaction; each kind has a prefix of its own. These names are on users' disks.
 */
import { partitionOfKey, partitionPrefix } from '../../core/key.ts'
import type { Row } from '../../core/row.ts'
import { promisifyRequest } from './store.ts'

export const META = 'meta'
export const STATS = 'stats'
export const ROWS = 'row '
export const MARKS = 'mark '
export const INTENTS = 'intent '
export const CHANGES = 'change '
/** Who the user of a client is, as its page or the backend said. */
export const CLIENTS = 'client '
/** The partition of the token that a client last used. */
export const TOKENS = 'token '
/** Rows by rule and last use. */
export const USED = 'used '
/** Where a row is among them. */
export const PLACES = 'place '
export const SEARCHES = 'search '
/** Whether the origin has switched the layer off, and when it was asked. The one record that a kill leaves. */
export const KILL = 'kill'
/** What the backend calls the user of a partition. */
export const ECHOES = 'echo '
/** Partitions whose user the origin has refused, or who may have been followed by another. */
export const DOUBTS = 'doubt '
/** Sign-ins and sign-outs under way: what becomes of one whose worker ends before it is known counts as done. */
export const SESSIONS = 'session '
/** Who the user was when the backend or a page last said. */
export const LAST = 'last user'
/** The key of the digests that stand for secrets. */
export const SECRET = 'secret'

/** Every key that begins with the prefix: `\uffff` sorts after all that a key may hold. */
export const under = (prefix: string): IDBKeyRange => IDBKeyRange.bound(prefix, `${prefix}\uffff`)

const SINGLE = [META, STATS, KILL, LAST, SECRET]
const KINDS = [ROWS, MARKS, INTENTS, CHANGES, CLIENTS, TOKENS, USED, PLACES, SEARCHES, ECHOES, DOUBTS, SESSIONS]

/** Whether a key is of a kind that this version writes. */
export const isOurs = (key: string): boolean => SINGLE.includes(key) || KINDS.some((kind) => key.startsWith(kind))

/** The records of a kind with their keys, in order. */
export async function entriesOf(
  store: IDBObjectStore,
  kind: string,
): Promise<(readonly [key: string, record: unknown])[]> {
  return entriesIn(store, under(kind))
}

/** Every partition that has a row, found without looking at the others of each. */
export async function storedPartitions(store: IDBObjectStore): Promise<string[]> {
  const found: string[] = []
  for (let from = ROWS; ;) {
    const [key] = await promisifyRequest(store.getAllKeys(IDBKeyRange.bound(from, `${ROWS}\uffff`), 1))
    if (key === undefined) return found
    const partition = partitionOfKey(String(key).slice(ROWS.length))
    found.push(partition)
    from = `${ROWS}${partitionPrefix(partition)}\uffff`
  }
}

const AT_ONCE = 200

/** The same, for what may be much: some at a time, so that nobody waits for long behind it. */
export async function* recordsUnder(
  ledger: { readonly read: <T>(work: (store: IDBObjectStore) => Promise<T>) => Promise<T> },
  kind: string,
): AsyncGenerator<readonly [key: string, record: unknown]> {
  for (let range: IDBKeyRange | undefined = under(kind); range !== undefined;) {
    const within: IDBKeyRange = range
    const entries = await ledger.read((store) => entriesIn(store, within, AT_ONCE))
    yield* entries
    range = entries.length < AT_ONCE ? undefined : IDBKeyRange.bound(entries.at(-1)?.[0], within.upper, true)
  }
}

async function entriesIn(
  store: IDBObjectStore,
  range: IDBKeyRange,
  atMost?: number,
): Promise<(readonly [key: string, record: unknown])[]> {
  const [keys, records] = await Promise.all([
    promisifyRequest(store.getAllKeys(range, atMost)),
    promisifyRequest<unknown[]>(store.getAll(range, atMost)),
  ])
  return records.map((record, at) => [String(keys[at]), record])
}

/** The variants of one key lie side by side: one range, one request. */
export const rowsOfKey = (key: string): string => `${ROWS}${key}\n\n`

export const rowKey = ({ key, variant }: Pick<Row, 'key' | 'variant'>): string => rowsOfKey(key) + variant

/** Padded, so that keys sort as numbers do. */
export const changeKey = (position: number): string => CHANGES + String(position).padStart(15, '0')

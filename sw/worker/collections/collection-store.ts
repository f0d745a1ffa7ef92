import { apply, type Applied, drift, EMPTY, isEmpty, joined, type Tally } from '../../core/collections/apply.ts'
import { compareRows, digestOfRow, type KeptRow } from '../../core/collections/row.ts'
import type { SyncPage } from '../../core/collections/sync-answer.ts'
import { BUCKETS, bucketOf } from '../../core/digest.ts'
import type { Sequence } from '../../core/sequence.ts'
import { pause, uptimeMs } from '../../fetch/clock.ts'
import type { SyncCounts } from '../../protocol.ts'
import { NO_SYNC } from '../statistics.ts'
import { promisifyRequest, type UseStore } from '../store/database.ts'
import {
  type Head,
  headKey,
  MOST_NAMED,
  type News,
  type Of,
  parseHead,
  type RowSet,
  rowKey,
  rowsUnder,
  SYNC_STATS,
  wrapperKey,
} from './records.ts'

/** Rows that are read or written in one go. Between two of them the worker's other events have their turn. */
const SLICE = 500

/** On a disk that is slow to answer, more rows are read in one go, up to so many. */
const MOST_AT_ONCE = 8000
const SLOW_MS = 500

/** What a page is applied to: a set as it was when the page was asked for. */
type Expected = Pick<RowSet, 'set' | 'isLoaded'> & { readonly cursor: string | undefined }

/** How a page is applied. */
interface Applying {
  /** The cursor from now on. */
  readonly cursor: string | undefined
  /** The rows that answer are all that was committed at the origin before this place. Absent: they are not, or not yet. */
  readonly confirmed?: { readonly at: Sequence; readonly atMs: number } | undefined
  /** A set that has been loaded in place of another answers from now on. */
  readonly promotes?: boolean
  /** The first load of the set has come to its end. */
  readonly isLoaded?: boolean
  /** Whether a change is what a write of this app has got as its answer. */
  readonly isOwn: (id: string, row: KeptRow | undefined) => boolean
  /** More than this is refused. Unit: UTF-16 units of JSON. */
  readonly mostSize: number
}

type Committed =
  | { readonly kind: 'committed'; readonly head: Head; readonly written: number }
  /** Another worker has written meanwhile, or the collection is gone. */
  | { readonly kind: 'overtaken' }
  /** The rows would not be what the answer says that they are. Nothing was written. */
  | { readonly kind: 'drift'; readonly in: 'total' | 'digest' }
  | { readonly kind: 'too-large' }

/** The rows of collections on disk. Each method is one transaction, or says otherwise. */
export class CollectionStore {
  readonly #use: UseStore
  readonly #shapes: ReadonlyMap<string, string>

  /** @param shapes of each entity that the rules have. Heads of another shape count as none. */
  constructor(use: UseStore, shapes: ReadonlyMap<string, string>) {
    this.#use = use
    this.#shapes = shapes
  }

  head(of: Of): Promise<Head | undefined> {
    return this.#use('readonly', (store) => this.#headIn(store, of))
  }

  async #headIn(store: IDBObjectStore, of: Of): Promise<Head | undefined> {
    const head = parseHead(await promisifyRequest<unknown>(store.get(headKey(of))))
    return this.isOfRules(of, head) ? head : undefined
  }

  /** Whether the rows of a head are kept by the rules of this worker. */
  isOfRules({ entity }: Of, head: Head | undefined): head is Head {
    return head !== undefined && head.shape === this.#shapes.get(entity)
  }

  /** A head, with the row of an id of the set that answers, or of the one that is being loaded where none does. */
  find(
    of: Of,
    id: string | undefined,
  ): Promise<{ readonly head: Head; readonly row: KeptRow | undefined } | undefined> {
    return this.#use('readonly', async (store) => {
      const head = await this.#headIn(store, of)
      const set = head?.live ?? head?.loading
      if (head === undefined) return undefined
      if (set === undefined || id === undefined) return { head, row: undefined }
      return { head, row: parseRow(await promisifyRequest<unknown>(store.get(rowKey(of, set.set, id)))) }
    })
  }

  /** Replaces a head. @param change gives undefined where it is to be deleted, and the same where it stays. */
  update(of: Of, change: (head: Head | undefined) => Head | undefined): Promise<Head | undefined> {
    return this.#use('readwrite', async (store) => {
      const before = await this.#headIn(store, of)
      const head = change(before)
      if (head === undefined) store.delete(headKey(of))
      else if (head !== before) store.put(head, headKey(of))
      // Another head is made where the one before was removed or is of other rules, with all that was of it.
      if (head === undefined || head.born !== before?.born) store.delete(wrapperKey(of))
      await promisifyRequest(store.transaction)
      return head
    })
  }

  /** Applies a page to a set: its rows and the cursor, or nothing. */
  commit(
    of: Of,
    { set, isLoaded, cursor }: Expected,
    page: Pick<SyncPage, 'rows' | 'deleted' | 'total' | 'digest'>,
    how: Applying,
  ): Promise<Committed> {
    const keys = [...page.rows.map(({ id }) => id), ...page.deleted].map((id) => rowKey(of, set, id))
    return this.#use('readwrite', async (store): Promise<Committed> => {
      const readAll = (): Promise<unknown[]> =>
        Promise.all(keys.map((key) => promisifyRequest<unknown>(store.get(key))))
      // Asked before anything is waited for. The rows of a first load come behind those that are there, mostly.
      const found = this.#headIn(store, of)
      const reading = isLoaded ? readAll() : anyWithin(store, keys).then((isAny) => (isAny ? readAll() : []))
      const [head, records] = await Promise.all([found, reading])
      const isLive = head?.live?.set === set
      const before = isLive ? head.live : head?.loading
      if (head === undefined || before?.set !== set || before.cursor !== cursor) return { kind: 'overtaken' }
      const held = new Map(records.flatMap((each) => parseRow(each) ?? []).map((row) => [row.id, row]))
      const applied = apply(page, held, before, how.isOwn)
      const differs = drift(applied.tally, page)
      if (differs !== undefined) return { kind: 'drift', in: differs }
      if (applied.tally.size > how.mostSize) return { kind: 'too-large' }
      for (let at = 0; at < applied.put.length; at += SLICE) {
        const slice = applied.put.slice(at, at + SLICE)
        await Promise.all(slice.map((row) => promisifyRequest(store.put(row, rowKey(of, set, row.id)))))
      }
      for (const id of applied.removed) store.delete(rowKey(of, set, id))
      const revision = before.revision + Math.min(1, applied.put.length + applied.removed.length)
      const after = { ...before, ...cursorOf(how.cursor), ...applied.tally, revision }
      const next = headAfter(head, after, isLive, applied, how)
      store.put(next, headKey(of))
      await promisifyRequest(store.transaction)
      return { kind: 'committed', head: next, written: applied.put.length + applied.removed.length }
    })
  }

  /** Ids and versions of all rows of a set, some at a time, and the set's numbers as they really are. */
  async walk(of: Of, { set }: RowSet, see: (rows: readonly KeptRow[]) => void): Promise<Tally> {
    let [count, digest, size] = [0, 0, 0]
    await this.#use('readonly', (store) =>
      slices(store, rowsUnder(of, set), (records) => {
        const rows = records.flatMap((record) => parseRow(record) ?? [])
        for (const row of rows) {
          count++
          digest = (digest + digestOfRow(row)) >>> 0
          size += row.text.length
        }
        see(rows)
      }),
    )
    return { count, digest, size }
  }

  /** Sums of a set's buckets, from the rows themselves, and which of its ids and versions lie in some buckets. */
  async sums(of: Of, rows: RowSet): Promise<{ readonly sums: Uint32Array; readonly tally: Tally }> {
    const sums = new Uint32Array(BUCKETS)
    const tally = await this.walk(of, rows, (slice) => {
      for (const row of slice) {
        const bucket = bucketOf(row.id)
        sums[bucket] = (sums[bucket] ?? 0) + digestOfRow(row)
      }
    })
    return { sums, tally }
  }

  /** The JSON of all rows of a set, in the order of the list. */
  async texts(of: Of, { set }: RowSet, order: { readonly isDescending: boolean } | undefined): Promise<string[]> {
    const compare = order && compareRows(order.isDescending)
    const texts: string[] = []
    const runs: KeptRow[][] = []
    await this.#use('readonly', (store) =>
      slices(store, rowsUnder(of, set), (records) => {
        const rows = records.flatMap((record) => parseRow(record) ?? [])
        // Of 100,000 rows no more is held than has to be.
        if (compare === undefined) for (const { text } of rows) texts.push(text)
        else runs.push(rows.toSorted(compare))
      }),
    )
    return compare === undefined ? texts : (await merged(runs, compare)).map(({ text }) => text)
  }

  /** Adds to the counts that are kept, and gives them. */
  count(added: Partial<SyncCounts>): Promise<SyncCounts> {
    return this.#use('readwrite', async (store) => {
      const kept = await promisifyRequest<Partial<SyncCounts> | undefined>(store.get(SYNC_STATS))
      const stats = [kept ?? {}, added].reduce<SyncCounts>(summed, NO_SYNC)
      store.put(stats, SYNC_STATS)
      await promisifyRequest(store.transaction)
      return stats
    })
  }

  wrapper(of: Of): Promise<unknown> {
    return this.#use('readonly', (store) => promisifyRequest<unknown>(store.get(wrapperKey(of))))
  }

  putWrapper(of: Of, value: unknown): Promise<void> {
    return this.#use('readwrite', (store) => {
      store.put({ kind: 'wrapper', value }, wrapperKey(of))
      return promisifyRequest(store.transaction)
    })
  }
}

function summed(one: SyncCounts, other: Partial<SyncCounts>): SyncCounts {
  const failures = { ...one.failures }
  for (const [failure, count] of Object.entries(other.failures ?? {}))
    failures[failure] = (failures[failure] ?? 0) + count
  const of = (name: Exclude<keyof SyncCounts, 'failures'>): number => one[name] + (other[name] ?? 0)
  return {
    runs: of('runs'),
    requests: of('requests'),
    characters: of('characters'),
    rowsWritten: of('rowsWritten'),
    refused: of('refused'),
    drift: of('drift'),
    failures,
  }
}

const cursorOf = (cursor: string | undefined): { cursor?: string } => (cursor === undefined ? {} : { cursor })

/** An empty set whose load is to begin. */
export const newSet = (beganAt: Sequence, beganAtMs: number): RowSet => ({
  ...EMPTY,
  set: crypto.randomUUID(),
  isLoaded: false,
  revision: 0,
  beganAt,
  beganAtMs,
})

function headAfter(head: Head, rows: RowSet, isLive: boolean, { diff }: Applied, how: Applying): Head {
  const { live, loading, ...rest } = head
  const set = how.isLoaded === true ? { ...rows, isLoaded: true } : rows
  const isPromoted = how.promotes === true && !isLive
  const news = isLive ? newsOf(head.news, isEmpty(diff) ? undefined : diff) : isPromoted && live ? 'many' : head.news
  const sets = isLive || isPromoted ? { live: set } : { ...(live && { live }), loading: set }
  return {
    ...rest,
    ...sets,
    ...(isLive && loading && { loading }),
    ...(how.confirmed && { confirmedAt: how.confirmed.at, confirmedAtMs: how.confirmed.atMs }),
    ...(news !== undefined && { news }),
  }
}

function newsOf(before: News | undefined, diff: Exclude<News, 'many'> | undefined): News | undefined {
  if (before === 'many' || diff === undefined) return before
  const all = before === undefined ? diff : joined(before, diff)
  return all.added.length + all.updated.length + all.removed.length > MOST_NAMED ? 'many' : all
}

/** Whether there is a record between the first and the last of these keys. */
async function anyWithin(store: IDBObjectStore, keys: readonly string[]): Promise<boolean> {
  const [first] = keys
  if (first === undefined) return false
  const [from, to] = keys.reduce(([low, high], key) => [key < low ? key : low, key > high ? key : high], [first, first])
  return (await promisifyRequest(store.getAllKeys(IDBKeyRange.bound(from, to), 1))).length > 0
}

/** A row that is on disk. Storage is an edge. */
function parseRow(record: unknown): KeptRow | undefined {
  const { id, text } = (record ?? {}) as Partial<KeptRow>
  return typeof id === 'string' && typeof text === 'string' ? (record as KeptRow) : undefined
}

/** Reads the records of a range, in the order of their keys, some at a time and in one transaction. */
async function slices(store: IDBObjectStore, range: IDBKeyRange, see: (records: unknown[]) => void): Promise<void> {
  let many = SLICE
  let left: IDBKeyRange | undefined = range
  while (left !== undefined) {
    const within: IDBKeyRange = left
    const askedAtMs = uptimeMs()
    const asked = [store.getAll(within, many), store.getAllKeys(within, many)] as const
    const [records, keys] = await Promise.all([
      promisifyRequest<unknown[]>(asked[0]),
      promisifyRequest<IDBValidKey[]>(asked[1]),
    ])
    const isSlow = uptimeMs() - askedAtMs > SLOW_MS
    see(records)
    left = keys.length < many ? undefined : IDBKeyRange.bound(keys.at(-1), within.upper, true)
    if (isSlow) many = Math.min(2 * many, MOST_AT_ONCE)
  }
}

/** Merges sorted runs, and rests now and then. */
async function merged(
  runs: readonly (readonly KeptRow[])[],
  compare: (one: KeptRow, other: KeptRow) => number,
): Promise<readonly KeptRow[]> {
  let level = runs
  while (level.length > 1) {
    const next: (readonly KeptRow[])[] = []
    for (let at = 0; at < level.length; at += 2)
      next.push(await mergedPair(level[at] ?? [], level[at + 1] ?? [], compare))
    level = next
  }
  return level[0] ?? []
}

async function mergedPair(
  one: readonly KeptRow[],
  other: readonly KeptRow[],
  compare: (one: KeptRow, other: KeptRow) => number,
): Promise<readonly KeptRow[]> {
  const all: KeptRow[] = []
  for (let at = 0, otherAt = 0; at < one.length || otherAt < other.length;) {
    const [first, second] = [one[at], other[otherAt]]
    const isFirst = second === undefined || (first !== undefined && compare(first, second) <= 0)
    const taken = isFirst ? first : second
    if (taken !== undefined) all.push(taken)
    if (isFirst) at++
    else otherAt++
    if (all.length % MERGED === 0) await pause(0)
  }
  return all
}

/** Rows that are merged in one go: some milliseconds. */
const MERGED = 5000

import type { CollectionRule, CollectionRules } from '../../../config/language/index.ts'
import { askedFrom } from '../../core/collections/cursor.ts'
import { longestWaitMs, MAX_TRIES, type SyncFailure } from '../../core/collections/failure.ts'
import { type KeptRow, versionText } from '../../core/collections/row.ts'
import {
  type Comparison,
  parseComparison,
  parsePage,
  parseRows,
  type Refusal,
  type SyncPage,
} from '../../core/collections/sync-answer.ts'
import { bucketOf, heldTag } from '../../core/digest.ts'
import type { Sequence } from '../../core/sequence.ts'
import { jittered, now, pause } from '../../fetch/clock.ts'
import { worker } from '../scope.ts'
import { type CollectionStore, newSet } from './collection-store.ts'
import type { Said, SyncOrigin } from './origin.ts'
import type { Head, Of, RowSet } from './records.ts'

/** Why an answer cannot be used. 'no-progress': page after page says that more follows, and brings nothing. */
type Unusable = Refusal | 'no-comparison' | 'no-progress'

/** What a run has come to. */
export type RunEnd =
  /** @param isConfirmed whether the rows are all that was committed before the run: else changes wait for their turn. */
  | { readonly kind: 'idle'; readonly isConfirmed: boolean }
  | {
      readonly kind: 'failed'
      readonly failure: SyncFailure
      readonly why?: string | undefined
      /** The origin wants no request before this time from now. Unit: milliseconds. */
      readonly waitMs: number
      /** 'offline': something has answered in the origin's place, for this endpoint at least. */
      readonly byGateway?: boolean
    }

/** What happens in a run beside its end. */
export interface RunPorts {
  readonly store: CollectionStore
  readonly rules: Omit<CollectionRules, 'all'>
  readonly rule: CollectionRule
  readonly origin: SyncOrigin
  /** A later place in the order of things. */
  readonly place: () => Promise<Sequence>
  readonly isOwn: (id: string, row: KeptRow | undefined) => boolean
  /** See `Applying`. */
  readonly mostSize: number
  /** Rows were stored. */
  readonly onPage: (head: Head, written: number) => void
  /** An answer could not be used. Gives whether that happens so often that something hands out stored answers. */
  readonly onRefused: (why: Unusable) => boolean
  /** The rows were not what the endpoint says that they are. */
  readonly onDrift: (why: string) => void
  /** Whether the endpoint is known to have no `/compare`. */
  readonly compares: () => boolean
  readonly onNoCompare: () => void
}

/** Rows that are fetched by their ids in one request. */
const BATCH = 1000
/** The longest wait that a run makes before it compares or loads anew, as the server spreads its clients. */
const MOST_SPREAD_MS = 60_000
/** So long nothing is asked after rows that would not agree, and after a crowd of answers that could not be used. */
const DRIFT_REST_MS = 60_000
const CROWD_REST_MS = 30_000
/**
 * Pages in a row that change nothing: what an overlap asks for twice has an end. An empty page counts for a hundred, as only
 * a backend that is at fault says that more follows it.
 */
const MOST_IDLE_PAGES = 1000
const EMPTY_PAGE = 100
/** A worker that loses against another so often leaves the collection to it. */
const MOST_OVERTAKEN = 3

class Ended extends Error {
  readonly end: RunEnd

  constructor(failure: SyncFailure, why?: string, waitMs = 0) {
    super(failure)
    this.end = { kind: 'failed', failure, why, waitMs }
  }
}

/**
 * Keeps one collection of one partition in step, once.
 *
 * ```
 *   load ──hasMore──► load ──► drain ──hasMore──► drain ──► idle
 *    ▲                           │
 *    │ no /compare, or in vain   │ 410, or the rows differ
 *    └───────── heal ◄───────────┘
 *                └── /compare, /rows ──► drain
 * ```
 */
export class SyncRun {
  readonly #ports: RunPorts
  readonly #of: Of
  #head: Head
  #place: Sequence
  /** How often the rows were made good in this run: by a comparison, then by a load. */
  #heals = 0
  #overtaken = 0

  constructor(ports: RunPorts, of: Of, head: Head, place: Sequence) {
    this.#ports = ports
    this.#of = of
    this.#head = head
    this.#place = place
  }

  /** @param full loads everything anew, beside the rows that answer. Never rejects but where the store does. */
  async run(full: boolean): Promise<RunEnd> {
    try {
      if (full || (this.#head.live ?? this.#head.loading) === undefined) await this.#loadAnew()
      for (;;) {
        const end = await this.#drain()
        if (end !== undefined) return end
      }
    } catch (error) {
      if (error instanceof Ended) return error.end
      throw error
    }
  }

  get #target(): { readonly rows: RowSet; readonly isLive: boolean } {
    const { live, loading } = this.#head
    const rows = loading ?? live
    if (rows === undefined) throw new Ended('storage', 'no set of rows')
    return { rows, isLive: rows === live }
  }

  /** Asks for page after page until there is no more. Undefined: it has to begin again. */
  async #drain(): Promise<RunEnd | undefined> {
    const { store, rules, onPage } = this.#ports
    const { rows, isLive } = this.#target
    const { cursor } = rows
    let asked = cursor !== undefined && rows.isLoaded ? askedFrom(cursor, rules.overlapMs) : cursor
    const seen = new Set<string>()
    let idle = 0
    for (let expected: string | undefined = cursor; ;) {
      const page = await this.#page(asked, seen, expected === cursor && rows.isLoaded ? rows : undefined)
      if (page === 'gone') return this.#heal()
      const { hasMore, isBehind } = page
      const isEnd = !hasMore && rows.isLoaded
      const committed = await store.commit(
        this.#of,
        { set: rows.set, isLoaded: rows.isLoaded, cursor: expected },
        isEnd || !hasMore ? page : uncounted(page),
        {
          ...this.#applying,
          cursor: page.cursor,
          isLoaded: !hasMore,
          promotes: isEnd,
          ...(isEnd && !isBehind && { confirmed: { at: this.#place, atMs: now() } }),
        },
      )
      switch (committed.kind) {
        case 'overtaken':
          return this.#reread()
        case 'too-large':
          throw new Ended('storage', 'the rows are more than the budget of the rules')
        case 'drift':
          this.#ports.onDrift(committed.in)
          return this.#heal()
        case 'committed':
          this.#head = committed.head
          onPage(committed.head, committed.written)
          idle = committed.written > 0 ? 0 : idle + (page.rows.length + page.deleted.length > 0 ? 1 : EMPTY_PAGE)
      }
      if (isEnd) return { kind: 'idle', isConfirmed: !isBehind }
      if (!hasMore) {
        // What was committed while the load went on comes now.
        this.#place = await this.#ports.place()
        return undefined
      }
      if (idle >= MOST_IDLE_PAGES) {
        this.#ports.onRefused('no-progress')
        throw new Ended('bad-answer', 'no-progress', DRIFT_REST_MS)
      }
      seen.add(page.cursor)
      asked = expected = page.cursor
      if (!isLive && !this.#ports.origin.isTheirs()) throw new Ended('other-user')
    }
  }

  get #applying(): Pick<Parameters<CollectionStore['commit']>[3], 'isOwn' | 'mostSize'> {
    return { isOwn: this.#ports.isOwn, mostSize: this.#ports.mostSize }
  }

  async #reread(): Promise<undefined> {
    const head = await this.#ports.store.head(this.#of)
    if (head === undefined || ++this.#overtaken > MOST_OVERTAKEN) throw new Ended('other-user')
    this.#head = head
    return undefined
  }

  /** The rows cannot go on from their cursor, or are not what they have to be. Those that answer go on doing so. */
  async #heal(): Promise<undefined> {
    if (++this.#heals > 2) throw new Ended('drift', undefined, DRIFT_REST_MS)
    const { rows } = this.#target
    // A load that cannot go on has nothing to compare yet.
    if (this.#heals > 1 || !rows.isLoaded || !this.#ports.compares()) return this.#loadAnew()
    const { sums } = await this.#ports.store.sums(this.#of, rows)
    const { entity } = this.#of
    const said = await this.#posted('/compare', { entity, sums: base64(sums) }, (text) => parseComparison(text))
    if (said === 'unsupported') {
      this.#ports.onNoCompare()
      return this.#loadAnew()
    }
    return this.#makeGood(rows, said)
  }

  /** Fetches what is missing or other, and deletes what is gone. A worker that is stopped meanwhile has less to do later. */
  async #makeGood(rows: RowSet, { buckets, cursor }: Comparison): Promise<undefined> {
    const { store, rule } = this.#ports
    const held = new Map<string, string | undefined>()
    await store.walk(this.#of, rows, (slice) => {
      for (const { id, version, text } of slice)
        if (buckets.has(bucketOf(id))) held.set(id, version ?? versionText(text))
    })
    const deleted = [...held.keys()].filter((id) => buckets.get(bucketOf(id))?.has(id) !== true)
    const missing = [...buckets.values()].flatMap((ids) =>
      [...ids].flatMap(([id, version]) => (held.get(id) === version ? [] : [id])),
    )
    const apply = async (page: Pick<SyncPage, 'rows' | 'deleted'>, next: string | undefined): Promise<void> => {
      const how = { ...this.#applying, cursor: next }
      const { set, isLoaded, cursor: before } = rows
      const committed = await store.commit(this.#of, { set, isLoaded, cursor: before }, page, how)
      if (committed.kind === 'too-large') throw new Ended('storage', 'the rows are more than the budget of the rules')
      if (committed.kind !== 'committed') throw new Ended('other-user')
      this.#head = committed.head
      this.#ports.onPage(committed.head, committed.written)
    }
    for (let at = 0; at < missing.length; at += BATCH) {
      const ids = missing.slice(at, at + BATCH)
      const fetched = await this.#posted('/rows', { entity: this.#of.entity, ids }, (text) =>
        parseRows(text, rule, new Set(ids)),
      )
      if (fetched === 'unsupported') throw new Ended('endpoint', '/rows')
      await apply({ rows: fetched, deleted: [] }, rows.cursor)
    }
    await apply({ rows: [], deleted }, cursor)
    return undefined
  }

  /** A new set beside the rows that answer: they do until it is complete. */
  async #loadAnew(): Promise<undefined> {
    const loading = newSet(this.#place, now())
    const head = await this.#ports.store.update(this.#of, (found) => found && { ...found, loading })
    if (head === undefined) throw new Ended('other-user')
    this.#head = head
    return undefined
  }

  /**
   * One page. 'gone': the cursor is of no use any more.
   *
   * @param held rows that stand at the cursor: the server need not say that they are as they have to be. Undefined: it has to.
   */
  async #page(since: string | undefined, seen: ReadonlySet<string>, held?: RowSet): Promise<SyncPage | 'gone'> {
    const { entity } = this.#of
    const query = new URLSearchParams({ entities: entity, digest: '1', ...(since !== undefined && { since }) })
    const url = urlOf(`${this.#ports.rules.url}?${query}`)
    const shape = { ...this.#ports.rule, entity, since, seen }
    const page = await this.#asked(url, undefined, (text) => parsePage(text, shape), held && heldTag(held))
    if (page === 'unsupported') throw new Ended('endpoint')
    if (page !== 'unchanged') return page
    // The cursor stays, a time as well.
    return { cursor: held?.cursor ?? '', hasMore: false, isBehind: false, rows: [], deleted: [] }
  }

  async #posted<T extends object>(
    path: string,
    body: object,
    parse: (text: string) => T | 'invalid',
  ): Promise<T | 'unsupported'> {
    const answer = await this.#asked(urlOf(this.#ports.rules.url + path), body, (text) => {
      const parsed = parse(text)
      return parsed === 'invalid' ? 'no-comparison' : parsed
    })
    // The database itself is another one: its own log is begun anew first.
    if (answer === 'gone' || answer === 'unchanged') throw new Ended('server')
    return answer
  }

  /**
   * Asks at most three times, after full jitter and never sooner than the origin allows. No two requests of any client have
   * one URL: a cache on the way that keeps what it may not keep would hand one user's rows to another.
   */
  async #asked<T extends object>(
    url: string,
    body: object | undefined,
    parse: (text: string) => T | Unusable,
    held?: string,
  ): Promise<T | 'gone' | 'unsupported' | 'unchanged'> {
    const { origin, onRefused } = this.#ports
    for (let attempt = 1; ; attempt++) {
      const alone = `${url}${url.includes('?') ? '&' : '?'}_=${crypto.randomUUID()}`
      // What came out of a cache by mistake is asked for whole.
      const said = await origin.ask(alone, attempt, body, attempt > 1 ? undefined : held)
      let failed: Extract<Said, { readonly kind: 'again' | 'end' }> & { readonly why?: string }
      switch (said.kind) {
        case 'unsupported':
        case 'unchanged':
          return said.kind
        case 'gone':
          await pause(Math.min(said.floorMs, MOST_SPREAD_MS))
          return 'gone'
        case 'again':
        case 'end':
          failed = said
          break
        case 'refused':
        case 'text': {
          const parsed = said.kind === 'text' ? parse(said.text) : said.why
          if (typeof parsed !== 'string') return parsed
          if (onRefused(parsed)) throw new Ended('proxy', parsed, CROWD_REST_MS)
          failed = { kind: attempt < MAX_TRIES ? 'again' : 'end', failure: 'bad-answer', floorMs: 0, why: parsed }
        }
      }
      if (failed.kind === 'end') throw new Ended(failed.failure, failed.why, failed.floorMs)
      await pause(failed.floorMs + jittered(longestWaitMs(attempt)))
    }
  }
}

/** What a page says of all rows counts at the end alone. */
const uncounted = ({ rows, deleted }: SyncPage): Pick<SyncPage, 'rows' | 'deleted'> => ({ rows, deleted })

const urlOf = (path: string): string => new URL(path, worker.location.origin).href

/** Little-endian, as the endpoint reads them. */
function base64(sums: Uint32Array): string {
  const view = new DataView(new ArrayBuffer(sums.length * 4))
  sums.forEach((sum, at) => view.setUint32(at * 4, sum, true))
  const bytes = new Uint8Array(view.buffer)
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x1000) text += String.fromCharCode(...bytes.subarray(at, at + 0x1000))
  return btoa(text)
}

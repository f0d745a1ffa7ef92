import type { HandedOver, HandedWrite, RecordReceipt } from '../../../sw/protocol.ts'
import type { LocalRecord, RecordAdapter, SentRecord } from './adapter.ts'
import { type Handed, type HandedRecords, type Mark, markOf, parseMark } from './handed-records.ts'
import { urlOf, type Way, type Ways } from './record-urls.ts'
import type { HandOver, RecordProblem, RecordsState } from './records-state.ts'
import { versionOf } from './same-fields.ts'

interface Ports<Entity extends string> {
  readonly adapter: RecordAdapter<Entity>
  readonly entities: readonly Entity[]
  readonly ways: ReadonlyMap<string, Ways>
  readonly send: HandOver
  readonly handed: HandedRecords
  readonly isOpen: () => boolean
  /** Whether a worker takes what the page sends. */
  readonly mayHandOver: () => boolean
  readonly onProgress: (
    progress: Pick<RecordsState, 'handedOver'> & Partial<Pick<RecordsState, 'state' | 'stuck' | 'lastError'>>,
  ) => void
  readonly onAcknowledged: (atMs: number) => void
  /** The worker has another version of a record, which may have ended meanwhile. */
  readonly onTaken: () => void
  /** The user of the page is another than the one whose store it is. */
  readonly onOther: () => void
}

/** The worker has so many records of a store at most that are on their way: the rest waits in the store. */
const MOST_HANDED = 200
const LISTED_AT_ONCE = 200
/** Changes that nothing waits for are handed over so many at once. */
const AT_ONCE = 8

const keyOf = (entity: string, id: string): string => `${entity} ${encodeURIComponent(id)}`

/**
 * What is done for a store whenever something may have changed, by one tab at a time.
 *
 * ```
 *   receipts ──► acknowledge, apply ──► forget them ──► dirty records ──► read ──► hand over, as many as may be on their way
 *       ▲                                                                                            │
 *       └──────────────────────────── the worker says that one has ended ◄───────────────────────────┘
 * ```
 */
export class Round<Entity extends string> {
  readonly #ports: Ports<Entity>
  /** Records that may have been edited since they were handed over. Undefined: all, for the page has just been opened. */
  #edited: Set<string> | undefined
  /** Whose the store is, as the worker tells users apart. Undefined: it has not said it yet. */
  #users: readonly string[] | undefined
  /** Versions that the origin has refused past the outbox. */
  readonly #refused = new Map<string, string>()
  #problem: RecordProblem | undefined
  /** Records that the worker has. */
  #count = 0
  /** Records whose receipts the store could not take in this round: nothing else may become of them before. */
  readonly #unheard = new Set<string>()
  /** Neither worker nor origin takes anything. */
  #isCutOff = false

  constructor(ports: Ports<Entity>) {
    this.#ports = ports
  }

  /** A record was edited: it is read again, also where the worker has it. */
  look(entity: Entity, id: string): void {
    this.#edited?.add(keyOf(entity, id))
  }

  async make(): Promise<void> {
    const { onProgress, mayHandOver } = this.#ports
    this.#problem = undefined
    this.#isCutOff = false
    this.#unheard.clear()
    const edited = this.#edited
    this.#edited = new Set()
    const writes = await this.#heed()
    if (writes === undefined || !mayHandOver()) {
      this.#edited = edited
      return onProgress({
        state: this.#problem === undefined || !mayHandOver() ? 'no-worker' : 'failed',
        handedOver: this.#count,
        stuck: 0,
        lastError: this.#problem,
      })
    }
    const handed = new Map(
      writes.map((write): [string, Handed] => {
        const mark = { ...parseMark(write.record), ...write }
        return [keyOf(mark.entity, mark.id), mark]
      }),
    )
    this.#count = handed.size
    const stuck = writes.filter(({ isStuck }) => isStuck).length
    onProgress({ handedOver: this.#count })
    await this.#handOver(handed, MOST_HANDED - (handed.size - stuck), edited).catch((error: unknown) =>
      this.#fail({ why: 'reading the store', error }),
    )
    // What was not looked at for an error is looked at again.
    if (this.#problem !== undefined) this.#edited = undefined
    onProgress({
      state: this.#problem !== undefined ? 'failed' : this.#count > stuck ? 'sending' : stuck > 0 ? 'stuck' : 'idle',
      handedOver: this.#count,
      stuck,
      lastError: this.#problem,
    })
  }

  #fail(problem: RecordProblem): void {
    this.#problem ??= problem
  }

  /**
   * Has the store heed what has ended. Returns what has not, as far as the store knows. Undefined: no worker takes records.
   */
  async #heed(): Promise<readonly HandedWrite[] | undefined> {
    const { handed, isOpen, mayHandOver } = this.#ports
    if (!mayHandOver()) return undefined
    /** Also those that have ended since, where the worker is past their receipts: the next round hears of them. */
    const writes = new Map<number, HandedWrite>()
    /** Those that could not be heeded now. */
    const failed = new Set<number>()
    let forget: number[] = []
    let after: number | undefined
    for (;;) {
      // A receipt that was heeded and is not forgotten is told again.
      if (!isOpen()) return undefined
      let said: HandedOver
      try {
        said = await handed.ask(forget, after)
      } catch (error) {
        this.#fail({ why: 'asking the worker: do its rules say `outbox: { records: true }`?', error })
        return undefined
      }
      forget = []
      if (!this.#isOfUser(said)) return undefined
      for (const write of said.writes) writes.set(write.place, write)
      for (const receipt of said.receipts) {
        if (!isOpen()) return [...writes.values()]
        writes.delete(receipt.place)
        if (failed.has(receipt.place)) continue
        if (await this.#end(receipt)) forget.push(receipt.place)
        else failed.add(receipt.place)
      }
      // Those that have failed are in the way of later ones.
      const last = said.isMore ? said.receipts.at(-1)?.place : undefined
      if (forget.length === 0 && (last === undefined || last === after)) return [...writes.values()]
      if (last !== undefined) after = last
    }
  }

  /**
   * Whether what the worker says is of the user whose store it is. A page that was frozen does not hear that another one has signed in, and
   * what is dirty would be sent as that one's (I3).
   */
  #isOfUser({ users = this.#users }: HandedOver): boolean {
    if (users === undefined) return true
    if (users.length > 0) this.#users ??= users
    const isKnown = this.#users === undefined || users.length > 0
    if (!isKnown)
      this.#fail({ why: 'finding out who the user is', error: new Error('the worker does not know it now') })
    if (!isKnown || this.#users === undefined || users.some((user) => this.#users?.includes(user))) return isKnown
    this.#ports.onOther()
    return false
  }

  /** A record has ended. Returns whether its receipt may be forgotten. */
  async #end(receipt: RecordReceipt): Promise<boolean> {
    const { adapter, entities, isOpen, onAcknowledged } = this.#ports
    const { entity: named, id } = parseMark(receipt.record)
    const entity = entities.find((each) => each === named)
    // It is of another store.
    if (entity === undefined) return false
    const { end, atMs, row, sent, id: newId } = receipt
    const known = {
      entity,
      id,
      sent: sent === undefined ? undefined : (JSON.parse(sent) as Record<string, unknown>),
      row: row === undefined ? undefined : (JSON.parse(row) as Record<string, unknown> | null),
      syncedAt: atMs,
    }
    try {
      if (end === 'yielded' || end === 'discarded') {
        const theirs = known.row === undefined ? await this.#rowOf(known) : known.row
        // It may have been read as the next user (I3).
        if (!isOpen()) return false
        await adapter.apply({ ...known, row: theirs, why: end })
      } else await adapter.acknowledge({ ...known, newId: newId === id ? undefined : newId })
    } catch (error) {
      this.#unheard.add(keyOf(entity, id))
      this.#fail({ entity, id, why: 'telling the store what has become of a record', error })
      return false
    }
    onAcknowledged(atMs)
    return true
  }

  /** The row as the origin has it; null: it is gone. Undefined: it cannot be read. Rejects where the origin is away. */
  async #rowOf({ entity, id, sent }: SentRecord<Entity>): Promise<SentRecord['row']> {
    const { ways: all, send } = this.#ports
    const { update, delete: remove } = all.get(entity) ?? {}
    const way = update ?? remove
    if (way === undefined) return undefined
    const response = await send(urlOf(way, id, sent ?? {}), { method: 'GET', headers: { accept: 'application/json' } })
    if (response.status === 404 || response.status === 410) return null
    if (isNoAnswer(response) || MAY_COME_LATER.has(response.status) || response.status >= 500)
      throw new Error(`the row was answered ${response.status}`)
    const body = response.ok ? rowIn(await response.text()) : undefined
    // Some backends wrap a row: { data: { … } }, { product: { … } }.
    return [body, body?.['data'], body?.[entity]].filter(isObject).find((row) => way.idMember in row)
  }

  async #handOver(
    handed: ReadonlyMap<string, Handed>,
    room: number,
    edited: ReadonlySet<string> | undefined,
  ): Promise<void> {
    const { adapter, entities, isOpen } = this.#ports
    let left = room
    const looked = new Set<string>()
    const underWay = new Set<Promise<void>>()
    for (const entity of entities) {
      for (let after: string | undefined; ;) {
        const page = await adapter.listDirty(entity, { after, limit: LISTED_AT_ONCE })
        for (const { id } of page) {
          const key = keyOf(entity, id)
          const isHanded = handed.has(key)
          if ((isHanded && edited?.has(key) === false) || this.#unheard.has(key)) continue
          if (!isOpen() || this.#isCutOff) break
          // Another version takes the place of the one that the worker has.
          if (!isHanded && left <= 0) continue
          looked.add(key)
          const made = await this.#made(entity, id, handed.get(key))
          if (made === undefined) continue
          if (!isHanded) left--
          // What comes after a new record may refer to it: the worker has to know it by then.
          if (made.isNew || underWay.size >= AT_ONCE) await Promise.all(underWay)
          const work: Promise<void> = this.#hand(made, !isHanded).finally(() => underWay.delete(work))
          underWay.add(work)
          if (made.isNew) await work
        }
        if (page.length < LISTED_AT_ONCE || !isOpen() || left <= 0 || this.#isCutOff) break
        after = page.at(-1)?.id
      }
      await Promise.all(underWay)
    }
    // The list may not have come to them, because so many are on their way.
    for (const key of edited ?? handed.keys()) if (handed.has(key) && !looked.has(key)) this.#edited?.add(key)
  }

  /** What is to be sent of a record. Undefined: nothing. */
  async #made(entity: Entity, id: string, before: Handed | undefined): Promise<Made<Entity> | undefined> {
    const { adapter, ways: all } = this.#ports
    try {
      const record = await adapter.read(entity, id)
      if (record === undefined) return undefined
      const { isNew, isDeleted, fields } = record
      if (isNew && isDeleted && before === undefined) {
        await adapter.acknowledge({ entity, id, newId: undefined, sent: undefined, row: null, syncedAt: Date.now() })
        return undefined
      }
      const kind = isDeleted ? 'delete' : isNew ? 'create' : 'update'
      const way = all.get(entity)?.[kind]
      if (way === undefined) throw new TypeError(`freshlayer: no queued write of the rules can ${kind} '${entity}'`)
      const body = isDeleted ? undefined : JSON.stringify(fields)
      const mark = { entity, id, version: versionOf(`${way.method} ${body}`) }
      if (before?.version === mark.version || this.#refused.get(keyOf(entity, id)) === mark.version) return undefined
      return { ...mark, way, record, body, url: urlOf(way, id, fields), isNew: kind === 'create' }
    } catch (error) {
      this.#fail({ entity, id, why: 'reading a record', error })
      return undefined
    }
  }

  /** Hands one record over. Never rejects. */
  async #hand(made: Made<Entity>, isNews: boolean): Promise<void> {
    const { send, isOpen, onProgress, onTaken } = this.#ports
    const { entity, id, url, way, record, body } = made
    // To read it takes its time: the user may have signed out since, and it would be sent as the next one's (I3).
    if (!isOpen()) return
    try {
      const response = await send(url, {
        method: way.method,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...record.headers,
          'freshlayer-record': markOf(made),
        },
        ...(body !== undefined && { body }),
      })
      // With another version of it under way, the store is told first what becomes of that.
      if (!/^\d+$/.test(response.headers.get('freshlayer-outbox') ?? '')) await this.#heedStraight(made, response)
      else if (response.status === 409) onTaken()
      else if (isNews) onProgress({ state: 'sending', handedOver: ++this.#count })
    } catch (error) {
      // The worker could not take it, and the origin is away.
      this.#isCutOff = true
      this.#fail({ entity, id, why: 'handing a record over', error })
    }
  }

  /** The disk of the worker is full, so the origin has answered at once. */
  async #heedStraight(made: Made<Entity>, response: Response): Promise<void> {
    const { adapter, onAcknowledged } = this.#ports
    const { entity, id, body, way } = made
    const text = await response.text()
    const isPage = isNoAnswer(response)
    if (!response.ok || isPage) {
      const { status } = response
      if (!isPage && !MAY_COME_LATER.has(status) && status !== 403 && status < 500)
        this.#refused.set(keyOf(entity, id), made.version)
      throw new Error(`${way.method} ${made.url} was answered ${isPage ? 'by a page' : status}`)
    }
    const row = rowIn(text)
    const newId = made.isNew ? idOf(row?.[way.idMember]) : undefined
    const syncedAt = Date.now()
    const sent = body === undefined ? undefined : (JSON.parse(body) as Record<string, unknown>)
    await adapter.acknowledge({ entity, id, newId: newId === id ? undefined : newId, sent, row, syncedAt })
    onAcknowledged(syncedAt)
  }
}

/** A record as it is handed over. */
interface Made<Entity extends string> extends Mark {
  readonly entity: Entity
  readonly way: Way
  readonly record: LocalRecord
  readonly body: string | undefined
  readonly url: string
  readonly isNew: boolean
}

/** An origin that is busy, or wants the user to sign in, may say something else later. */
const MAY_COME_LATER = new Set([401, 408, 425, 429])

/** A sign-in page or a captive portal has answered, and not the origin. */
const isNoAnswer = ({ redirected, headers }: Response): boolean =>
  redirected || /^(?:text\/html|application\/xhtml\+xml)\b/i.test(headers.get('content-type') ?? '')

function rowIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const idOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined

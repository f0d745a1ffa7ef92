import type { BatchRule, OutboxRules, QueueRule } from '../../../config/language/index.ts'
import { isSameBase, versionIn } from '../../core/outbox/base.ts'
import { answerOf, type BatchItem, fieldsOfChange, type ItemResult, resultsOf } from '../../core/outbox/batch-item.ts'
import { type BatchEnd, type BatchSize, FIRST_SIZE, nextSize } from '../../core/outbox/batch-size.ts'
import { isObject, jsonIn } from '../../core/outbox/json.ts'
import { maySend } from '../../core/outbox/lanes.ts'
import { bodyWithIds, idsIn } from '../../core/outbox/temporary-ids.ts'
import { isPaused, now, type Pause, pauseFor, uptimeMs } from '../../fetch/clock.ts'
import { report } from '../report.ts'
import { type Carrier, type Leased, NotSent } from './attempts.ts'
import type { Draft } from './outbox-store.ts'
import { changeOfWrite, rowOfAnswer } from './queued-answer.ts'
import { OF_WRITE } from './read-back.ts'
import type { Sender, Stamps } from './stamps.ts'
import { isBatched, type WriteRecord } from './write-record.ts'

interface Ports {
  readonly stamps: Stamps
  readonly rules: OutboxRules
}

/** What is known of writes when a batch is chosen. */
interface Turn {
  /** The rule of a write; undefined: no rule queues it any more. */
  readonly queueOf: (write: WriteRecord) => QueueRule | undefined
  /** Whether a write that is behind another of its lane might be sent now, if it were the first. */
  readonly isDue: (write: WriteRecord) => boolean
}

/** What is chosen of the writes of one user. */
export interface Choice {
  /** In the order in which they are done. */
  readonly members: readonly WriteRecord[]
  readonly items: ReadonlyMap<number, BatchItem>
  /** The places of heads that wait for the next batch. */
  readonly held: ReadonlySet<number>
}

/** An endpoint that takes no batches is asked again after so long. Milliseconds. */
const OFF_MS = 3_600_000

/** A shorter body is not packed. Characters. */
const LEAST_PACKED = 1024

/** Fields of the answer to a batch that say nothing of one of its writes. */
const OF_BATCH = /^(?:content-|accept-|transfer-|retry-after$|etag$|last-modified$|location$)/

/**
 * Sends many writes in one request. Each of them takes its usual way up to the request and from the answer on: it is leased, it announces
 * what it changes, and what has become of it is settled by the table that all writes have.
 *
 * ```
 *   write ─► lease ─► announced ─┐                      ┌─► its answer ─► invalidated ─► settled
 *   write ─► lease ─► announced ─┼─► one request, 200 ──┼─► its answer ─► invalidated ─► settled
 *   write ─► lease ─► announced ─┘                      └─► not done    ─► waiting
 * ```
 *
 * A write whose attempt by itself may have been performed is never put into a batch, and one whose batch may have been is sent in a batch
 * again: to the backend the same key elsewhere is that of another write.
 */
export class Batches {
  readonly #rule: BatchRule
  readonly #ports: Ports
  #size: BatchSize = FIRST_SIZE
  #packs = false
  #off: Pause | undefined
  #isBusy = false
  /** Writes that are too large even by themselves, by place. */
  readonly #tooLarge = new Set<number>()

  constructor(rule: BatchRule, ports: Ports) {
    this.#rule = rule
    this.#ports = ports
  }

  /** Whether the writes of a rule are sent in batches, as far as the rule says so. */
  covers({ entity }: QueueRule): boolean {
    return !isPaused(this.#off) && this.#nameOf(entity) !== undefined
  }

  /** The rule of a write that is sent in a batch: the endpoint honours its key. */
  queueOf(queue: QueueRule): QueueRule {
    return { ...queue, idempotency: { field: '', form: 'plain', keepsFor: this.#rule.keepsFor } }
  }

  /**
   * The next batch of a user, within the transaction that leases it.
   *
   * @param heads the writes whose turn it is.
   */
  choose(draft: Draft, heads: readonly WriteRecord[], { queueOf, isDue }: Turn): Choice {
    const items = new Map<number, BatchItem>()
    const members: WriteRecord[] = []
    const held = new Set<number>()
    let behind: Behind | undefined
    let left: BatchSize = this.#isBusy ? { items: 0, length: 0 } : this.#size
    let sharing: string | undefined
    for (const head of heads) {
      const first = this.#itemOf(draft, head, queueOf(head), undefined)
      if (first === undefined) continue
      held.add(head.place)
      const waiting: { write: WriteRecord; item: BatchItem | undefined }[] = [{ write: head, item: first }]
      for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
        const { write, item } = each
        if (item === undefined) continue
        const length = JSON.stringify(item).length
        const own = sharedBy(write)
        const isFull = left.items < 1 || (left.length < length && members.length > 0)
        if (isFull || (sharing ?? own) !== own) continue
        sharing = own
        left = { items: left.items - 1, length: left.length - length }
        items.set(write.place, item)
        members.push(write)
        held.delete(write.place)
        if (left.items < 1) break
        behind ??= new Behind(draft, head.partition)
        for (const next of behind.of(write))
          if (isDue(next))
            waiting.push({
              write: next,
              item: this.#itemOf(draft, next, queueOf(next), next.id === write.id ? write : undefined),
            })
      }
    }
    return { members, items, held }
  }

  /** One request for these writes: it is sent once each of them is ready. */
  open({ members, items }: Choice, sender: Sender): Bundle {
    this.#isBusy = true
    return new Bundle(members.length, sender, {
      ...this.#ports,
      queueOf: (queue) => this.queueOf(queue),
      send: (all, isMine) => this.#send(all, items, isMine),
      end: () => (this.#isBusy = false),
    })
  }

  #nameOf(entity = ''): string | undefined {
    const { entities } = this.#rule
    return Object.hasOwn(entities, entity) ? entities[entity] : undefined
  }

  /**
   * A write as the endpoint takes it; undefined: it is sent by itself.
   *
   * @param before the write to the same row that is before it in the batch. Undefined: none is.
   */
  #itemOf(
    draft: Draft,
    write: WriteRecord,
    queue: QueueRule | undefined,
    before: WriteRecord | undefined,
  ): BatchItem | undefined {
    const entity = this.#nameOf(queue?.entity)
    if (queue === undefined) return undefined
    const { partition, place, method, url, fields, body, size, id, mints, key, base, wasUnsure } = write
    if (entity === undefined || id === undefined || (wasUnsure ? !isBatched(write) : isPaused(this.#off)))
      return undefined
    if (this.#tooLarge.has(place) || (size > 0 && body === undefined)) return undefined
    if (url.includes('?') || new URL(url).origin !== location.origin) return undefined
    if (fields.some(([name]) => OF_OWN_ATTEMPT.test(name) || name === queue.idempotency?.field)) return undefined
    const idFor = (text: string): ReturnType<Draft['idOf']> => draft.idOf(partition, text)
    const type = new Map(fields).get('content-type')
    const text = body && new TextDecoder().decode(body)
    // What it says must be the same at the next attempt.
    const unknown = write.needs.filter((each) => idFor(each) === undefined)
    if (unknown.some((each) => each !== before?.mints && each !== before?.id)) return undefined
    if (text !== undefined && idsIn({ url: '', body: text, type }, (each) => unknown.includes(each)).length > 0)
      return undefined
    const sent = text && bodyWithIds(text, type, idFor)
    const change = changeOfWrite(write, sent === undefined ? undefined : new TextEncoder().encode(sent).buffer, queue)
    if (change?.kind === 'create' && !isOwnId(sent, queue, mints)) return undefined
    const temporaryId = mints?.startsWith('tmp-') === true ? mints : undefined
    const said = change && fieldsOfChange(change, { method, idMember: queue.idMember, temporaryId })
    const baseVersion = change?.kind === 'create' ? null : versionIn(base)
    const isOnOwn = before !== undefined && isSameBase(before.base, base)
    // What may have been done is known by its key, whatever its row is by now.
    const needsBase = !wasUnsure && !(isOnOwn && base.kind === 'none')
    if (said === undefined || (baseVersion === undefined && needsBase)) return undefined
    if (before !== undefined && !isOnOwn) return undefined
    return {
      key,
      entity,
      id: idFor(id)?.id ?? id,
      ...(baseVersion !== undefined && { baseVersion }),
      updatedAt: new Date(writtenAtMs(write)).toISOString(),
      ...said,
    }
  }

  /** Sends the request, and answers each write. Never rejects. */
  async #send(all: readonly Passenger[], items: ReadonlyMap<number, BatchItem>, isMine: () => boolean): Promise<void> {
    const [first] = all
    if (first === undefined) return
    const text = JSON.stringify({ items: all.map(({ write }) => items.get(write.place)) })
    const sent = { items: all.length, length: text.length }
    const end = (how: BatchEnd): void => void (this.#size = nextSize(this.#size, sent, how))
    const sentMs = uptimeMs()
    let response: Response
    let value: unknown
    let isPacked = false
    try {
      const request = await this.#requestOf(first, text)
      isPacked = request.headers.has('content-encoding')
      // To pack it takes its time: the cookie, or the worker's turn, may be another's by now.
      if (!isMine()) throw new NotSent()
      response = await fetch(request)
      value = jsonIn(await response.text())
    } catch (error) {
      if (!(error instanceof NotSent)) end({ kind: 'failed', ms: uptimeMs() - sentMs })
      for (const { reject } of all) reject(error)
      return
    }
    const { status, headers, redirected } = response
    const coding = headers.get('accept-encoding')
    if (coding !== null || status === 415) this.#packs = /\bgzip\b/i.test(coding ?? '') && status !== 415
    const results = status === 200 && !redirected ? resultsOf(value) : undefined
    if (results !== undefined) {
      end({ kind: 'answered', ms: uptimeMs() - sentMs })
      for (const each of all) answer(each, results.get(each.write.key), headers)
      return
    }
    if (status === 413) {
      const { mostItems, mostBytes } = isObject(value) ? value : {}
      end({
        kind: 'too-large',
        ...(typeof mostItems === 'number' && { mostItems }),
        ...(typeof mostBytes === 'number' && { mostBytes }),
      })
      if (all.length === 1) this.#tooLarge.add(first.write.place)
    }
    if (status >= 500) end({ kind: 'broken' })
    const isTried = [401, 408, 413, 425, 429].includes(status) || (status === 415 && isPacked)
    const isOff = status >= 300 && status < 500 && !isTried
    if (isOff || redirected) {
      this.#off = pauseFor(OFF_MS)
      report(`${this.#rule.url} takes no batches (${status}); writes are sent one by one for an hour`, value)
    }
    for (const { write, resolve, reject } of all) {
      if (status === 401 || status === 408 || status === 425 || status === 429 || (status >= 500 && status < 600))
        resolve(new Response(null, { status, headers: fieldsFor(headers, 'retry-after') }))
      // What may have been done by an earlier batch is not sent in another way.
      else if (status < 300 || redirected || (isOff && write.wasUnsure)) reject(new TypeError('there is no answer'))
      else if (status === 413 && all.length === 1 && write.wasUnsure) resolve(new Response(null, { status }))
      else reject(new NotSent())
    }
  }

  async #requestOf({ write, request }: Passenger, text: string): Promise<Request> {
    const headers = new Headers(write.fields.filter(([name]) => !OF_WRITE.test(name)).map(([...pair]) => pair))
    for (const name of write.stamps) headers.set(name, request.headers.get(name) ?? '')
    headers.set('content-type', 'application/json')
    headers.set('accept', 'application/json')
    let body: string | ArrayBuffer = text
    if (this.#packs && text.length >= LEAST_PACKED && 'CompressionStream' in globalThis) {
      headers.set('content-encoding', 'gzip')
      body = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
    }
    const signal = AbortSignal.timeout(this.#ports.rules.requestLimitMs)
    const { credentials } = write
    return new Request(new URL(this.#rule.url, location.origin), {
      method: 'POST',
      headers,
      credentials,
      mode: 'same-origin',
      signal,
      body,
    })
  }
}

export const batchesOf = (...given: ConstructorParameters<typeof Batches>): Batches => new Batches(...given)

/** A field of one attempt or of one row: the page's own condition, the app's own key. */
const OF_OWN_ATTEMPT = /^(?:if-|(?:x-)?idempotency-key$)/

/** When the user has written it: said with each attempt, and always the same. */
const writtenAtMs = (write: WriteRecord): WriteRecord['acceptedAtMs'] =>
  (isBatched(write) ? write.batched?.atMs : undefined) ?? write.acceptedAtMs

/** What the writes of one request have in common: whose they are, and what the app adds to its requests. */
const sharedBy = ({ fields, stamps, credentials }: WriteRecord): string =>
  JSON.stringify([fields.filter(([name]) => name !== 'accept' && !OF_WRITE.test(name)), stamps, credentials])

/** Whether a new row has no id of the app's own, or the one by which it is known. */
function isOwnId(text: string | undefined, { idMember, entity }: QueueRule, mints: string | undefined): boolean {
  const own = rowOfAnswer(jsonIn(text), idMember, entity)?.[idMember]
  return own === undefined || own === mints
}

/** The writes that are behind others. */
class Behind {
  readonly #lanes = new Map<string, WriteRecord[]>()
  /** The lane of the first write to a row that is created. */
  readonly #created = new Map<string, string>()

  constructor(draft: Draft, partition: string) {
    for (const write of draft.writes()) {
      if (write.partition !== partition || write.state.kind === 'dead') continue
      const lane = this.#lanes.get(write.lane)
      if (lane === undefined) this.#lanes.set(write.lane, [write])
      else lane.push(write)
      if (write.mints === undefined && write.id !== undefined && !this.#created.has(write.id))
        this.#created.set(write.id, write.lane)
    }
  }

  /** Those that may be done once a write is: the next one to its row, and the next create of a lane that only creates share. */
  of({ lane, place, mints, id }: WriteRecord): WriteRecord[] {
    const all = this.#lanes.get(lane) ?? []
    const next = all[all.findIndex((each) => each.place === place) + 1]
    const own = mints === undefined ? undefined : this.#created.get(mints)
    const [first] = (own === undefined || own === lane ? undefined : this.#lanes.get(own)) ?? []
    return [
      ...(next !== undefined && (next.id === id || (mints !== undefined && next.mints !== undefined)) ? [next] : []),
      ...(first === undefined ? [] : [first]),
    ]
  }
}

/** A write that is ready. */
interface Passenger {
  readonly write: Leased
  /** As it would be sent by itself. */
  readonly request: Request
  readonly resolve: (response: Response) => void
  readonly reject: (error: unknown) => void
}

interface BundlePorts extends Ports {
  readonly queueOf: (queue: QueueRule) => QueueRule
  readonly send: (all: readonly Passenger[], isMine: () => boolean) => Promise<void>
  /** Another batch may be sent. */
  readonly end: () => void
}

/** A batch that is not sent within this is not sent: see `maySend`. Milliseconds. */
const READY_MS = 5000

/** Waits until each write of a batch is ready, and has them sent together. */
export class Bundle implements Carrier {
  readonly chance = Math.random()
  readonly #count: number
  readonly #sender: Sender
  readonly #ports: BundlePorts
  readonly #timer = setTimeout(() => this.leave(), READY_MS)
  readonly #ready = new Map<number, Passenger>()
  #secrets: ReturnType<Stamps['of']> | undefined
  #isOver = false

  constructor(count: number, sender: Sender, ports: BundlePorts) {
    this.#count = count
    this.#sender = sender
    this.#ports = ports
  }

  queueOf(queue: QueueRule): QueueRule {
    return this.#ports.queueOf(queue)
  }

  /** All have the same. */
  stampsOf(write: WriteRecord): ReturnType<Stamps['of']> {
    this.#secrets ??= this.#ports.stamps.of(write)
    return this.#secrets
  }

  carry(write: Leased, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) return reject(new NotSent())
      this.#ready.set(write.place, { write, request, resolve, reject })
      if (this.#ready.size === this.#count) void this.#go()
    })
  }

  /** A write is not sent after all. Later ones to its row may not be sent without it, so none is. */
  leave(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    for (const { reject } of this.#ready.values()) reject(new NotSent())
    this.#ports.end()
  }

  async #go(): Promise<void> {
    this.#isOver = true
    clearTimeout(this.#timer)
    const all = [...this.#ready.values()].toSorted((one, other) => one.write.place - other.write.place)
    const { requestLimitMs } = this.#ports.rules
    await this.#ports.send(
      all,
      () => this.#sender.isStill() && all.every(({ write }) => maySend(write.state, now(), requestLimitMs)),
    )
    this.#ports.end()
  }
}

/** Tells a write what the endpoint says of it. */
function answer(
  { write, request, resolve, reject }: Passenger,
  result: ItemResult | undefined,
  headers: Headers,
): void {
  if (result === undefined) return reject(new TypeError('there is no answer'))
  const { method } = write
  const said = answerOf(result, { method, url: request.url })
  switch (said.kind) {
    case 'not-done':
      return reject(new NotSent())
    case 'alone':
      return reject(new NotSent({ wasUnsure: true, batched: undefined }))
    case 'answer': {
      const fields = fieldsFor(headers)
      if (said.type !== undefined) fields.set('content-type', said.type)
      for (const [name, value] of said.fields) fields.set(name, value)
      const body = said.body === undefined ? null : JSON.stringify(said.body)
      return resolve(new Response(body, { status: said.status, headers: fields }))
    }
  }
}

const fieldsFor = (headers: Headers, ...kept: readonly string[]): Headers =>
  new Headers([...headers].filter(([name]) => kept.includes(name) || !OF_BATCH.test(name)))

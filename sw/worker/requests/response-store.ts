import { directivesOf } from '../../core/cache-control.ts'
import { type Change, type ChangeCause, targetsOfRow } from '../../core/change.ts'
import type { Fields } from '../../core/head.ts'
import { formatHttpDate } from '../../core/http-date.ts'
import { isJustAnnounced } from '../../core/plan.ts'
import { asksForBytes, isPart } from '../../core/range.ts'
import { ROW_SHAPE, type Row } from '../../core/row.ts'
import type { Settlement } from '../../core/settle.ts'
import { bytes, type EpochMs } from '../../core/units.ts'
import { sameValidator, storedFields } from '../../core/validation.ts'
import { variantOf, varyNames } from '../../core/vary.ts'
import type { Bodies } from '../store/bodies.ts'
import { digestOf, wholeBody } from '../store/body-reader.ts'
import type { Channel } from '../channel.ts'
import { now, STORE_LIMIT_MS, timeout } from '../clock.ts'
import { fieldsOf } from './describe.ts'
import type { Ledger } from '../store/ledger.ts'
import type { Ranges, Received } from './ranges.ts'
import type { Read } from './read.ts'
import type { Eviction } from '../store/eviction.ts'
import type { Structured } from './structured.ts'
import { invalidation } from './targets.ts'

/** When an exchange with the origin took place. */
export interface Times {
  readonly requestedAtMs: EpochMs
  readonly receivedAtMs: EpochMs
}

/** What a row owes to the request that brought or confirmed it. */
type Exchange = Times & Pick<Row, 'sequence' | 'epoch'>

/** What everybody who waited may have, once the store has it or has refused it. */
export interface Shared {
  readonly row: Row
  /** The body, where it is still at hand. */
  readonly body: ArrayBuffer | undefined
  readonly outcome: 'first' | 'changed' | 'unchanged'
}

interface Ports {
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly channel: Channel
  readonly structured: Structured | undefined
  readonly ranges: Ranges | undefined
  readonly eviction: Eviction
}

/** Longer bodies, endless ones among them, are passed on unstored. */
const MAX_STORED_BYTES = 32 * 1024 * 1024

/** Carries out what a settlement means for the store, and tells the tabs of what has changed. */
export class ResponseStore {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * Brings the store up to date with what a read has brought. Gives what others who asked the same may have; undefined
   * when there is nothing of that kind. Rejects when the store fails or the body breaks off; nothing is kept then.
   *
   * @param response its body is read where the settlement is to store it, and left alone otherwise.
   * @param informed clients that need no telling.
   */
  async keep(
    read: Read,
    settlement: Settlement,
    response: Response | undefined,
    exchange: Exchange,
    informed: ReadonlySet<string>,
  ): Promise<Shared | undefined> {
    const { ledger, bodies, channel, structured } = this.#ports
    switch (settlement.kind) {
      case 'store':
        return response && this.#store(read, response, exchange, informed)
      case 'refresh':
      case 'update': {
        const { row, fields } = settlement
        const targeted = (response && structured?.targeted(fieldsOf(response.headers))) ?? row.targeted
        const names = varyNames(fields)
        const variant = names === 'unknowable' ? row.variant : variantOf(names, read.head.fields)
        const tags = this.#tagsOf(read, fields)
        const shared = await this.#confirm({ ...row, ...exchange, fields, targeted, variant, tags })
        // A 304 may bring another `Vary`: the row has moved, its body has not.
        if (shared !== undefined && variant !== row.variant)
          await ledger.remove([row], () => undefined, exchange.sequence)
        return shared
      }
      case 'outdate': {
        const targets = [`url ${settlement.row.url}`] as const
        const { written } = await ledger.end(
          ledger.intend(targets),
          targets,
          invalidation(targets, read.cause ?? 'response'),
        )
        channel.changes([await written])
        return undefined
      }
      case 'drop': {
        if (read.row === undefined) return undefined
        const removal = (row: Row): Change => ({ ...about(row, informed, read.cause), kind: 'removed' })
        const { rows, logged } = await ledger.remove([read.row], removal, exchange.sequence)
        channel.changes(logged)
        await bodies.remove(rows)
        return undefined
      }
      case 'keep':
      case 'stand-in':
      case 'refetch':
      case 'refuse':
      case 'fail':
        return undefined
    }
  }

  async #store(
    read: Read,
    response: Response,
    exchange: Exchange,
    informed: ReadonlySet<string>,
  ): Promise<Shared | undefined> {
    const { ledger, bodies, channel, structured, ranges, eviction } = this.#ports
    const { head, partition, rule, row: previous } = read
    const came = await received(response, exchange.receivedAtMs)
    const kept = came && isPart(came) ? await ranges?.join(came, previous, bodies) : came
    if (kept === undefined) return undefined
    if ('confirmed' in kept) return this.#confirm({ ...kept.confirmed, ...exchange })
    const { status, fields, body } = kept
    const digest = await digestOf(body)
    const isSame =
      previous !== undefined && (previous.digest === digest || sameValidator(previous.fields, fields) === true)
    const outcome = isSame ? 'unchanged' : previous === undefined ? 'first' : 'changed'
    const atMs = now()
    // What has to be validated each time brings a change each time, where the origin makes it anew: who was told a moment
    // ago is not told again, or tabs would keep each other reading for ever (I11).
    const isEcho = previous !== undefined && isJustAnnounced(previous, atMs) && isStrict(previous)
    const url = ledger.searchPolicies.urlOf(head.url)
    const varied = varyNames(fields)
    const names = varied === 'unknowable' ? [] : varied
    const row: Row = {
      shape: ROW_SHAPE,
      key: read.keyOf(url),
      variant: variantOf(names, head.fields),
      partition,
      rule: rule.name,
      tags: this.#tagsOf(read, fields),
      url,
      request: requestOf(read, names),
      status,
      statusText: response.statusText,
      fields,
      targeted: structured?.targeted(fields),
      ...exchange,
      storedAtMs: atMs,
      ...(outcome === 'changed' && { announcedAtMs: isEcho ? previous.announcedAtMs : atMs }),
      digest,
      size: bytes(body.byteLength),
      // A megabyte a second is slow even for a phone.
      body: await inTime(bodies.put(body, exchange.sequence), body.byteLength / 1000),
    }
    const change: Change | undefined =
      outcome === 'unchanged' || isEcho ? undefined : { ...about(row, informed, read.cause), kind: outcome }
    const committed = await inTime(ledger.commit(row, change)).catch(async (error: unknown) => {
      await bodies.remove([row])
      throw error
    })
    if (typeof committed === 'string') {
      await bodies.remove([row])
      return undefined
    }
    channel.changes([committed.logged])
    const gone = await eviction.make()
    // The old body goes only now that the row that names the new one is there. It need not be the one that was known when
    // the origin was asked.
    await bodies.remove(committed.replaced === undefined ? gone : [...gone, committed.replaced])
    return { row, body, outcome }
  }

  /** Its rule's tags, and the groups that the response says it is in. */
  #tagsOf({ tags, head }: Read, fields: Fields): string[] {
    return [...tags, ...(this.#ports.structured?.groups(fields, 'cache-groups', new URL(head.url).origin) ?? [])]
  }

  async #confirm(row: Row): Promise<Shared | undefined> {
    const committed = await inTime(this.#ports.ledger.commit(row, undefined))
    return typeof committed === 'string' ? undefined : { row, body: undefined, outcome: 'unchanged' }
  }
}

/** What came; undefined where it is too long to be kept. */
async function received(response: Response, atMs: EpochMs): Promise<Received | undefined> {
  const body = await wholeBody(response, MAX_STORED_BYTES)
  const fields = storedFields(fieldsOf(response.headers))
  // A cache that finds no `Date` writes down when it received the response (RFC 9110 §6.6.1).
  if (!fields.has('date')) fields.set('date', formatHttpDate(atMs))
  return body && { status: response.status, fields, body }
}

/** What is needed to ask again for an answer that varies by these fields. */
function requestOf({ request, head, rule, body }: Read, names: readonly string[]): Row['request'] {
  const range = asksForBytes(head.fields) ? [] : ['range']
  // Credentials are never written down (I5).
  const asked = ['accept', 'content-type', ...range, ...rule.keyHeaders, ...names].filter(
    (name) => name !== 'authorization',
  )
  const fields = new Map(
    asked.flatMap((name) => {
      const value = head.fields.get(name)
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
  return { method: head.method, fields, credentials: request.credentials, body }
}

async function inTime<T>(work: Promise<T>, moreMs = 0): Promise<T> {
  const limitMs = STORE_LIMIT_MS + moreMs
  const done = await timeout(limitMs, work, LATE)
  if (done === LATE) throw new Error(`storing took longer than ${limitMs} ms`)
  return done
}

const LATE = Symbol('late')

const isStrict = (row: Row): boolean => {
  const { noCache, mustRevalidate } = directivesOf(row)
  return noCache || mustRevalidate
}

const about = (row: Row, informed: ReadonlySet<string>, cause: ChangeCause = 'response'): Omit<Change, 'kind'> => ({
  targets: targetsOfRow(row),
  cause,
  partition: row.partition,
  atMs: now(),
  informed: [...informed],
})

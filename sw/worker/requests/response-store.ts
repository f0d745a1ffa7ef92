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
import { mayBeOfOtherCookies, variantOf, varyNames } from '../../core/vary.ts'
import type { Versioned } from '../../core/versions.ts'
import { type BodyReading, digestOf, MAX_STORED_BYTES, wholeBody } from '../../fetch/body-reader.ts'
import { storedBody } from '../store/bodies.ts'
import type { Channel } from '../channel.ts'
import { now } from '../../fetch/clock.ts'
import { fieldsOf } from '../../fetch/describe.ts'
import type { compared } from './compared.ts'
import type { Obstacles } from './obstacles.ts'
import type { Ranges, Received } from './ranges.ts'
import type { Read } from './read.ts'
import type { UrlOf } from '../../fetch/targets.ts'
import type { Eviction } from '../store/eviction.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { Rows } from '../store/rows.ts'
import type { Structured } from './structured.ts'
import { invalidation } from '../store/invalidation-change.ts'

/** When an exchange with the origin took place. */
export interface Times {
  readonly requestedAtMs: EpochMs
  readonly receivedAtMs: EpochMs
}

/** What a row owes to the request that brought or confirmed it. */
type Exchange = Times & Pick<Row, 'sequence'>

/** What a read has brought to the store. */
export interface Stored {
  readonly row: Row
  readonly outcome: 'first' | 'changed' | 'unchanged'
}

interface Ports {
  readonly rows: Rows
  readonly log: InvalidationLog
  readonly eviction: Eviction
  readonly channel: Channel
  readonly structured: Structured | undefined
  readonly urlOf: UrlOf
  readonly ranges: Ranges | undefined
  readonly obstacles: Obstacles
  /** What of a body counts where it is compared. Default: all of it. */
  readonly compared?: typeof compared | undefined
}

/** Carries out what a settlement means for the store, and tells the tabs of what has changed. */
export class ResponseStore {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * Brings the store up to date with what a read has brought. Gives what is stored now; undefined when the read has
   * changed nothing that could answer another read. Rejects when the store fails or the body breaks off; nothing is kept
   * then.
   *
   * @param informed clients that have the answer already: they are not told of the change.
   * @param body the response's, where it is being read already. Default: it is read if the settlement is to store it.
   */
  async keep(
    read: Read,
    settlement: Settlement,
    response: Response | undefined,
    exchange: Exchange,
    informed: ReadonlySet<string>,
    body?: BodyReading['whole'],
    versioned: Versioned = {},
  ): Promise<Stored | undefined> {
    const { rows, log, channel, structured } = this.#ports
    const { signature } = versioned
    switch (settlement.kind) {
      case 'store':
        return response && this.#store(read, response, exchange, informed, versioned, body)
      case 'refresh':
      case 'update': {
        const { row, fields } = settlement
        const targeted = (response && structured?.targeted(fieldsOf(response.headers))) ?? row.targeted
        const names = varyNames(fields)
        const variant = names === 'unknowable' ? row.variant : variantOf(names, read.head.fields)
        const tags = this.#tagsOf(read, fields)
        // A 304 may bring another `Vary`: then the row moves.
        const signed = signature === undefined ? row : { ...row, signature }
        return this.#confirm({ ...signed, ...exchange, fields, targeted, variant, tags }, row.variant)
      }
      case 'outdate': {
        const targets = [`url ${settlement.row.url}`] as const
        channel.changes([await log.invalidate(targets, invalidation(targets, read.cause ?? 'response'))])
        return undefined
      }
      case 'drop': {
        if (read.row === undefined) return undefined
        const removal: Change = { ...about(read.row, informed, read.cause), kind: 'removed' }
        channel.changes([await rows.drop(read.row, exchange.sequence, removal)])
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
    { signature, diff: differing }: Versioned,
    reading: BodyReading['whole'] = wholeBody(response, MAX_STORED_BYTES),
  ): Promise<Stored | undefined> {
    const { rows, channel, structured, ranges, eviction, urlOf, obstacles, compared } = this.#ports
    const { head, partition, rule, row: previous } = read
    const meet = (why: string): undefined => obstacles.meet(rule.name, partition, head.url, { why })
    const whole = await reading
    if (whole === undefined) return undefined
    if (whole === 'too-large') return meet(whole)
    const came = received(response, whole, exchange.receivedAtMs)
    const kept = isPart(came) ? await ranges?.join(came, previous) : came
    if (kept === undefined) return meet('bad-range')
    if ('confirmed' in kept) return this.#confirm({ ...kept.confirmed, ...exchange })
    const { status, fields, body } = kept
    if (!eviction.fits(rule.name, body.byteLength)) return meet('too-large')
    const digest = await digestOf((await compared?.(body, rule)) ?? body)
    const isSame =
      previous !== undefined && (previous.digest === digest || sameValidator(previous.fields, fields) === true)
    // What the data had already when it came after its version is named when the version says so.
    const diff = previous && (await differing)
    const isOld = isSame && diff === undefined && previous.isUntold === undefined
    const outcome = previous === undefined ? 'first' : isOld ? 'unchanged' : 'changed'
    const atMs = now()
    // An answer that must be validated each time, and that the origin makes anew each time, is a change each time. Tabs
    // that were told a moment ago are not told again, or they would keep each other reading for ever (I11). Where items are
    // named their versions differ: that is no echo.
    const isEcho =
      diff === undefined && previous !== undefined && isJustAnnounced(previous, atMs) && isStrict(previous, rule)
    const url = urlOf(head.url)
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
      ...((outcome === 'changed' || read.isFilling) && { announcedAtMs: isEcho ? previous.announcedAtMs : atMs }),
      // It may be more than an echo: the next answer tells.
      ...(outcome === 'changed' && isEcho && { isUntold: true }),
      digest,
      size: bytes(body.byteLength),
      body: storedBody(body),
      bodyAt: exchange.sequence,
      ...(signature !== undefined && { signature }),
    }
    const change: Change | undefined =
      outcome === 'unchanged' || isEcho
        ? undefined
        : { ...about(row, informed, read.cause), kind: outcome, ...(diff !== undefined && { diff }) }
    const committed = await rows.commit(row, change)
    if (typeof committed === 'string') return undefined
    channel.changes([committed.logged])
    await eviction.makeRoom()
    return { row, outcome }
  }

  /** The tags of its rule, and the groups that the response says it is in. */
  #tagsOf({ tags, head }: Read, fields: Fields): string[] {
    return [...tags, ...(this.#ports.structured?.groups(fields, 'cache-groups', new URL(head.url).origin) ?? [])]
  }

  async #confirm({ isUntold, ...row }: Row, variant = row.variant): Promise<Stored | undefined> {
    const isNews = isUntold === true && !isJustAnnounced(row, now())
    const confirmed: Row = isNews ? { ...row, announcedAtMs: now() } : { ...row, ...(isUntold && { isUntold }) }
    const change: Change | undefined = isNews ? { ...about(row, new Set()), kind: 'changed' } : undefined
    const committed = await this.#ports.rows.commit(confirmed, change, variant)
    if (typeof committed === 'string') return undefined
    if (isNews) this.#ports.channel.changes([committed.logged])
    return { row: confirmed, outcome: isNews ? 'changed' : 'unchanged' }
  }
}

/** What came. */
function received({ status, headers }: Response, body: ArrayBuffer, atMs: EpochMs): Received {
  const fields = storedFields(fieldsOf(headers))
  // A cache that finds no `Date` writes down when it received the response (RFC 9110 §6.6.1).
  if (!fields.has('date')) fields.set('date', formatHttpDate(atMs))
  return { status, fields, body }
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

const isStrict = (row: Row, rule: Read['rule']): boolean => {
  const { noCache, mustRevalidate } = directivesOf(row)
  return noCache || mustRevalidate || mayBeOfOtherCookies(row, rule)
}

const about = (row: Row, informed: ReadonlySet<string>, cause: ChangeCause = 'response'): Omit<Change, 'kind'> => ({
  targets: targetsOfRow(row),
  cause,
  partition: row.partition,
  atMs: now(),
  informed: [...informed],
})

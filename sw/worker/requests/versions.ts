import { fillPlaces, fillTags, type Matcher } from '../../../config/language/index.ts'
import type { Change } from '../../core/change.ts'
import { formatHttpDate } from '../../core/http-date.ts'
import type { Plan } from '../../core/plan.ts'
import type { Row } from '../../core/row.ts'
import { bytes } from '../../core/units.ts'
import { itemsDiff, itemsOf, itemsText, mayConfirm, parseVersions } from '../../core/versions.ts'
import { digestOf } from '../../fetch/body-reader.ts'
import { isPaused, now, type Pause, pauseFor, timeout } from '../../fetch/clock.ts'
import { lineOf } from '../../fetch/matching.ts'
import { discard } from '../../fetch/origin.ts'
import { report } from '../report.ts'
import { worker } from '../scope.ts'
import { bodyOf, storedBody } from '../store/bodies.ts'
import type { Rows } from '../store/rows.ts'
import type { Writer } from '../store/writer.ts'
import type { FlightResult } from './flight-result.ts'
import type { Read } from './read.ts'
import type { Times } from './response-store.ts'
import { PROBE, Sender, type SenderPorts } from './send.ts'

export interface VersionedPorts extends SenderPorts {
  readonly match: Matcher
  readonly rows: Rows
  readonly writer: Writer
}

/** What `Cache-Status` calls an answer that an equal signature has confirmed. */
const SAME_VERSION = 'same-version'

/** A light endpoint that takes longer is not waited for. */
const LIMIT_MS = 3000
/** For so long after it was asked its answer serves further rows, unless anything was invalidated since. */
const SHARED_MS = 1000
/** For so long an endpoint is left alone that gave an answer of no use. */
const PAUSE_MS = 60_000
/** Of so many endpoints it is known what they have said: those that were used last. */
const MAX_KNOWN = 50

/** Where the versions of a read's data are asked for. */
interface Light {
  readonly key: string
  readonly url: string
  readonly entity: string | undefined
  /** The item that the read is of. Empty: it is of all. */
  readonly id: string
}

/** What a light endpoint has said. */
interface Said {
  readonly times: Times
  readonly date: string
  readonly signature: string
  readonly items?: Items
}

type Items = ReadonlyMap<string, string>
type Lists = ReadonlyMap<string, Items>

type Heard = Required<Pick<FlightResult, 'versioned'>>

/** What has come of the requests to a light endpoint: of those that are under way at the same time, too. */
interface Memory {
  /** The lists that came last, by their signatures. */
  lists?: Promise<Lists>
  /** What came last. */
  heard?: Said
}

/** The last request to a light endpoint, and what is known of all. */
interface Asking {
  said?: Promise<Said | undefined>
  readonly memory: Memory
  /** It was of no use: the endpoint is left alone. */
  pause?: Pause
  /** What it says serves further rows. */
  readonly shared: Pause
  /** How much had been invalidated when it began. */
  readonly version: number
  readonly isTheirs: () => boolean
  readonly authorization: string | null
}

/** So many lists of one endpoint are kept in memory. On disk it is the last one. */
const MAX_LISTS = 3

/**
 * Asks light endpoints (`versions` of a rule) before the origin is asked for what a rule keeps. Part of a worker whose rules
 * have some.
 *
 * ```
 *   row with signature s ──► light endpoint says s ──► confirmed, as by a 304
 *                        └─► says another, t       ──► fetched, and stored with t
 *   no row, or no signature ─────────────────────────► fetched, and stored with what was said a moment ago, if anything was
 * ```
 *
 * A row gets a signature that was heard just before the row was asked for. So the row is as new as its signature, or newer: an
 * equal signature later means that nothing has changed since (I2). One request serves all rows that need it within a moment,
 * unless anything was invalidated since it began: no answer from before a write confirms what the write covers (I1).
 * What was heard belongs to a partition, and to its session (I3).
 */
export class VersionedSender extends Sender {
  readonly #ports: VersionedPorts
  /** By the key of its versions. */
  readonly #asked = new Map<string, Asking>()

  constructor(ports: VersionedPorts) {
    super(ports)
    this.#ports = ports
  }

  override async send(read: Read, plan: Plan): Promise<FlightResult> {
    const light = lightOf(this.#ports.match, read)
    if (light === undefined) return super.send(read, plan)
    const heard = await this.#check(read, plan, light)
    if (heard && 'settlement' in heard) return heard
    const result = await super.send(read, plan)
    // A version that is no list has no names.
    const old = read.row?.signature
    const hasNames = result.settlement.kind === 'store' && old?.startsWith('=') === false
    // No version is equal to this, and what has changed since the older one can be named.
    const signature = heard?.versioned?.signature ?? (hasNames ? `~${old}` : undefined)
    if (heard || !hasNames) return { ...result, versioned: { ...heard?.versioned, signature } }
    // The data came, and the endpoint could not be reached before. What it says now names what has changed. It is no signature
    // of the data, as it may be newer.
    const later = this.#check(read, { ...plan, why: PROBE }, light)
    return { ...result, versioned: { signature, diff: later.then((said) => said?.versioned?.diff) } }
  }

  /** What confirms the row; else what the answer that is asked for now will have. Undefined: nothing was heard. */
  async #check(read: Read, plan: Plan, light: Light): Promise<FlightResult | Heard | undefined> {
    const { log, statistics } = this.#ports
    const { rule, authorization, isTheirs } = read
    const { key, id } = light
    const isProbe = plan.why === PROBE
    // What was away is fetched whole once it is back; what has changed meanwhile is named all the same.
    const row = isProbe ? read.row : 'row' in plan ? plan.row : undefined
    const { version } = log.memory
    const known = this.#asked.get(key)
    const own = known?.isTheirs() === true && known.authorization === authorization ? known : undefined
    const isConfirmable = row !== undefined && mayConfirm(row.status, plan.why)
    const isShared = !isProbe && own?.version === version && isPaused(own.shared)
    let asked = own
    if (isConfirmable && !isShared && !isPaused(known?.pause)) {
      asked = { memory: {}, ...own, version, isTheirs, authorization, shared: pauseFor(SHARED_MS) }
      asked.said = timeout(LIMIT_MS, this.#ask(read, row, light, asked), undefined)
    }
    // The one that was used last is the last to be forgotten.
    if (asked) {
      this.#asked.delete(key)
      this.#asked.set(key, asked)
      const [oldest = ''] = this.#asked.keys()
      if (this.#asked.size > MAX_KNOWN) this.#asked.delete(oldest)
    }
    if (!isConfirmable) return { versioned: { signature: signatureNow(own?.memory.heard, id) } }
    const said = await asked?.said
    const signature = said && signatureOf(said, id)
    if (said === undefined) return undefined
    if (isProbe || signature === undefined || signature !== row.signature)
      return { versioned: { signature, diff: diffOf(asked?.memory.lists, row, said) } }
    statistics.count(rule.name, { notModified: 1, requestsSaved: Number(asked === own) })
    const fields = new Map(row.fields).set('date', said.date)
    fields.delete('age')
    const head = { status: 304, statusText: '', fields, redirected: false, opaque: false }
    const outcome = { kind: 'response', head } as const
    return { outcome, settlement: { kind: 'refresh', row, fields, why: SAME_VERSION }, ...said.times }
  }

  /** Undefined: nothing of use. */
  async #ask(read: Read, row: Row, { key, url, id, entity }: Light, asking: Asking): Promise<Said | undefined> {
    const { rows, writer } = this.#ports
    const { request, rule, isTheirs } = read
    const fields = new Map([['accept', 'application/json']])
    for (const [name, value] of 'fields' in request ? request.fields : request.headers)
      if (name === 'authorization' || rule.keyHeaders.includes(name)) fields.set(name, value)
    const asked: Read = {
      ...read,
      request: { url, fields, credentials: request.credentials },
      head: { ...read.head, method: 'GET', url, fields },
      rule: { ...rule, name: `versions of ${rule.name}`, expects: undefined },
      tags: [],
      body: undefined,
      row: undefined,
    }
    const { settlement, response, requestedAtMs, receivedAtMs } = await this.attempt(asked, LIGHT, [])
    const times = { requestedAtMs, receivedAtMs }
    // Else the origin is away, as the next request says; or the answer is of another user, or has broken off.
    let isOfUse = settlement.why === LIGHT.why
    const answer: unknown =
      isOfUse && response?.ok
        ? await response.json().catch((error: unknown) => void (isOfUse = error instanceof SyntaxError))
        : discard(response)
    const versions = parseVersions(answer, entity)
    if (versions === undefined) {
      if (isOfUse) {
        asking.pause = pauseFor(PAUSE_MS)
        report(`${url} gives no versions`, response?.status)
      }
      return undefined
    }
    const said = { times, date: response?.headers.get('date') ?? formatHttpDate(receivedAtMs) }
    if (typeof versions === 'string') return (asking.memory.heard = { ...said, signature: `=${versions}` })
    const text = new TextEncoder().encode(itemsText(versions)).buffer
    const signature = await digestOf(text)
    if (id === '') {
      const before = asking.memory.lists ?? rows.find(key).then(listsOf)
      const body = storedBody(text)
      const list = {
        ...row,
        ...times,
        key,
        variant: '',
        tags: [],
        fields: new Map(),
        digest: signature,
        size: bytes(text.byteLength),
        body,
      }
      asking.memory.lists = before
        .catch(() => new Map())
        .then((lists: Lists) => {
          if ([...lists.keys()].at(-1) === signature) return lists
          // On disk too: the worker may be stopped before anything changes. It goes with the rows of its partition.
          void writer
            .nextInMemory()
            .then((at) => (isTheirs() ? rows.commit({ ...list, sequence: at, bodyAt: at }, undefined) : undefined))
            .catch((error: unknown) => report('versions could not be stored', error))
          const known = new Map([...lists, [signature, versions]])
          // The row keeps its own while its data cannot be had.
          const rank = ([of]: readonly [string, Items]): number => (of === signature ? 2 : Number(of === ownOf(row)))
          return new Map([...known].toSorted((one, other) => rank(one) - rank(other)).slice(-MAX_LISTS))
        })
    }
    return (asking.memory.heard = { ...said, signature, items: versions })
  }
}

/** The list that lies on disk, by its signature. */
async function listsOf([row]: readonly Row[]): Promise<Lists> {
  const body = row && bodyOf(row)
  return new Map(body && [[row.digest, itemsOf(await new Response(body).text())]])
}

/** The signature of the last list that a row is known to be as new as. */
const ownOf = ({ signature = '' }: Row): string => signature.replace(/^~+/, '')

/** What differs from a row's list, where that is still known. */
async function diffOf(lists: Memory['lists'], row: Row, { items }: Said): Promise<Change['diff']> {
  const before = (await lists)?.get(ownOf(row))
  return before && items && itemsDiff(before, items)
}

/** How a light endpoint is asked: nothing of it is stored as an answer. */
const LIGHT = { kind: 'fetch', store: false, variants: [], fwd: 'stale', why: 'versions' } as const satisfies Plan

/** Where the versions of a read's data are asked for; undefined: nowhere. */
function lightOf(match: Matcher, { rule, head, partition }: Read): Light | undefined {
  const { versions, keyHeaders } = rule
  if (versions === undefined) return undefined
  const found = match(lineOf(head))
  if (found?.kind !== 'read' || found.rule.versions !== versions) return undefined
  const { params } = found
  const [path] = fillPlaces({ tags: [], urls: [versions.url], patterns: [] }, params).urls
  const { entity, id: template } = versions
  const [id] = fillTags([template ?? ''], params)
  if (path === undefined || id === undefined) return undefined
  const { href: url, origin } = new URL(path, worker.location.origin)
  // A token is for the origin that it was sent to.
  if (origin !== new URL(head.url).origin) return undefined
  const named = keyHeaders.map((name) => `${name}:${head.fields.get(name) ?? ''}`)
  return { url, entity, id, key: [partition, 'row', `versions ${entity ?? ''} ${url}`, ...named].join('\n') }
}

/**
 * The signature of a read that is sent now, of what was said a moment ago. Of what was said long ago it gets none: an item that
 * came since and goes again makes the version the same as then, and the answer with the item would count as confirmed.
 */
const signatureNow = (heard: Memory['heard'], id: string): string | undefined =>
  heard && now() - heard.times.requestedAtMs < SHARED_MS ? signatureOf(heard, id) : undefined

/** The signature of a read: that of its item, or of all. Undefined: there is no such item. */
function signatureOf({ signature, items }: Said, id: string): string | undefined {
  if (items === undefined || id === '') return signature
  const version = items.get(id)
  return version === undefined ? undefined : `=${version}`
}

import { type Matcher, normaliseUrl } from '../../../config/language/index.ts'
import type { RequestHead } from '../../core/head.ts'
import { entryKey, EVERYONE } from '../../core/key.ts'
import { plan } from '../../core/plan.ts'
import { selected } from '../../core/select.ts'
import { NEVER, type Sequence } from '../../core/sequence.ts'
import { settle } from '../../core/settle.ts'
import type { EpochMs } from '../../core/units.ts'
import { answersReads } from '../../core/write.ts'
import { now } from '../../fetch/clock.ts'
import type { Identity } from '../identity/identity.ts'
import type { Secrets } from '../identity/secrets.ts'
import { report } from '../report.ts'
import type { Store } from '../store/store.ts'
import { describeRequest, describeResponse, fieldsOf, requestFields } from '../../fetch/describe.ts'
import type { Flights } from './flights.ts'
import { discard } from '../../fetch/origin.ts'
import { type Read, readOf } from './read.ts'
import type { UrlOf } from '../../fetch/targets.ts'
import type { ResponseStore } from './response-store.ts'
import type { Structured } from './structured.ts'

interface Ports extends Pick<Store, 'writer' | 'log' | 'rows' | 'generations'> {
  readonly match: Matcher
  readonly identity: Identity
  readonly secrets: Secrets
  readonly flights: Flights
  readonly responses: ResponseStore
  readonly structured: Structured | undefined
  readonly urlOf: UrlOf
}

/** One write whose answer may be stored, from before it is sent. Nothing of it throws. */
interface PostAnswer {
  /** Takes a copy of the answer that has come, where it may serve reads. */
  readonly take: (response: Response) => void
  /** The write has ended at this place in the order of things. */
  readonly place: (at: Sequence, write: string) => void
  /** Stores the copy. Settles when that is done, or nothing is to be stored. */
  readonly store: () => Promise<void>
  /** There is no answer. */
  readonly release: () => void
}

/**
 * Begins with a write.
 *
 * @param whose the partition of the user who writes; undefined: the user is not known, and only what is public is stored.
 */
export type PostAnswers = (request: Request, clientId: string, whose: Promise<string | undefined>) => PostAnswer

/**
 * Stores answers to POST for later reads of the same URL (RFC 9110 §9.3.3). Part of a worker one of whose writes has
 * `stores`.
 *
 * ```
 *   begun at place b ──► answered ──► ended at place e ──► stored at place e
 * ```
 *
 * The write itself invalidates its URL at `e`. The row gets the same place, so it outlives its own write and is covered by
 * every later one. It is not stored if anything else has happened to the URL since `b`: another write, which may still be under
 * way, a removal, or a read, whose answer may be newer (I1, I2).
 */
export const postAnswers =
  (ports: Ports): PostAnswers =>
  (request, clientId, whose) => {
    const { writer, log, flights, structured } = ports
    const { url, method } = request
    const ticket = writer.ticket()
    const requestedAtMs = now()
    let read: Omit<Read, 'row'> | undefined
    let copy: Response | undefined
    let receivedAtMs: EpochMs
    let endedAt: Sequence | undefined
    /** The newest invalidation of the URL but the write's own; another write under way counts as the newest. */
    let covering = NEVER
    const prepared = contextOf(ports, request, clientId, whose).then(
      (context) => void (read = context),
      () => undefined,
    )
    const release = (): void => {
      writer.release(ticket)
      // What the store has read is not given up by this.
      discard(copy)
    }
    return {
      take(response) {
        receivedAtMs = now()
        const { status, fields, targeted } = describeResponse(response, url, structured)
        const given = fields.get('content-location')
        const location = given !== undefined && URL.canParse(given, url) ? new URL(given, url).href : undefined
        const target = url.replace(/#.*$/s, '')
        const times = { requestedAtMs, receivedAtMs }
        if (answersReads({ method, url: target, status, location, fields, targeted, ...times })) copy = response.clone()
      },
      place(at, write) {
        if (read === undefined || copy === undefined || flights.isAsking(read.key)) return
        const groups = structured?.groups(fieldsOf(copy.headers), 'cache-groups', new URL(url).origin) ?? []
        covering = log.memory.covering({ url: read.head.url, tags: [...read.tags, ...groups] }, write)
        endedAt = at
      },
      async store() {
        try {
          await prepared
          const begunAt = await writer.placeOf(ticket)
          if (read === undefined || copy === undefined || endedAt === undefined || covering > begunAt) return
          const { key, head, rule, partition, tags } = read
          const rows = await ports.rows.find(key)
          const isRemoved = log.isRemoved({ key, partition, url: head.url, tags, sequence: begunAt })
          if (isRemoved || !read.isTheirs() || rows.some(({ sequence }) => sequence > begunAt)) return
          const row = selected(rows, head)
          const described = describeResponse(copy, url, structured)
          if (ports.identity.isOther(partition, described.fields)) return
          const settlement = settle({
            // As a read would be that has nothing stored: its rule or its request may forbid to store.
            plan: plan({ ...NOTHING, request: head, rule, now: now() }),
            request: head,
            stored: row,
            expects: rule.expects,
            outcome: { kind: 'response', head: described },
            unasked: false,
          })
          if (settlement.kind !== 'store') return
          const exchange = { requestedAtMs, receivedAtMs, sequence: endedAt }
          await ports.responses.keep({ ...read, row }, settlement, copy, exchange, new Set([clientId]))
        } catch (error) {
          report('the answer to a write could not be stored; the page has it all the same', error)
        } finally {
          release()
        }
      },
      release,
    }
  }

const NOTHING = {
  row: undefined,
  variants: [],
  partial: false,
  invalidated: false,
  doubted: false,
  reloaded: false,
} as const

/** The read that the answer may serve: a GET of the same URL with the same fields. Undefined: no rule reads it. */
async function contextOf(
  { match, secrets, urlOf, identity, generations }: Ports,
  request: Request,
  clientId: string,
  whose: Promise<string | undefined>,
): Promise<Omit<Read, 'row'> | undefined> {
  const { url, credentials } = request
  const found = readOf(match, url)
  if (found === undefined) return undefined
  const { rule, tags } = found
  const partition = rule.public ? EVERYONE : await whose
  if (partition === undefined || identity.isDoubted(partition)) return undefined
  const [isSame, isAlone] = [generations.watch(partition), identity.watchOthers(partition)]
  const isTheirs = (): boolean => isSame() && isAlone()
  const fields = new Map(await secrets.hide(requestFields(request)))
  // It describes the body of the write.
  fields.delete('content-type')
  const described = describeRequest(request, urlOf(normaliseUrl(url, rule)), partition, fields)
  const head: RequestHead = { ...described, method: 'GET' }
  const { keyHeaders } = rule
  const keyOf = (of: string): string =>
    entryKey({ partition, request: head, url: of, credentials, keyHeaders, bodyDigest: undefined })
  return {
    request: { url, fields, credentials },
    head,
    rule,
    tags,
    partition,
    key: keyOf(head.url),
    keyOf,
    body: undefined,
    authorization: request.headers.get('authorization'),
    isTheirs,
    clientId,
    waitUntil: () => undefined,
    cause: 'write',
  }
}

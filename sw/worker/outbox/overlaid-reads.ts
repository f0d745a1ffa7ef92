import {
  type CollectionRule,
  type Match,
  normaliseUrl,
  type RequestLine,
  type Rule,
} from '../../../config/language/index.ts'
import { urlWithIds } from '../../core/outbox/temporary-ids.ts'
import type { EpochMs } from '../../core/units.ts'
import { isPaused, now, type Pause, pauseFor, STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import { hasBody } from '../../fetch/describe.ts'
import { lineOf } from '../../fetch/matching.ts'
import type { Identity } from '../identity/identity.ts'
import type { Asked } from '../requests/read-context.ts'
import type { ReadContext } from '../requests/read.ts'
import { collectionList } from './collection-list.ts'
import type { OutboxStore } from './outbox-store.ts'
import { type OverlaidRead, Overlay } from './overlay.ts'
import type { rowMarks } from './row-marks.ts'
import { ShownWrites } from './shown-writes.ts'

interface Ports {
  readonly store: OutboxStore
  readonly identity: Pick<Identity, 'knownOf'>
  readonly match: (line: RequestLine) => Match | undefined
  /** Hears of a write that cannot be shown. */
  readonly failed: (partition: string, place: number) => void
  /** Says which rows are changed. Undefined: the rules want no marks. */
  readonly rowMarks?: typeof rowMarks | undefined
}

/** When what an answer is made of was asked for, and came. */
export interface AnswerTimes {
  readonly requestedAtMs: EpochMs
  readonly receivedAtMs: EpochMs
}

const LATE = Symbol('late')
/** Milliseconds. */
const LATE_PAUSE_MS = 10_000

const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-range', 'range']

/** Reads of pages, with what their users have written and the origin does not have. */
export class OverlaidReads {
  /** Of answers that were asked for before their read began, or by another read. */
  readonly times = new WeakMap<Response, AnswerTimes>()
  readonly #ports: Ports
  readonly #writes: ShownWrites
  readonly #overlay: Overlay
  /** By the paths of their lists. */
  readonly #collections: ReadonlyMap<string, CollectionRule>
  /** Undefined: the disk was not slow so far. */
  #late: Pause | undefined

  constructor(ports: Ports, collections: readonly CollectionRule[] = []) {
    this.#ports = ports
    this.#writes = new ShownWrites(ports)
    this.#overlay = new Overlay({ writes: this.#writes, failed: ports.failed, rowMarks: ports.rowMarks })
    this.#collections = new Map(collections.map((rule) => [new URL(rule.list, location.origin).href, rule]))
  }

  /**
   * The read as the origin can answer it: with its own ids in the place of temporary ones, and whole where writes are folded over the
   * answer.
   */
  async prepared(asked: Asked, partition: string): Promise<Asked> {
    await this.#loaded()
    const { request, match, clientId } = asked
    const of = await this.#partitionOf(request, clientId, match.rule, partition)
    const writes = this.#writes.of(of)
    if (writes === undefined || hasBody(request)) return asked
    const url = urlWithIds(request.url, writes.idFor)
    const isConcerned = this.#overlay.concerns({ partition: of, url: normaliseUrl(url, match.rule) })
    const conditions = isConcerned ? CONDITIONS.filter((name) => request.headers.has(name)) : []
    if (url === request.url && conditions.length === 0) return asked
    const headers = new Headers(request.headers)
    for (const name of conditions) headers.delete(name)
    const prepared = new Request(url, { ...optionsOf(request), headers })
    const found = this.#ports.match(lineOf(prepared))
    return { ...asked, request: prepared, match: found?.kind === 'read' ? found : match }
  }

  /** The answer with the writes in it. Rejects as the network did, where nothing that was written makes an answer. */
  async answer(read: ReadContext, rest: () => Promise<Response | undefined>): Promise<Response | undefined> {
    const { head, request, clientId = '' } = read
    if (!(request instanceof Request)) return rest()
    const beganAtMs = now()
    const partition = await this.#partitionOf(request, clientId, read.rule, read.partition)
    const { url, method } = head
    const rule = this.#collections.get(url)
    const list = rule && { list: collectionList(rule) }
    const shown: OverlaidRead = { partition, url, method, hasWrite: () => false, receivedAtMs: undefined, ...list }
    if (!this.#overlay.concerns(shown)) return rest()
    const alone = await this.#overlay.alone(shown)
    if (alone !== undefined) return alone
    let answer: Response | undefined
    try {
      answer = await rest()
    } catch (error) {
      const made = await this.#overlay.standIn(shown)
      if (made === undefined) throw error
      return made
    }
    if (answer === undefined) return undefined
    const times = this.times.get(answer)
    const askedAtMs = times?.requestedAtMs ?? beganAtMs
    return this.#overlay.over(answer, {
      ...shown,
      // An acknowledgement that is yet to come is of a clock that was ahead: it would hide what others have written since.
      hasWrite: ({ done }) => done !== undefined && (askedAtMs > done.at || done.at > beganAtMs),
      receivedAtMs: times?.receivedAtMs,
    })
  }

  /** No read waits long for a disk that is slow, and after one that has waited in vain none waits for a while. */
  async #loaded(): Promise<void> {
    const { loaded } = this.#ports.store
    if (loaded === undefined) return
    const read = loaded.catch(() => undefined)
    if (isPaused(this.#late)) return
    if ((await timeout(STORE_LIMIT_MS, read, LATE)) === LATE) this.#late = pauseFor(LATE_PAUSE_MS)
  }

  /** Whose writes are shown. An answer that is the same for all users is read by one user, who sees their own writes in it. */
  async #partitionOf(
    request: Request,
    clientId: string,
    { public: isShared }: Pick<Rule, 'public'>,
    partition: string,
  ): Promise<string> {
    return isShared ? ((await this.#ports.identity.knownOf(request, clientId)) ?? partition) : partition
  }
}

/** What of a request stays where its URL is another. */
const optionsOf = ({ method, credentials, cache, redirect, signal, mode }: Request): RequestInit => ({
  method,
  credentials,
  cache,
  redirect,
  signal,
  mode: mode === 'cors' || mode === 'same-origin' ? mode : 'same-origin',
})

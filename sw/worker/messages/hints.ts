import { transactionOf } from '../../core/collections/cursor.ts'
import { timeout } from '../../fetch/clock.ts'
import type { Channel } from '../channel.ts'
import type { Answerer } from './answering.ts'
import { invalidate } from './invalidate.ts'
import { report } from '../report.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { UrlOf } from '../../fetch/targets.ts'

interface Ports {
  readonly log: Pick<InvalidationLog, 'invalidate'>
  readonly channel: Pick<Channel, 'changes'>
  readonly urlOf: UrlOf
  /** Absent: the rules have none. */
  readonly collections?: { hinted(tags: readonly string[] | undefined, clientId: string): Promise<void> } | undefined
}

/** The news of a write may be here before the write's answer, and waits so long for it. */
const WAIT_MS = 2000

/**
 * The worker is kept alive for a sync for so long. What is held up does not make way for a newer worker, and a sync that is cut
 * off goes on from its last page at the next read.
 */
const HOLD_MS = 10_000

/** Of so many of the app's own writes the worker knows their transactions. */
const MAX_OWN = 200

/**
 * What the server says has changed counts as stale. Of the app's own writes that is news only for tags that the write's rule
 * does not name, of itself or of the answer: what it names is stale since the write's answer, and has been asked for anew.
 */
class Hints {
  /** What keeps the worker alive after a hint. Never rejects. */
  syncing: Promise<unknown> = Promise.resolve()
  readonly #ports: Ports
  readonly #underWay = new Set<Promise<unknown>>()
  /** Transactions of the app's own writes, the newest last, and the tags that each write has made stale. */
  readonly #own = new Map<string, readonly string[]>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * Takes note of a write of the app, whose answer names its transaction if the backend says so.
   *
   * @param tags what the write makes stale. Complete when the answer is there.
   */
  note(answer: Promise<Response>, tags: readonly string[]): void {
    const noted = answer.then(
      ({ headers }) => {
        const transaction = transactionOf(headers.get('freshlayer-position') ?? '')
        if (transaction === undefined) return
        this.#own.set(transaction, tags)
        const [oldest = ''] = this.#own.keys()
        if (this.#own.size > MAX_OWN) this.#own.delete(oldest)
      },
      () => undefined,
    )
    this.#underWay.add(noted)
    void noted.then(() => this.#underWay.delete(noted))
  }

  readonly answer: Answerer<'hint', unknown> = async (_, { tags, all = false, transactions = [] }, clientId) => {
    const news = all ? [] : await this.#newsOf(tags, transactions)
    if (news.length === 0 && !all) return true
    await invalidate(this.#ports, { ask: 'invalidate', reach: all ? { all } : { tags: news } }, clientId)
    // The tab does not wait: its next hints are of other data, too.
    const synced = this.#ports.collections
      ?.hinted(all ? undefined : news, clientId)
      .catch((error: unknown) => report('a collection is not brought up to date after a hint', error))
    if (synced) this.syncing = timeout(HOLD_MS, Promise.all([this.syncing, synced]), undefined)
    return true
  }

  /** Those of the tags that the app's own writes have not made stale themselves. */
  async #newsOf(tags: readonly string[], transactions: readonly string[]): Promise<readonly string[]> {
    if (transactions.length === 0) return tags
    await timeout(WAIT_MS, Promise.all(this.#underWay), undefined)
    const own = transactions.map((transaction) => this.#own.get(transaction))
    // What another user has changed as well is news in any case.
    if (own.includes(undefined)) return tags
    const known = own.flat()
    return tags.filter((tag) => !known.includes(tag))
  }
}

export const hintsOf = (ports: Ports): Hints => new Hints(ports)

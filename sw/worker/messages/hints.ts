import { timeout } from '../../fetch/clock.ts'
import type { Channel } from '../channel.ts'
import type { Answerer } from './answering.ts'
import { invalidate } from './invalidate.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { UrlOf } from '../../fetch/targets.ts'

interface Ports {
  readonly log: Pick<InvalidationLog, 'invalidate'>
  readonly channel: Pick<Channel, 'changes'>
  readonly urlOf: UrlOf
}

/** The news of a write may be here before the write's answer, and waits so long for it. */
const WAIT_MS = 2000

/** Of so many of the app's own writes the worker knows their transactions. */
const MAX_OWN = 200

/**
 * What the server says has changed counts as stale. News of the app's own writes change nothing: what they reached is stale
 * since their answers, and has been asked for anew.
 */
class Hints {
  readonly #ports: Ports
  readonly #underWay = new Set<Promise<unknown>>()
  /** Transactions of the app's own writes, the newest last. */
  readonly #own = new Set<string>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Takes note of a write of the app, whose answer names its transaction if the backend says so. */
  note(answer: Promise<Response>): void {
    const noted = answer.then(
      ({ headers }) => {
        const transaction = transactionOf(headers.get('freshlayer-position'))
        if (transaction === undefined) return
        this.#own.add(transaction)
        const [oldest = ''] = this.#own
        if (this.#own.size > MAX_OWN) this.#own.delete(oldest)
      },
      () => undefined,
    )
    this.#underWay.add(noted)
    void noted.then(() => this.#underWay.delete(noted))
  }

  readonly answer: Answerer<'hint', unknown> = async (_, { tags, all = false, transactions = [] }, clientId) => {
    if (tags.length === 0 && !all) return true
    if (transactions.length > 0) {
      await timeout(WAIT_MS, Promise.all(this.#underWay), undefined)
      if (transactions.every((transaction) => this.#own.has(transaction))) return true
    }
    return invalidate(this.#ports, { ask: 'invalidate', reach: all ? { all } : { tags } }, clientId)
  }
}

/** The transaction that a `Freshlayer-Position` names: the number in the fourth place of a list, as JSON in base64url. */
function transactionOf(position: string | null): string | undefined {
  try {
    const parts: unknown = JSON.parse(atob((position ?? '').replaceAll('-', '+').replaceAll('_', '/')))
    const transaction: unknown = Array.isArray(parts) ? parts[3] : undefined
    return typeof transaction === 'string' ? transaction : undefined
  } catch {
    return undefined
  }
}

export const hintsOf = (ports: Ports): Hints => new Hints(ports)

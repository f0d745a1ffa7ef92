import type { CollectionRule } from '../../../config/language/index.ts'
import { type KeptRow, rowOf } from '../../core/collections/row.ts'
import { STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import type { Named } from './named.ts'

/** How many answers to writes are remembered. */
const MOST = 1000

/**
 * What the origin has answered to this app's own writes, in memory: what comes back of them by `/sync` is no news. The tabs
 * were told of the write itself.
 */
export class OwnWrites {
  /** By collection and id: the row of the answer; undefined: it was deleted. */
  readonly #rows = new Map<string, KeptRow | undefined>()

  /** Whether a change is what a write has got as its answer. Another one ends what is known of the row: it is older now. */
  isOwn(entity: string, id: string, row: KeptRow | undefined): boolean {
    const key = keyOf(entity, id)
    if (!this.#rows.has(key)) return false
    const own = this.#rows.get(key)
    const isSame =
      row === undefined || own === undefined
        ? row === own
        : own.text === row.text || (own.version !== undefined && own.version === row.version)
    if (!isSame) this.#rows.delete(key)
    return isSame
  }

  /** Answers whose bodies are still being read. */
  readonly #reading = new Set<Promise<void>>()

  /** Settles when the answers that have begun to come are known, or after a second. */
  known(): Promise<unknown> {
    return timeout(STORE_LIMIT_MS, Promise.all(this.#reading), undefined)
  }

  /** Notes the answer to a write to a list or an item. Never rejects. */
  note(named: Named, request: Pick<Request, 'method'>, response: Response): Promise<void> {
    const noted = this.#note(named, request, response).finally(() => this.#reading.delete(noted))
    this.#reading.add(noted)
    return noted
  }

  async #note({ rule, id }: Named, request: Pick<Request, 'method'>, response: Response): Promise<void> {
    if (!response.ok) return
    if (request.method === 'DELETE') {
      if (id !== undefined) this.#put(rule, id, undefined)
      return
    }
    if (!/json/i.test(response.headers.get('content-type') ?? '')) return
    try {
      // A copy that is not read would hold the whole answer: it is made where it is.
      const row = rowOf(await response.clone().json(), rule)
      if (row !== 'invalid') this.#put(rule, row.id, row)
    } catch {
      // What comes back of it is announced.
    }
  }

  #put({ entity }: CollectionRule, id: string, row: KeptRow | undefined): void {
    const key = keyOf(entity, id)
    this.#rows.delete(key)
    this.#rows.set(key, row)
    const [oldest] = this.#rows.keys()
    if (this.#rows.size > MOST && oldest !== undefined) this.#rows.delete(oldest)
  }
}

const keyOf = (entity: string, id: string): string => `${entity}\n${id}`

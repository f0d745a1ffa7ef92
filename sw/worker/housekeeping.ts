import type { Rule } from '../../config/language/index.ts'
import type { Row } from '../core/row.ts'
import { isExpired } from '../core/timeline.ts'
import { audit } from './store/audit.ts'
import type { Bodies } from './store/bodies.ts'
import { now } from './clock.ts'
import type { Identity } from './identity/identity.ts'
import type { Ledger } from './store/ledger.ts'
import type { Precache } from './lifecycle/precache.ts'
import { report } from './report.ts'
import type { Eviction } from './store/eviction.ts'
import type { Sessions } from './identity/sessions.ts'
import type { Statistics } from './statistics.ts'

interface Ports {
  /** The rule that a stored answer is kept by now; undefined: none any more. */
  readonly ruleOf: (row: Row) => Rule | undefined
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly eviction: Eviction
  readonly identity: Identity
  readonly sessions: Sessions
  readonly statistics: Statistics
  readonly files: Pick<Precache, 'tidy'> | undefined
}

/** So long without an event, and the worker has time for itself. Browsers stop an idle worker after 30 s. */
const IDLE_MS = 2000

/** Work that may wait until nobody does: never on the way of an answer. */
export class Housekeeping {
  readonly #ports: Ports
  #stirredAtMs = 0
  #isWaiting = false
  #audited = false

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Something happened: idle time begins anew. Called for every request, so it sets no timer while one is set. */
  noteActivity(): void {
    this.#stirredAtMs = now()
    if (!this.#isWaiting) this.#wait(IDLE_MS)
  }

  #wait(ms: number): void {
    this.#isWaiting = true
    setTimeout(() => {
      const restMs = this.#stirredAtMs + IDLE_MS - now()
      // A clock set back would make it wait for long.
      if (restMs > 0 && restMs <= IDLE_MS) return this.#wait(restMs)
      this.#isWaiting = false
      void this.#tidy()
    }, ms)
  }

  async #tidy(): Promise<void> {
    const { ruleOf, ledger, bodies, eviction, identity, sessions, statistics, files } = this.#ports
    try {
      await sessions.rest()
      await statistics.save()
      await eviction.save()
      if (this.#audited) return
      // Once per worker is enough: what this one makes it also cleans up, unless it is killed.
      this.#audited = true
      await identity.tidy()
      await files?.tidy()
      await audit({ ledger, bodies }, (row, heardAtMs) => {
        const rule = ruleOf(row)
        return rule === undefined || isExpired(row, rule, ledger.isInvalidated(row), heardAtMs)
      })
    } catch (error) {
      report('housekeeping failed and is tried again by the next worker', error)
    }
  }
}

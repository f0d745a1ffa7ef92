import type { Rule } from '../../config/language/index.ts'
import type { Row } from '../core/row.ts'
import { isExpired } from '../core/timeline.ts'
import { uptimeMs } from '../fetch/clock.ts'
import type { Collections } from './collections/collections.ts'
import type { Identities } from './identity/identity.ts'
import type { Precache } from './lifecycle/precache.ts'
import { report } from './report.ts'
import type { Statistics } from './statistics.ts'
import { audit } from './store/audit.ts'
import { trimChanges } from './store/change-log.ts'
import type { Store } from './store/store.ts'

interface Ports extends Pick<Store, 'writer' | 'log' | 'rows' | 'eviction' | 'erasure'> {
  /** The rule that a stored answer is kept by now; undefined: none any more. */
  readonly ruleOf: (row: Row) => Rule | undefined
  readonly identity: Identities['identity']
  readonly sessions: Identities['sessions']
  readonly statistics: Statistics
  readonly files: Pick<Precache, 'tidy'> | undefined
  /** Absent: the rules have none. */
  readonly collections?: Pick<Collections, 'oldest'> | undefined
}

/** So long without an event, and the worker has time for itself. Browsers stop an idle worker after 30 s. */
const IDLE_MS = 2000

/** In a worker that is never idle house is kept so often all the same. */
const BUSY_MS = 600_000

/** Rounds of the audit in one idle time. */
const MAX_ROUNDS = 20

/** Runs at idle, never before an answer. */
export class Housekeeping {
  readonly #ports: Ports
  #activeAtMs = 0
  #tidiedAtMs = 0
  #isWaiting = false
  /** A worker that only waits for its turn changes nothing of the one that answers. */
  #isActive = false
  #isTidied = false

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** This worker answers requests, or is about to: from now on it keeps house. */
  activate(): void {
    this.#isActive = true
  }

  /** Something happened: idle time begins anew. Called for every request, so it sets no timer while one is set. */
  noteActivity(): void {
    this.#activeAtMs = uptimeMs()
    if (!this.#isWaiting && this.#isActive) this.#wait(IDLE_MS)
  }

  #wait(ms: number): void {
    this.#isWaiting = true
    setTimeout(() => {
      const leftMs = this.#activeAtMs + IDLE_MS - uptimeMs()
      if (leftMs > 0 && uptimeMs() - this.#tidiedAtMs < BUSY_MS) return this.#wait(leftMs)
      this.#isWaiting = false
      void this.#tidy()
    }, ms)
  }

  async #tidy(): Promise<void> {
    const { ruleOf, writer, log, rows, erasure, eviction, identity, sessions, statistics, files, collections } =
      this.#ports
    const startedAtMs = this.#activeAtMs
    this.#tidiedAtMs = uptimeMs()
    try {
      await log.settleOthers()
      await sessions.endLoads()
      await statistics.save()
      await eviction.save()
      await erasure.run()
      await trimChanges(writer)
      await identity.tidy()
      // Once per worker is enough for the files of builds.
      if (!this.#isTidied) {
        this.#isTidied = true
        await files?.tidy()
        await erasure.eraseCollections()
      }
      const isUseless = (row: Row, atMs: Parameters<typeof isExpired>[3]): boolean => {
        const rule = ruleOf(row)
        return rule === undefined || isExpired(row, rule, log.isInvalidated(row), atMs)
      }
      const elsewhere = await collections?.oldest()
      for (let round = 0, isMore = true; isMore && round < MAX_ROUNDS; round++) {
        isMore = await audit({ writer, rows, log }, isUseless, round === 0, elsewhere)
        if (this.#activeAtMs !== startedAtMs) return
      }
    } catch (error) {
      report('housekeeping failed and is tried again later', error)
    }
  }
}

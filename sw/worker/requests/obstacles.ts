import { obstacleOf, obstructingField } from '../../core/obstacle.ts'
import type { Plan } from '../../core/plan.ts'
import type { Outcome, Settlement } from '../../core/settle.ts'
import type { Obstacle } from '../../protocol.ts'
import type { Statistics } from '../statistics.ts'
import type { ReadContext } from './read.ts'

/** So many are remembered. */
const MAX_KNOWN = 500

/**
 * What kept rules from doing anything. Each is counted by its reason, and the last one of each URL is remembered, in
 * memory alone, so that `explain` can name it.
 */
export class Obstacles {
  readonly #statistics: Pick<Statistics, 'count'>
  /** By whose read it was, and by URL (I3). */
  readonly #known = new Map<string, Obstacle>()

  constructor(statistics: Pick<Statistics, 'count'>) {
    this.#statistics = statistics
  }

  /**
   * A rule did nothing for a read.
   *
   * @param whose the partition of the read, or its client where the user is not known.
   */
  meet(rule: string, whose: string, url: string, obstacle: Obstacle): undefined {
    this.#statistics.count(rule, { obstacles: { [obstacle.why]: 1 } })
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(`${whose} ${url}`, obstacle)
  }

  /** A rule did what it says for a read. */
  forget(whose: string, url: string): void {
    this.#known.delete(`${whose} ${url}`)
  }

  /** What keeps the rule from doing anything is counted and remembered, until it does what it says. */
  note(
    { head, rule, partition }: ReadContext,
    plan: Plan,
    { settlement, outcome }: { readonly settlement: Settlement; readonly outcome: Outcome },
  ): void {
    const why = obstacleOf(plan, settlement)
    if (why !== undefined && outcome.kind === 'response')
      this.meet(rule.name, partition, head.url, { why, field: obstructingField(why, outcome.head) })
    else if (settlement.kind === 'store' || settlement.kind === 'refresh') this.forget(partition, head.url)
  }

  /** What a client's last read of a URL met; undefined: nothing that this worker knows of. */
  of(whose: readonly string[], url: string): Obstacle | undefined {
    return whose.map((each) => this.#known.get(`${each} ${url}`)).find((obstacle) => obstacle !== undefined)
  }
}

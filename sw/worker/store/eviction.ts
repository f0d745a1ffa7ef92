import { type Budget, excess } from '../../core/budget.ts'
import { parseRows, type Row } from '../../core/row.ts'
import type { EpochMs } from '../../core/units.ts'
import type { Ledger } from './ledger.ts'
import { rowKey } from './records.ts'
import { promisifyRequest } from './store.ts'
import { leastUsed, moveUp } from './lru.ts'

/** Keeps what is stored within its budget: the least recently used rows of a rule go first. */
export class Eviction {
  readonly #ledger: Ledger
  readonly #budget: Budget
  /** When rows were used that the order of use does not know of yet. */
  readonly #used = new Map<string, EpochMs>()

  constructor(ledger: Ledger, budget: Budget) {
    this.#ledger = ledger
    this.#budget = budget
  }

  /** A row has answered somebody: it stays when others have to go. Written down at idle. */
  use(row: Row, atMs: EpochMs): void {
    this.#used.set(rowKey(row), atMs)
  }

  async save(): Promise<void> {
    if (this.#used.size === 0) return
    const used = [...this.#used]
    this.#used.clear()
    await this.#ledger.write(async ({ store }) => {
      for (const [key, atMs] of used) await moveUp(store, key, atMs)
    })
  }

  /** Makes room where more is stored than the budget allows, looking at nothing but what goes. Returns the rows that went. */
  async make(): Promise<Row[]> {
    if (excess(this.#ledger.sizes, this.#budget).size === 0) return []
    await this.save()
    const gone = await this.#ledger.write(async ({ store, meta }) => {
      const rows: unknown[] = []
      for (const [rule, bytes] of excess(meta.sizes ?? {}, this.#budget)) {
        for (const key of await leastUsed(store, meta, rule, bytes)) {
          rows.push(await promisifyRequest<unknown>(store.get(key)))
          store.delete(key)
        }
      }
      return parseRows(rows)
    })
    this.#ledger.lost(gone.map(({ key }) => key))
    return gone
  }
}

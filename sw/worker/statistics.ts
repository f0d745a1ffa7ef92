import type { Counts, Stats, SyncCounts, SyncStats } from '../protocol.ts'
import { STATS } from './store/records.ts'
import { promisifyRequest } from './store/database.ts'
import type { Transactions } from './store/writer.ts'

export const NONE: Readonly<Counts> = {
  reads: 0,
  hits: 0,
  validations: 0,
  notModified: 0,
  misses: 0,
  standIns: 0,
  collapsed: 0,
  requestsSaved: 0,
  bytesSaved: 0,
  obstacles: {},
  occasions: {},
}

export const NOTHING_PENDING: SyncStats = {
  pendingChanges: { total: 0 },
  lastSyncedAt: undefined,
  lastError: undefined,
  state: 'idle',
}

export const NO_SYNC: SyncCounts = {
  runs: 0,
  requests: 0,
  characters: 0,
  rowsWritten: 0,
  refused: 0,
  drift: 0,
  failures: {},
}

/** Counts per rule. Kept in memory, and added to the stored ones now and then: a worker's last moments may be lost. */
export class Statistics {
  readonly #store: Transactions
  #unsaved = new Map<string, Counts>()

  constructor(store: Transactions) {
    this.#store = store
  }

  count(rule: string, added: Partial<Counts>): void {
    const counts = this.#unsaved.get(rule) ?? { ...NONE }
    add(counts, added)
    this.#unsaved.set(rule, counts)
  }

  async save(): Promise<void> {
    if (this.#unsaved.size === 0) return
    const saving = this.#unsaved
    this.#unsaved = new Map()
    await this.#store
      .write(async ({ store }) => {
        const stored = await promisifyRequest<Map<string, Counts> | undefined>(store.get(STATS))
        store.put(summed(stored, saving), STATS)
      })
      .catch((error: unknown) => {
        this.#unsaved = summed(saving, this.#unsaved)
        throw error
      })
  }

  async read(): Promise<Pick<Stats, 'total' | 'rules'>> {
    const stored = await this.#store.read((store) =>
      promisifyRequest<Map<string, Counts> | undefined>(store.get(STATS)),
    )
    const rules = summed(stored, this.#unsaved)
    const total = { ...NONE }
    for (const counts of rules.values()) add(total, counts)
    return { total, rules: Object.fromEntries(rules) }
  }
}

const { obstacles: _, occasions: __, ...NUMBERS } = NONE

function add(to: Counts, added: Partial<Counts>): void {
  for (const name of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) to[name] += added[name] ?? 0
  for (const name of ['obstacles', 'occasions'] as const) {
    // A worker of before may have counted less.
    const counts = { ...to[name] }
    for (const [why, count] of Object.entries(added[name] ?? {})) counts[why] = (counts[why] ?? 0) + count
    to[name] = counts
  }
}

function summed(one: ReadonlyMap<string, Counts> | undefined, other: ReadonlyMap<string, Counts>): Map<string, Counts> {
  const sums = new Map<string, Counts>()
  for (const [rule, counts] of [...(one instanceof Map ? one : []), ...other]) {
    const sum = sums.get(rule) ?? { ...NONE }
    add(sum, counts)
    sums.set(rule, sum)
  }
  return sums
}

import { Invalidations, type Target } from '../../core/invalidation.ts'
import type { Sequence } from '../../core/sequence.ts'
import { entriesOf, INTENTS, MARKS } from './records.ts'

type Stored = readonly [key: string, record: unknown]

/** What the store has of invalidations, and of writes that have been announced and not ended. */
export interface StoredInvalidations {
  readonly invalidations: readonly Stored[]
  readonly intents: readonly Stored[]
}

/** A write that has been announced and not ended. */
interface PendingWrite {
  readonly id: string
  readonly key: string
  readonly targets: readonly Target[]
}

/** The writes that are under way, this worker's and those of others, and the invalidations of those that have ended. */
export class PendingWrites {
  readonly invalidations = new Invalidations()
  readonly #own = new Set<string>()
  #others: ReadonlySet<string> = new Set()

  /** A write of this worker's begins. */
  announce(id: string, targets: readonly Target[]): void {
    this.#own.add(id)
    this.invalidations.begin(id, targets)
  }

  /** The store knows that a write of this worker's has ended. */
  settled(id: string): void {
    this.#own.delete(id)
  }

  /**
   * Takes what is stored into memory. Gives the writes of others that are open: those announced and not ended, and,
   * since what cannot be read may have been of just now, the invalidations that cannot be read.
   */
  learn({ invalidations, intents }: StoredInvalidations): PendingWrite[] {
    const open = intents.map(([key, targets]) => ({ id: key.slice(INTENTS.length), key, targets: targetsIn(targets) }))
    for (const [key, at] of invalidations) {
      const target = key.slice(MARKS.length) as Target
      if (typeof at === 'number') this.invalidations.add({ target, sequence: at as Sequence })
      else open.push({ id: key, key, targets: [target] })
    }
    const others = open.filter(({ id }) => !this.#own.has(id))
    const ids = new Set(others.map(({ id }) => id))
    for (const id of this.#others) if (!ids.has(id)) this.invalidations.end(id)
    this.#others = ids
    for (const { id, targets } of others) this.invalidations.begin(id, targets)
    return others
  }

  /**
   * What is open of a worker that is gone, or of one that will end it again itself, counts as written now, in the
   * transaction in which this worker becomes the newest.
   */
  async settleOthers(store: IDBObjectStore, next: () => Sequence): Promise<void> {
    for (const { id, key, targets } of this.learn(await storedInvalidations(store))) {
      const at = next()
      store.delete(key)
      for (const target of targets) {
        this.invalidations.add({ target, sequence: at })
        store.put(at, MARKS + target)
      }
      this.invalidations.end(id)
    }
  }
}

export async function storedInvalidations(store: IDBObjectStore): Promise<StoredInvalidations> {
  const [invalidations, intents] = await Promise.all([entriesOf(store, MARKS), entriesOf(store, INTENTS)])
  return { invalidations, intents }
}

/** What a write was to reach; everything, where that cannot be read. */
const targetsIn = (record: unknown): readonly Target[] =>
  Array.isArray(record) && record.every((target) => typeof target === 'string') ? (record as Target[]) : ['prefix ']

import { dirtyFlagCacheOf } from '../../../config/names.ts'
import { scope } from '../scope.ts'
import { ANNOUNCE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import { settleWithin } from '../settle-within.ts'
import { STALLED_MS } from './database.ts'
import { aliveWorkers } from './liveness.ts'

/**
 * A sign outside of the database that its rows are not to be believed: a write has reached the origin that could not be
 * recorded there, and the next worker would take what is older for fresh (I1). A cache without entries for each worker,
 * since where one kind of storage fails another may not.
 */
export class DirtyFlag {
  readonly #name: string
  /** What could not be recorded yet. */
  #missing = 0

  /** @param worker the name of this worker among all that write here. */
  constructor(worker: string) {
    this.#name = dirtyFlagCacheOf(scope()) + worker
  }

  /**
   * @param recorded gives true if what is missing has been recorded after all: then the flag goes, unless more is missing.
   *   Default: it never is.
   */
  async set(recorded?: Promise<boolean>): Promise<void> {
    this.#missing++
    const opened = caches.open(this.#name)
    const withdraw = async (isRecorded: boolean): Promise<void> => {
      await opened
      if (isRecorded && --this.#missing === 0) await caches.delete(this.#name)
    }
    recorded?.then(withdraw).catch(() => undefined)
    await opened
  }

  /**
   * Sets the flag if work has failed, or is not on disk after half a second: the page gets its answer after a second.
   * Settles when the work is on disk, or when the flag is set, or cannot be. Never rejects.
   *
   * @param recorded settles when what was missing is on disk after all; then the flag goes. Default: when the work is.
   */
  async setUnless(work: Promise<unknown>, recorded = work): Promise<void> {
    const isOnDisk = work.then(() => true)
    if (await timeout(ANNOUNCE_LIMIT_MS, isOnDisk, false).catch(() => false)) return
    await settleWithin(this.set(recorded.then(() => true)))
  }
}

/** What the flags of other workers say. */
export interface Dirt {
  /**
   * 'left': a worker that is gone has left its flag, and its write is never recorded. 'held': a worker that lives holds
   * its flag up until its write is recorded.
   */
  readonly kind: 'left' | 'held' | 'none'
  /** The names of the flags. */
  readonly flags: readonly string[]
}

export const NO_DIRT: Dirt = { kind: 'none', flags: [] }

/** Which flags workers other than this one have set. Waits for a slow disk. None where Cache Storage fails, or hangs for 10 s. */
export async function dirtOfOthers(own: string): Promise<Dirt> {
  try {
    const prefix = dirtyFlagCacheOf(scope())
    const names = await timeout(STALLED_MS, caches.keys(), [])
    const flags = names.filter((name) => name.startsWith(prefix) && name !== prefix + own)
    if (flags.length === 0) return NO_DIRT
    const isAlive = await aliveWorkers()
    return { kind: flags.every((name) => isAlive(name.slice(prefix.length))) ? 'held' : 'left', flags }
  } catch {
    return NO_DIRT
  }
}

/** Withdraws the flags of all workers: the layer is removed, and all that they speak of. */
export async function clearDirtyFlags(): Promise<void> {
  const names = await caches.keys()
  const flags = names.filter((name) => name.startsWith(dirtyFlagCacheOf(scope())))
  await Promise.all(flags.map((name) => caches.delete(name)))
}

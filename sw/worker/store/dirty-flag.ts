import { dirtyFlagCacheOf } from '../../../config/names.ts'
import { scope } from '../scope.ts'
import { timeout } from '../clock.ts'
import { STALLED_MS } from './database.ts'

/** The flag of this worker among those of all. */
const own = crypto.randomUUID()

/** What could not be recorded yet. */
let missing = 0

const flags = async (): Promise<string[]> => {
  const names = await caches.keys()
  return names.filter((name) => name.startsWith(dirtyFlagCacheOf(scope())))
}

/**
 * A sign outside of the database that its rows are not to be believed: a write has reached the origin that could not be
 * recorded there, and the next worker would take what is older for fresh (I1). A cache without entries for each worker,
 * since where one kind of storage fails another may not.
 */
export const dirtyFlag = {
  /** Waits for a slow disk. False where Cache Storage fails, or hangs for 10 s. */
  isSet: async (): Promise<boolean> => {
    try {
      return (await timeout(STALLED_MS, flags(), [])).length > 0
    } catch {
      return false
    }
  },
  /**
   * @param recorded gives true if what is missing has been recorded after all: then the flag goes, unless more is missing.
   *   Default: it never is.
   */
  set: async (recorded?: Promise<boolean>): Promise<void> => {
    missing++
    const name = dirtyFlagCacheOf(scope()) + own
    const opened = caches.open(name)
    const withdraw = async (isRecorded: boolean): Promise<void> => {
      await opened
      if (isRecorded && --missing === 0) await caches.delete(name)
    }
    recorded?.then(withdraw).catch(() => undefined)
    await opened
  },
  clear: async (): Promise<void> => {
    await Promise.all((await flags()).map((name) => caches.delete(name)))
  },
}

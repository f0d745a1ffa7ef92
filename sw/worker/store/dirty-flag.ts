import { dirtyFlagCacheOf } from '../../../config/names.ts'
import { scope } from '../scope.ts'
import { timeout } from '../clock.ts'
import { STALLED_MS } from './database.ts'

/**
 * A sign outside of the database that its rows are not to be believed: a write has reached the origin that could not be
 * recorded there, and the next worker would take what is older for fresh (I1). A cache without entries, since where one
 * kind of storage fails another may not.
 */
export const dirtyFlag = {
  /** Waits for a slow disk. False where Cache Storage fails, or hangs for 10 s. */
  isSet: async (): Promise<boolean> => {
    try {
      return await timeout(STALLED_MS, caches.has(dirtyFlagCacheOf(scope())), false)
    } catch {
      return false
    }
  },
  set: async (): Promise<unknown> => caches.open(dirtyFlagCacheOf(scope())),
  clear: async (): Promise<unknown> => caches.delete(dirtyFlagCacheOf(scope())),
}

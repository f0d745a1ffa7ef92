import { dirtyFlagCacheOf } from '../../../config/names.ts'
import { scope } from '../scope.ts'
import { STORE_LIMIT_MS, timeout } from '../clock.ts'

/**
 * A sign outside of the database that its rows are not to be believed: a write has reached the origin that could not be
 * recorded there, and the next worker would take what is older for fresh (I1). A cache without entries, since where one
 * kind of storage fails another may not.
 */
export const dirtyFlag = {
  /** False where Cache Storage cannot be asked either, or takes long. */
  isSet: async (): Promise<boolean> => {
    try {
      return await timeout(STORE_LIMIT_MS, caches.has(dirtyFlagCacheOf(scope())), false)
    } catch {
      return false
    }
  },
  set: async (): Promise<unknown> => caches.open(dirtyFlagCacheOf(scope())),
  clear: async (): Promise<unknown> => caches.delete(dirtyFlagCacheOf(scope())),
}

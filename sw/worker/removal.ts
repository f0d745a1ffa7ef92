import { precacheOf } from '../../config/names.ts'
import { scope, worker } from './scope.ts'
import { clearDirtyFlags } from './store/dirty-flag.ts'

/** Deletes the caches of this scope. */
export const deleteCaches = (): Promise<unknown> => Promise.all([caches.delete(precacheOf(scope())), clearDirtyFlags()])

/** Later page loads are without this worker. A preload without a reader would double those that are still controlled. */
export async function unregister(): Promise<void> {
  await worker.registration.navigationPreload?.disable().catch(() => undefined)
  await worker.registration.unregister()
}

import { scopeOf } from '../../config/names.ts'

/** The worker's global object under its own type: `self` is typed for any kind of worker. */
export const worker = globalThis as unknown as ServiceWorkerGlobalScope

/** The scope of this worker, as the names of what it owns have it. */
export const scope = (): string => scopeOf(worker.registration.scope)

/** The worker's global object under its own type: `self` is typed for any kind of worker. */
export const worker = globalThis as unknown as ServiceWorkerGlobalScope

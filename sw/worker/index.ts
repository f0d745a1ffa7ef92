import { assertConfig, type Config } from '../../config/language/index.ts'
import { assertWorker } from './assert-worker.ts'
import { begin } from './begin.ts'
import type { collectionsOf } from './collections/collections.ts'
import { reportConflicts } from './lifecycle/conflicts.ts'
import { pagesBy } from './lifecycle/pages.ts'
import { precache } from './lifecycle/precache.ts'
import { racesOf } from './lifecycle/races.ts'
import type { Parts } from './main.ts'
import type { outboxOf } from './outbox/outbox.ts'

export { collectionsOf as collections } from './collections/collections.ts'
export { wholeOutboxOf as outbox } from './outbox/whole-outbox.ts'

/** Parts that are not in each worker, as they are large. */
export interface HandedIn {
  /** For rules with collections: the export of that name. Default: their lists and items are answered as without a collection. */
  readonly collections?: typeof collectionsOf
  /** For rules with `offline: 'queue'`: the export of that name. Default: these writes go straight through. */
  readonly outbox?: typeof outboxOf
}

const handedIn = ({ collections, outbox }: HandedIn): Pick<Parts, 'collectionsOf' | 'outboxOf'> => ({
  collectionsOf: collections,
  outboxOf: outbox,
})

/**
 * The layer in a worker of its own: call it once, at the top of the worker's script. A worker that `freshlayer worker` or
 * the Vite plugin builds has its rules checked and compiled by the build instead.
 *
 * @param manifest the app's files to keep for offline use, in the form of `workbox-build`'s list. Default: none.
 * @throws CacheError 'config-refused', which keeps the worker from being installed, and TypeError outside of a worker.
 */
export function freshlayer(config: Config, manifest?: Parameters<typeof precache>[0], parts: HandedIn = {}): void {
  assertWorker('freshlayer(config)')
  assertConfig(config, 'The config')
  begin(config, (rules) => ({
    ...handedIn(parts),
    files: manifest && precache(manifest, rules.shell),
    pagesBy,
    racesOf,
  }))
}

/**
 * The layer inside a worker that has work of its own (push, routes, mocks): call it once, before the other handlers of
 * `fetch` are added. It answers the requests that a rule matches and no other; pages, files, installing and updates stay
 * the worker's own. Where another handler was first, that one answers, and the console names the request.
 *
 * @param scope the worker's `self`.
 * @throws TypeError outside of a service worker, and CacheError 'config-refused'.
 */
export function attach(scope: ServiceWorkerGlobalScope, config: Config, parts: HandedIn = {}): void {
  assertWorker('attach(self, config)', scope)
  assertConfig(config, 'The config')
  begin(config, () => ({ ...handedIn(parts), reportConflicts }))
}

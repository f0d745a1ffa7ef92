import type { collectionsOf } from './collections/collections.ts'
import type { outboxOf } from './outbox/outbox.ts'
import type { isStalled, onClose, promisifyRequest } from './store/database.ts'

/** What the scripts of a worker without a build hand to each other: each is a bundle of its own. */
interface SharedParts {
  /** Of the worker's script. It counts what the disk completes, so there is one of it. */
  promisifyRequest?: typeof promisifyRequest
  /** The same: it is told of each connection that the browser has closed. */
  onClose?: typeof onClose
  /** The same: it knows the failure of a disk that hangs. */
  isStalled?: typeof isStalled
  /** Of the script that only workers with collections load. */
  collectionsOf?: typeof collectionsOf
  /** Of the script that only workers that queue writes load. */
  outboxOf?: typeof outboxOf
}

const place = globalThis as { freshlayerParts?: SharedParts }
export const shared: SharedParts = (place.freshlayerParts ??= {})

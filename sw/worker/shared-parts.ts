import type { collectionsOf } from './collections/collections.ts'
import type { promisifyRequest } from './store/database.ts'

/** What the scripts of a worker without a build hand to each other: each is a bundle of its own. */
interface SharedParts {
  /** Of the worker's script. It counts what the disk completes, so there is one of it. */
  promisifyRequest?: typeof promisifyRequest
  /** Of the script that only workers with collections load. */
  collectionsOf?: typeof collectionsOf
}

const place = globalThis as { freshlayerParts?: SharedParts }
export const shared: SharedParts = (place.freshlayerParts ??= {})

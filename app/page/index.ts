export { CacheError, type CacheErrorCode } from '../../sw/core/cache-error.ts'
export type { Explanation, Reach } from '../../sw/protocol.ts'
export { createFreshness, type Freshness, type FreshnessOptions } from './create-freshness.ts'
export type { Identify } from './whose.ts'

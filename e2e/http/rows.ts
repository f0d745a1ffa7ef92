import type { Row } from './row.ts'
import { age } from './rows/age.ts'
import { backingOff } from './rows/backing-off.ts'
import { badInput } from './rows/bad-input.ts'
import { cacheControl } from './rows/cache-control.ts'
import { cacheStatus } from './rows/cache-status.ts'
import { dates } from './rows/dates.ts'
import { freshness } from './rows/freshness.ts'
import { groups } from './rows/groups.ts'
import { invalidation } from './rows/invalidation.ts'
import { methods } from './rows/methods.ts'
import { noVarySearch } from './rows/no-vary-search.ts'
import { ranges } from './rows/ranges.ts'
import { requests } from './rows/requests.ts'
import { staleRows } from './rows/stale.ts'
import { storing } from './rows/storing.ts'
import { targetedRows } from './rows/targeted.ts'
import { validation } from './rows/validation.ts'
import { vary } from './rows/vary.ts'

/** Everything that is said about the layer as an HTTP cache. */
export const rows: readonly Row[] = [
  ...storing,
  ...cacheControl,
  ...dates,
  ...age,
  ...freshness,
  ...requests,
  ...staleRows,
  ...validation,
  ...vary,
  ...invalidation,
  ...groups,
  ...targetedRows,
  ...noVarySearch,
  ...ranges,
  ...methods,
  ...cacheStatus,
  ...backingOff,
  ...badInput,
]

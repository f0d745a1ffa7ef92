import { groupNames, groupTag } from '../../core/groups.ts'
import type { Fields } from '../../core/head.ts'
import { rateLimitMs } from '../../core/retry-after.ts'
import { searchPolicy, type SearchPolicy } from '../../core/search.ts'
import { SearchPolicies } from '../store/search-policies.ts'
import type { Writer } from '../store/writer.ts'
import { controlOf, TARGETED_FIELD } from '../../core/targeted.ts'
import { worker } from '../scope.ts'
import { bareDictionary, bareList, listParameters } from './structured-fields.ts'

/** What structured fields (RFC 9651) say. Part of a worker whose rules leave something to HTTP. */
export interface Structured {
  /** The targeted field as the `Cache-Control` it stands for. */
  targeted(fields: Fields): string | undefined
  /** Tags of the groups that a field of a response from `origin` names. */
  groups(fields: Fields, field: 'cache-groups' | 'cache-group-invalidation', origin: string): string[]
  /** Which parts of the query count for the response's path; undefined: all. */
  search(fields: Fields): SearchPolicy | undefined
  /** What responses have said of queries so far. */
  policies(writer: Writer): SearchPolicies
  /** How long, in milliseconds, a used-up quota asks to be left alone. */
  rest(fields: Fields): number
}

export const structured: Structured = {
  targeted: (fields) => controlOf(bareDictionary(fields.get(TARGETED_FIELD))),
  groups: (fields, field, origin) =>
    groupNames(bareList(fields.get(field))).map((name) => groupTag(name, origin, worker.location.origin)),
  search: (fields) =>
    fields.has('no-vary-search') ? searchPolicy(bareDictionary(fields.get('no-vary-search'))) : undefined,
  policies: (writer) => new SearchPolicies(writer),
  rest: (fields) => rateLimitMs(listParameters(fields.get('ratelimit'))),
}

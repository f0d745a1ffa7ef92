import { normaliseUrl, type ReadMatch, type Rule } from '../../../config/language/index.ts'
import type { RequestHead } from '../../core/head.ts'
import { entryKey } from '../../core/key.ts'
import type { Secrets } from '../identity/secrets.ts'
import { digestOf } from '../../fetch/body-reader.ts'
import type { SearchPolicies } from '../store/search-policies.ts'
import { cacheOf, describeRequest, hasBody, requestFields } from '../../fetch/describe.ts'
import type { Lookup } from './lookup.ts'
import type { PageLoads } from './page-loads.ts'
import type { ReadContext } from './read.ts'
import type { UrlOf } from '../../fetch/targets.ts'

/** A page's read, and what keeps the worker alive for the work that goes on behind its answer. */
export interface Asked {
  readonly request: Request
  readonly match: ReadMatch
  readonly clientId: string
  readonly waitUntil: (work: Promise<unknown>) => void
}

export interface ContextPorts {
  readonly loads: PageLoads
  readonly lookup: Lookup
  readonly secrets: Secrets
  readonly policies: SearchPolicies | undefined
  readonly urlOf: UrlOf
}

/** The longest time that a timer takes. */
const FOREVER_MS = 2 ** 31 - 1

/** A request that says which bytes it wants (`integrity`) gets the origin's, however late. Others would be refused. */
export const ruleFor = ({ request, match: { rule } }: Asked): Rule =>
  request.integrity === '' ? rule : { ...rule, timeoutMs: FOREVER_MS }

/**
 * All that is known of a page's read. The one place where that is put together. Rejects where no key or no digest can be
 * made.
 *
 * @param isTheirs whether the identity of the partition lives on.
 * @param beganAtMs when the read began, by the worker's uptime.
 */
export async function contextOf(
  { loads, lookup, secrets, policies, urlOf }: ContextPorts,
  asked: Asked,
  partition: string,
  isTheirs: () => boolean,
  beganAtMs: number,
): Promise<ReadContext> {
  const { request, match, clientId, waitUntil } = asked
  const { tags } = match
  const rule = ruleFor(asked)
  const hidden = secrets.hide(requestFields(request))
  const fields = hidden instanceof Promise ? await hidden : hidden
  const described = describeRequest(request, normaliseUrl(request.url, rule), partition, fields)
  const body = hasBody(request) ? await request.clone().arrayBuffer() : undefined
  const bodyDigest = body && (await digestOf(body))
  const { credentials } = request
  const { keyHeaders } = rule
  const keyOf = (url: string): string =>
    entryKey({ partition, request: described, url, credentials, keyHeaders, bodyDigest })
  // Which parts of a query count is read with the first row that is looked for.
  if (policies?.isRead === false) await lookup.find(keyOf(described.url), beganAtMs)
  const url = urlOf(described.url)
  const head: RequestHead = { ...described, url, cache: cacheOf(request, loads.modeOf(clientId, request.cache)) }
  const key = keyOf(url)
  const authorization = request.headers.get('authorization')
  return {
    request,
    head,
    rule,
    tags,
    partition,
    key,
    keyOf,
    body,
    authorization,
    isTheirs,
    clientId,
    sentSinceMs: rule.onReload === 'rule' ? undefined : loads.firstSinceMs(clientId, key),
    waitUntil,
  }
}

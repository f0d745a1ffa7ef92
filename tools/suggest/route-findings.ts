import { parseCacheControl } from '../../sw/core/cache-control.ts'
import { entityTag, isStrong } from '../../sw/core/entity-tag.ts'
import { memberText } from '../../config/language/member-path.ts'
import { freshnessLifetime } from '../../sw/core/freshness.ts'
import { listed } from '../../sw/core/head.ts'
import { notStorable } from '../../sw/core/storable.ts'
import { type Seconds, seconds } from '../../sw/core/units.ts'
import type { Exchange } from '../recording/exchange.ts'
import type { Means, QueryFindings, RepeatFindings, RouteFindings } from './findings.ts'
import { counted, grouped } from './grouped.ts'
import { isGood, mediaTypeOf, requestHead, responseHead } from './heads.ts'
import type { Momentary } from './momentary.ts'
import type { Observed } from './observed.ts'
import { cookiesSet } from './sessions.ts'
import { whoseFindings } from './whose.ts'

export interface RouteInput {
  readonly match: string
  readonly reads: readonly Observed[]
  readonly query: QueryFindings
  readonly moment: Momentary
  readonly repeats: RepeatFindings
  readonly isFile: boolean
}

/** What the recording says of the reads of one pattern. */
export function routeFindings({ match, reads, query, moment, repeats, isFile }: RouteInput): RouteFindings {
  const exchanges = reads.map(({ exchange }) => exchange)
  const good = exchanges.filter(({ status }) => isGood(status))
  const urls = [...new Set(exchanges.map(({ url }) => url))]
  const { whose, by, compared, leaks } = whoseFindings(reads)
  const vary = new Set(good.flatMap(({ responseHeaders }) => listed(responseHeaders['vary']?.toLowerCase())))
  const rangeUnit = good.map(rangeUnitOf).find((unit) => unit !== undefined)
  return {
    match,
    examples: urls.slice(0, 3),
    urls: new Set(reads.map(({ question }) => question)).size,
    requests: exchanges.length,
    statuses: counted(exchanges, ({ status }) => String(status)),
    bytes: exchanges.reduce((sum, exchange) => sum + bytesOf(exchange), 0),
    notModified: exchanges.filter(({ status }) => status === 304).length,
    validators: validatorsOf(good),
    mediaTypes: Object.keys(counted(good, (exchange) => mediaTypeOf(exchange) || undefined)),
    cacheControl: Object.keys(counted(good, ({ responseHeaders }) => responseHeaders['cache-control'])),
    notStorable: obstacleOf(good),
    lifetimeS: lifetimeOf(good),
    setsCookies: [
      ...new Set(
        good.flatMap(({ responseHeaders }) => cookiesSet(responseHeaders['set-cookie']).map(({ name }) => name)),
      ),
    ],
    asked: askedBy(reads),
    whose,
    by,
    compared,
    vary: [...vary].toSorted(),
    lacksVary: whose === 'differs' && by !== undefined && !namesMeans(vary, by),
    leaks,
    rangeUnit,
    negotiates: negotiates(good),
    keyHeaders: keyHeadersOf(reads, vary),
    query,
    ofMoment: { members: moment.paths.map(memberText), pairs: moment.pairs },
    repeats,
    isFile,
  }
}

/** What came over the wire for an answer, as far as it is known. An answer of the browser's own cache cost nothing. */
export const bytesOf = ({ transferred, body, status, isFromCache }: Exchange): number =>
  isFromCache === true ? 0 : (transferred ?? (status === 304 ? 0 : (body?.bytes ?? 0)))

function validatorsOf(good: readonly Exchange[]): RouteFindings['validators'] {
  const counts = { strong: 0, weak: 0, lastModified: 0, none: 0 }
  for (const { responseHeaders } of good) {
    const tag = entityTag(responseHeaders['etag'])
    if (tag !== undefined) counts[isStrong(tag) ? 'strong' : 'weak']++
    else counts[responseHeaders['last-modified'] === undefined ? 'none' : 'lastModified']++
  }
  return counts
}

/** Why none of the good answers could be stored; undefined where one could, or where there is none. */
function obstacleOf(good: readonly Exchange[]): string | undefined {
  const whole = good.filter(({ status }) => status !== 304)
  const reasons = whole.map((exchange) =>
    // The partition of a token stands for it, so `Vary: Authorization` is no obstacle.
    notStorable(requestHead(exchange, exchange.url, true), responseHead(exchange)),
  )
  return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined
}

/** The shortest lifetime that the answers state; undefined where one states none. */
function lifetimeOf(good: readonly Exchange[]): Seconds | undefined {
  let shortest: Seconds | undefined
  for (const exchange of good) {
    const { fields } = responseHead(exchange)
    const { startedAt } = exchange
    const { basis, seconds: stated } = freshnessLifetime({ fields, requestedAtMs: startedAt, receivedAtMs: startedAt })
    if (basis === 'none' || parseCacheControl(fields.get('cache-control')).noCache) return undefined
    shortest = seconds(Math.min(shortest ?? Infinity, stated))
  }
  return shortest
}

function askedBy(reads: readonly Observed[]): Record<Means | 'none', number> {
  const counts = { token: 0, field: 0, cookie: 0, none: 0 }
  for (const { asker } of reads) counts[asker.by]++
  return counts
}

function namesMeans(vary: ReadonlySet<string>, by: Means): boolean {
  if (vary.has('*')) return true
  if (by === 'token') return vary.has('authorization')
  return by === 'cookie' ? vary.has('cookie') : [...vary].some((name) => /token|key|auth|user|session/.test(name))
}

function rangeUnitOf({ status, responseHeaders }: Exchange): string | undefined {
  const [, unit] = status === 206 ? (/^(\S+) /.exec(responseHeaders['content-range'] ?? '') ?? []) : []
  return unit === 'bytes' ? undefined : unit
}

/** Whether one URL gives HTML to some and JSON to others. */
function negotiates(good: readonly Exchange[]): boolean {
  const types = (group: readonly Exchange[]): string => group.map(mediaTypeOf).join(' ')
  return [...grouped(good, ({ url }) => url).values()].some(
    (group) => /text\/html/.test(types(group)) && /json/.test(types(group)),
  )
}

/** Request fields of the browser, of proxies and of tracing, that select no answer. */
const NO_SELECTOR =
  /^(?:accept|accept-encoding|accept-charset|user-agent|referer|origin|host|connection|content-(?:length|type|encoding)|cache-control|pragma|dnt|te|priority|range|cookie|authorization|upgrade-insecure-requests|if-[\w-]+|sec-[\w-]+|:[\w-]+|x-requested-with|x-request-id|x-correlation-id|x-trace[\w-]*|traceparent|tracestate|baggage|b3|x-b3-[\w-]+|sentry-trace|idempotency-key|.*(?:csrf|xsrf).*)$/

/**
 * Fields whose values select another answer to the same question of the same asker, in every case that the recording has,
 * and that no `Vary` names.
 */
function keyHeadersOf(reads: readonly Observed[], vary: ReadonlySet<string>): string[] {
  const names = new Set(reads.flatMap(({ exchange }) => Object.keys(exchange.requestHeaders)))
  const groups = [
    ...grouped(reads, ({ question, asker }) => `${question}\n${asker.by === 'field' ? '' : asker.id}`).values(),
  ]
  return [...names].filter((name) => {
    if (NO_SELECTOR.test(name) || vary.has(name)) return false
    let selects = false
    for (const group of groups) {
      const byValue = grouped(group, ({ exchange }) => exchange.requestHeaders[name] ?? '')
      if (byValue.size < 2) continue
      const contents = [...byValue.values()].map(
        (each) => new Set(each.flatMap(({ content }) => (content === undefined ? [] : [content]))),
      )
      const isSame = contents.some((one, at) =>
        contents.slice(at + 1).some((other) => [...one].some((content) => other.has(content))),
      )
      if (isSame) return false
      selects ||= contents.filter(({ size }) => size > 0).length > 1
    }
    return selects
  })
}

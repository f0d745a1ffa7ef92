import { parsePair } from '../../sw/core/search.ts'
import type { QueryFindings } from './findings.ts'

/** A read, as far as its query goes. */
export interface Queried {
  readonly search: string
  readonly startedAt: number
}

/** Parameters of campaigns and of those who count visitors. */
const CAMPAIGN =
  /^(?:utm_\w+|fbclid|gclid|gbraid|wbraid|dclid|msclkid|twclid|ttclid|li_fat_id|mc_[ce]id|_ga|_gl|igshid|yclid|_hsenc|_hsmi|mkt_tok|vero_id)$/

/** Names that libraries give to cache-busters. */
const BUSTER =
  /^(?:_|__|_t|_ts|_dc|_r|_rnd|_cb|cb|cachebust(?:er)?|cache_?bust(?:er)?|bust(?:er)?|nocache|no_cache|rnd|rand|random|nonce)$/i

/** Names under which a cache-buster or a time of the app's own may stand: the values decide. */
const CLOCK = /^(?:t|ts|time|timestamp|v|_v|now|date|nc)$/i

const DAY_MS = 86_400_000

/** What the parameters of a route's queries are for. Those that page, filter, sort and search are left alone. */
export function queryFindings(reads: readonly Queried[]): QueryFindings {
  const values = new Map<string, { readonly value: string; readonly startedAt: number }[]>()
  for (const { search, startedAt } of reads) {
    if (search.length < 2) continue
    for (const pair of search.slice(1).split('&')) {
      const [name, value] = parsePair(pair)
      const list = values.get(name) ?? []
      list.push({ value, startedAt })
      values.set(name, list)
    }
  }
  const found: { ignored: string[]; ofToday: string[]; ofNow: string[] } = { ignored: [], ofToday: [], ofNow: [] }
  for (const [name, given] of values) {
    const distinct = new Set(given.map(({ value }) => value)).size
    // Read once, every value is its only one: more than a name is needed then.
    const isAlwaysNew = given.length > 1 && distinct >= given.length * 0.9
    const isClock = given.every(({ value, startedAt }) => isNumberOfNow(value, startedAt))
    if (CAMPAIGN.test(name)) found.ignored.push(name.startsWith('utm_') ? 'utm_*' : name)
    else if (BUSTER.test(name) && (isClock || isAlwaysNew)) {
      // `normaliseUrl` drops `_=1700000000000` by itself.
      if (name !== '_' || !isClock) found.ignored.push(name)
    } else if (CLOCK.test(name) && isClock && given.some(({ value }) => value.length >= 12)) found.ignored.push(name)
    else if (given.every(({ value, startedAt }) => isDayOfNow(value, startedAt))) found.ofToday.push(name)
    else if (isAlwaysNew && given.every(({ value, startedAt }) => isInstantOfNow(value, startedAt)))
      found.ofNow.push(name)
  }
  return { ignored: [...new Set(found.ignored)].toSorted(), ofToday: found.ofToday, ofNow: found.ofNow }
}

/** Seconds or milliseconds since 1970, of the hour of the request. */
function isNumberOfNow(value: string, startedAt: number): boolean {
  if (!/^\d{10}(?:\d{3})?(?:\.\d+)?$/.test(value)) return false
  const ms = Number(value) * (/^\d{10}(?:\.|$)/.test(value) ? 1000 : 1)
  return Math.abs(ms - startedAt) < DAY_MS / 24
}

/** A day without a time, at most one from that of the request: it may be of another zone. */
const isDayOfNow = (value: string, startedAt: number): boolean =>
  /^\d{4}-\d{2}-\d{2}(?:T00:00:00(?:\.000)?Z?)?$/.test(value) && Math.abs(Date.parse(value) - startedAt) < 2 * DAY_MS

const isInstantOfNow = (value: string, startedAt: number): boolean =>
  isNumberOfNow(value, startedAt) ||
  (/^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+ -]\d{2}:?\d{2})?$/.test(value) &&
    Math.abs(Date.parse(value.replace(' ', '+')) - startedAt) < DAY_MS / 24)

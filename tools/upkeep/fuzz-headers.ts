import { controlOf } from '../../sw/core/targeted.ts'
import { cacheStatus } from '../../sw/core/cache-status.ts'
import { deltaSeconds, parseCacheControl } from '../../sw/core/cache-control.ts'
import { entityTag } from '../../sw/core/entity-tag.ts'
import { covers, isKnown, partOf } from '../../sw/core/conditional.ts'
import { currentAge, freshnessLifetime } from '../../sw/core/freshness.ts'
import { groupNames, groupTag } from '../../sw/core/groups.ts'
import { type CacheMode, type Fields, listed, type RequestHead, type ResponseHead } from '../../sw/core/head.ts'
import { parseHttpDate } from '../../sw/core/http-date.ts'
import { entryKey } from '../../sw/core/key.ts'
import { plan } from '../../sw/core/plan.ts'
import { asksForBytes, combines, contentRange, partAsked, rangeHolds } from '../../sw/core/range.ts'
import { retryAfterMs } from '../../sw/core/retry-after.ts'
import { parseRow, ROW_SHAPE, type Row } from '../../sw/core/row.ts'
import { parsePair, searched, searchPolicy } from '../../sw/core/search.ts'
import { selected } from '../../sw/core/select.ts'
import { sequence } from '../../sw/core/sequence.ts'
import { settle } from '../../sw/core/settle.ts'
import { notStorable } from '../../sw/core/storable.ts'
import { standing, type Window, type Windows } from '../../sw/core/timeline.ts'
import { bytes, type EpochMs, epochMs, seconds } from '../../sw/core/units.ts'
import { conditions, confirmed, mergedFields, sameValidator, storedFields } from '../../sw/core/validation.ts'
import { variantOf, varyNames } from '../../sw/core/vary.ts'

/**
 * Feeds random and mutated header values to everything in the core that reads one. An input fails that makes something
 * throw, give a NaN or a negative age, take longer than `SLOW_MS`, or keep what must not be stored.
 *
 *     npx tsx tools/fuzz-headers.ts [count] [seed]
 */
const [count = 1_000_000, seed = Math.floor(Math.random() * 2 ** 32)] = process.argv.slice(2).map(Number)

const SLOW_MS = 50
const NOW = epochMs(1_772_366_400_000)

// Dice that fall the same way for the same seed (mulberry32).

let state = seed >>> 0

/** A whole number below `limit`. */
function dice(limit: number): number {
  state = (state + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
}

const oneOf = <T>(all: readonly [T, ...T[]]): T => all[dice(all.length)] ?? all[0]

// Texts: values that mean something, pieces of them put together, noise, and all of that mutated.

const VALUES = [
  'max-age=60, stale-while-revalidate=30, stale-if-error=600',
  'no-cache, private="set-cookie", must-revalidate',
  'must-understand, no-store, max-age="5"',
  'max-stale, min-fresh=5, only-if-cached',
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
  'Sun, 01 Mar 2026 12:00:00 GMT',
  'bytes=0-9',
  'bytes=-5',
  'bytes=10-',
  'bytes 0-9/100',
  'bytes 10-19/*',
  'customers 0-24/319',
  '"one"',
  'W/"one"',
  '"one", W/"two", "a,b"',
  'accept-language, Accept-Encoding, *',
  'text/html;q=0.8, application/json ; q = 0.9, */*',
  'de-CH, de;q=0.9, *;q=0.1',
  'close, x-hop',
  'Edge; hit; ttl=30',
  '120',
  'a=1&b=2&%61=3&a+b=%zz',
] as const
const PIECES = [
  ...' \t,;=:"\\*/-?&%+\0\u{ff}\u{212a}\u{1f600}',
  'W/',
  '""',
  '\\"',
  '=""',
  ', ',
  ' ,',
  'no-store',
  'max-age',
  'bytes',
  'GMT',
  '0',
  '9',
  '-1',
  '9'.repeat(20),
  '9'.repeat(400),
  '1e3',
  'NaN',
  'Infinity',
  '__proto__',
  'constructor',
  '%ff',
  'a',
] as const

const piece = (): string => oneOf(PIECES as unknown as readonly [string])
const noise = (): string =>
  Array.from({ length: dice(20) }, () => String.fromCodePoint(dice(dice(2) ? 128 : 0x3000))).join('')
const pieces = (): string => Array.from({ length: dice(12) }, piece).join('')
/** What makes a pattern that goes back on its steps take for ever: the same again and again, as long as servers allow. */
const run = (): string => piece() + (piece() + (dice(2) ? piece() : '')).repeat(16_000).slice(0, 16_000) + piece()

function text(): string {
  if (dice(5000) === 0) return run()
  switch (dice(8)) {
    case 0:
      return noise()
    case 1:
      return pieces()
    case 2:
      return `${text()}, ${text()}`
    case 3:
      return oneOf(VALUES)
    default:
      return mutated(oneOf(VALUES))
  }
}

/** The value with a few cuts, insertions, repetitions or changes of case. */
function mutated(value: string): string {
  let result = value
  for (let times = dice(3); times >= 0; times--) {
    const [from, to] = [dice(result.length + 1), dice(result.length + 1)].toSorted((a, b) => a - b)
    const [before, middle, after] = [result.slice(0, from), result.slice(from, to), result.slice(to)]
    result = oneOf([
      before + after,
      before + piece() + middle + after,
      before + middle + middle + after,
      before + middle.toUpperCase() + after,
    ])
  }
  return result
}

// Requests, responses and rows made of such texts.

const NAMES = [
  'age',
  'cache-control',
  'connection',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
] as const
const ASKED = [
  'accept',
  'accept-language',
  'cache-control',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'range',
] as const

const fieldsOf = (names: readonly [string, ...string[]]): Map<string, string> =>
  new Map(Array.from({ length: dice(5) }, () => [oneOf(names), text()]))

const request = (): RequestHead => ({
  method: oneOf(['GET', 'GET', 'GET', 'HEAD', 'POST', 'QUERY']),
  url: 'https://shop.example/api/products',
  fields: fieldsOf(ASKED),
  cache: oneOf<CacheMode>([
    'default',
    'default',
    'default',
    'no-cache',
    'reload',
    'no-store',
    'force-cache',
    'only-if-cached',
  ]),
})

const targeted = (): string | undefined => (dice(8) === 0 ? text() : undefined)

const response = (): ResponseHead => ({
  status: oneOf([200, 200, 200, 304, 304, 206, 204, 302, 404, 410, 416, 429, 500, 503, dice(1000)]),
  statusText: '',
  fields: fieldsOf(NAMES),
  redirected: dice(16) === 0,
  opaque: dice(32) === 0,
  targeted: targeted(),
})

function row(asked: Fields): Row {
  const fields = fieldsOf(NAMES)
  const names = varyNames(fields)
  const requestedAtMs = epochMs(NOW - dice(1_000_000))
  return {
    shape: ROW_SHAPE,
    key: 'key',
    variant: names === 'unknowable' ? '' : variantOf(names, asked),
    partition: 'everyone',
    rule: 'products',
    tags: [],
    url: 'https://shop.example/api/products',
    request: { fields: new Map(), credentials: 'same-origin' },
    status: oneOf([200, 200, 206, 404]),
    statusText: '',
    fields,
    targeted: targeted(),
    sequence: sequence(1, dice(10)),
    requestedAtMs,
    receivedAtMs: epochMs(requestedAtMs + dice(5000)),
    storedAtMs: requestedAtMs,
    digest: '',
    size: bytes(dice(200)),
    body: new ArrayBuffer(0),
  }
}

const windows = (): Windows => ({
  fresh: oneOf<Window>(['http', seconds(10), seconds(Infinity)]),
  stale: oneOf<Window>(['http', seconds(0), seconds(100)]),
  offline: oneOf<Window>(['http', seconds(0), seconds(1000)]),
  trust: oneOf(['http', 'http', 'rule']),
  heuristic: oneOf([undefined, 0.1]),
})

// What is asked of every input.

const mapOf = <T>(record: Readonly<Record<string, T>>): ReadonlyMap<string, T> => new Map(Object.entries(record))

/** Everything in the core that reads one text. */
const PARSERS: Readonly<Record<string, (value: string, now: EpochMs) => unknown>> = {
  cacheStatus: (value) => cacheStatus({ hit: true }, value),
  contentRange: (value) => contentRange(mapOf({ 'content-range': value })),
  controlOf: (value) => parseCacheControl(controlOf(mapOf({ [value]: value }))),
  deltaSeconds,
  entityTag,
  groupNames: (value) => groupNames([value]).map((name) => groupTag(name, value, 'https://shop.example')),
  listed,
  parseCacheControl,
  parseHttpDate,
  parsePair,
  parseRow,
  partAsked: (value) => [0, 100, Infinity].map((total) => partAsked(mapOf({ range: value }), total)),
  rangeHolds: (value) => rangeHolds(mapOf({ 'if-range': value }), mapOf({ 'last-modified': value, date: value })),
  retryAfterMs,
  searched: (value) => searched(`https://shop.example/?${value}`, { ignored: [value], except: [], anyOrder: true }),
  searchPolicy: (value) => searchPolicy(mapOf<unknown>({ params: [value], 'key-order': true })),
  varyNames: (value) => varyNames(mapOf({ vary: value })),
  variantOf: (value) => variantOf(['accept', 'x-tenant'], mapOf({ accept: value, 'x-tenant': value })),
}

const failures = new Map<string, number>()

/** Notes what is wrong with an input; says so the first time for each kind. */
function fail(what: string, input: unknown): void {
  const before = failures.get(what) ?? 0
  failures.set(what, before + 1)
  if (before === 0) console.log(`${what}: ${JSON.stringify(input, shown)?.slice(0, 600)}`)
}

const shown = (_: string, value: unknown): unknown =>
  value instanceof Map
    ? Object.fromEntries(value)
    : typeof value === 'string' && value.length > 80
      ? `${value.slice(0, 80)}… (${value.length})`
      : value

/** What `work` gives, unless it throws; the time it takes and every number in the result are looked at. */
function tried<T>(name: string, input: unknown, work: () => T): T | undefined {
  try {
    const result = work()
    if (hasNaN(result)) fail(`${name} gives a NaN`, input)
    return result
  } catch (error) {
    fail(`${name} throws ${String(error)}`, input)
    return undefined
  }
}

const hasNaN = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isNaN(value)
  if (typeof value !== 'object' || value === null) return false
  return (value instanceof Map ? [...value.values()] : Object.values(value)).some(hasNaN)
}

/** Parses one text with everything, then takes a whole read through the core. */
function feed(value: string): void {
  for (const [name, parse] of Object.entries(PARSERS)) timed(name, value, () => parse(value, NOW))

  const head = request()
  const answer = response()
  const stored = row(head.fields)
  const other = row(new Map())
  const rule = windows()
  const invalidated = dice(8) === 0
  const now = epochMs(NOW + dice(3_000_000) - 1_000_000)
  const input = { head, answer, stored, rule, invalidated, now }

  const at = timed('standing', input, () => standing(stored, rule, invalidated, now))
  if (at !== undefined && !(at.age >= 0)) fail('the age is negative', input)
  const age = timed('currentAge', input, () => currentAge(stored, now))
  if (age !== undefined && !(age >= 0)) fail('the age is negative', input)
  timed('freshnessLifetime', input, () => freshnessLifetime(stored))
  timed('the validators', input, () => [
    conditions([stored.fields, other.fields], head.fields),
    confirmed(answer.fields, [stored, other])?.status,
    sameValidator(answer.fields, stored.fields),
    mergedFields(stored.fields, answer.fields),
    storedFields(answer.fields),
    combines(answer.fields, stored.fields),
    asksForBytes(head.fields),
  ])
  timed('entryKey', input, () =>
    entryKey({
      partition: 'everyone',
      request: head,
      url: head.url,
      credentials: 'omit',
      keyHeaders: [...ASKED],
      bodyDigest: value,
    }),
  )
  const found = timed('selected', input, () => selected([stored, other], head))
  if (timed('covers', input, () => covers(stored, head)) === true) {
    timed('isKnown', input, () => isKnown(head, stored))
    const form = timed('partOf', input, () => partOf(head, stored))
    const isInside = form?.kind !== 'part' || (form.first <= form.last && form.offset >= 0)
    if (!isInside) fail('a part lies outside of what is stored', input)
  }

  const partial = found !== undefined && !covers(found, head)
  const planned = timed('plan', input, () =>
    plan({
      request: head,
      rule,
      row: found,
      variants: [other],
      partial,
      invalidated,
      doubted: false,
      reloaded: false,
      now,
    }),
  )
  if (planned === undefined) return
  for (const given of [answer, saying(answer, 'no-store')]) {
    const outcome = { kind: 'response', head: given } as const
    const unasked = dice(8) === 0
    const settled = timed('settle', { ...input, planned, given }, () =>
      settle({ plan: planned, request: head, stored: found, expects: undefined, outcome, unasked }),
    )
    const verdict = timed('notStorable', { ...input, given }, () => notStorable(head, given))
    if (given === answer && !parseCacheControl(head.fields.get('cache-control')).noStore) continue
    if (verdict === undefined) fail('what says no-store may be stored', { head, given })
    // A 304 that lacks the targeted field leaves the stored one in force, over all that its Cache-Control says.
    const isOverridden = given.targeted === undefined && [stored, other].some((each) => each.targeted !== undefined)
    if (['store', 'refresh', 'update'].includes(settled?.kind ?? '') && !isOverridden) {
      fail(`what says no-store is kept: ${settled?.kind} by ${head.method}`, { head, given, planned: planned.kind })
    }
  }
}

/** The answer with a directive before all others, and nothing that could set it aside. */
const saying = ({ fields, ...head }: ResponseHead, directive: string): ResponseHead => ({
  ...head,
  targeted: dice(2) === 0 ? undefined : directive,
  fields: new Map([...fields, ['cache-control', directive]]),
})

/** As `tried`, and not slow: what was slow is done again, for a machine may have been busy. */
function timed<T>(name: string, input: unknown, work: () => T): T | undefined {
  const start = performance.now()
  const result = tried(name, input, work)
  if (performance.now() - start > SLOW_MS && [1, 2].every(() => durationOf(work) > SLOW_MS))
    fail(`${name} is slow`, input)
  return result
}

function durationOf(work: () => unknown): number {
  const start = performance.now()
  tried('again', undefined, work)
  return performance.now() - start
}

console.log(`seed ${seed}`)
let failed = 0
for (let done = 0; done < count; done++) {
  const before = sum(failures)
  feed(text())
  if (sum(failures) > before) failed++
}
for (const [what, times] of failures) console.log(`${times} times ${what}`)
console.log(`${count - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function sum(all: ReadonlyMap<string, number>): number {
  return [...all.values()].reduce((one, other) => one + other, 0)
}

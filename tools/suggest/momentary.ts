import { MEMBER_PATH, memberText } from '../../config/language/member-path.ts'
import type { MemberPath } from '../../sw/core/ignored-members.ts'
import type { Exchange } from '../recording/exchange.ts'
import { grouped } from './grouped.ts'
import { isJson, mediaTypeOf } from './heads.ts'

/** A read of a route, and the same for reads that may get the same answer. */
interface MomentaryRead {
  readonly exchange: Exchange
  readonly place: string
}

/** Members of a route's JSON bodies that are of the moment: the time at the server, or the number of the request. */
export interface Momentary {
  readonly paths: readonly MemberPath[]
  /** Repeated reads in which each of them was another one. */
  readonly pairs: number
}

const NONE: Momentary = { paths: [], pairs: 0 }

/** So many pairs of a route are looked at: each body of them is parsed. */
const MAX_PAIRS = 20

/** More members of the moment than these are data, such as the positions of vehicles. */
const MAX_MEMBERS = 5

/** A clock of whole seconds, and the time that a request takes. */
const TOLERANCE_MS = 1500

/** So far from the time of the answer a time may be that is that of the answer. The clocks of two machines differ. */
const NEAR_MS = 120_000

/** Of one pair alone the time has to have moved by so much. */
const ALONE_MS = 5000

/** Times that are no clock, and secrets: an answer that is stored would give an old one to the app. */
const NOT_CLOCK = /expir|until|valid|deadline|next|ttl|nonce|csrf|xsrf|token|sig/i

const REQUEST_ID = /^(?:x[-_]?)?(?:request|req|trace|correlation|span|transaction)[-_]?id$/i

/**
 * The members that go with the clock or name the request, in every repeated read that can be compared. None where some
 * answer stayed the same while the clock went on.
 */
export function momentary(reads: readonly MomentaryRead[]): Momentary {
  const pairs = pairsOf(reads)
  if (
    pairs.length === 0 ||
    pairs.some(({ before, after }) => before.digest === after.digest && spanOf(before, after) > 2 * TOLERANCE_MS)
  )
    return NONE
  const seen = new Map<string, Seen>()
  let count = 0
  for (const { before, after } of pairs
    .filter(({ before: one, after: other }) => one.digest !== other.digest)
    .slice(0, MAX_PAIRS)) {
    const [one, other] = [parsed(before.text), parsed(after.text)]
    if (one === undefined || other === undefined) return NONE
    count++
    compare(one.value, other.value, [], (path, was, is) => {
      const key = JSON.stringify(path)
      const known = seen.get(key) ?? { path, isMomentary: true, moved: false }
      const name = path.findLast((each) => each !== '*') ?? ''
      known.isMomentary &&= isNextMoment(name, was, is, before, after)
      known.moved ||= was !== is
      seen.set(key, known)
    })
  }
  const paths = [...seen.values()].filter(({ isMomentary, moved }) => isMomentary && moved).map(({ path }) => path)
  const isProven = count > 1 || pairs.some(({ before, after }) => spanOf(before, after) >= ALONE_MS)
  // A body that is nothing but the time has no member to be named.
  const areNamed = paths.every((path) => MEMBER_PATH.test(memberText(path)))
  return paths.length === 0 || paths.length > MAX_MEMBERS || !isProven || !areNamed ? NONE : { paths, pairs: count }
}

interface Seen {
  readonly path: MemberPath
  isMomentary: boolean
  moved: boolean
}

/** A whole JSON answer. */
interface Answer {
  readonly text: string
  readonly digest: string
  readonly startedAt: number
  /** When the server made it, by its own clock where it says so. */
  readonly madeAt: number
}

interface Pair {
  readonly before: Answer
  readonly after: Answer
}

const spanOf = (before: Answer, after: Answer): number => after.startedAt - before.startedAt

/** Whole JSON answers that followed each other at one place. */
function pairsOf(reads: readonly MomentaryRead[]): Pair[] {
  return [...grouped(reads, ({ place }) => place).values()].flatMap((group) => {
    const answers = group.flatMap(({ exchange }) => answerOf(exchange))
    return answers.slice(1).flatMap((after, at) => {
      const before = answers[at]
      return before === undefined ? [] : [{ before, after }]
    })
  })
}

function answerOf(exchange: Exchange): Answer[] {
  const { status, body, isFromCache, startedAt, responseHeaders } = exchange
  if (status !== 200 || isFromCache === true || body?.text === undefined || !isJson(mediaTypeOf(exchange))) return []
  const said = Date.parse(responseHeaders['date'] ?? '')
  return [{ text: body.text, digest: body.digest, startedAt, madeAt: Number.isNaN(said) ? startedAt : said }]
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** Calls with each value that is no list and no object in both, and with what is a list, an object or missing in one alone. */
function compare(
  one: unknown,
  other: unknown,
  path: MemberPath,
  tell: (path: MemberPath, one: unknown, other: unknown) => void,
): void {
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length) {
    one.forEach((item, at) => compare(item, other[at], [...path, '*'], tell))
  } else if (isObject(one) && isObject(other)) {
    for (const name of new Set([...Object.keys(one), ...Object.keys(other)]))
      compare(one[name], other[name], [...path, name], tell)
  } else tell(path, one, other)
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a member of two answers is of the moment of each. */
function isNextMoment(name: string, was: unknown, is: unknown, before: Answer, after: Answer): boolean {
  if (REQUEST_ID.test(name)) return typeof was === 'string' && typeof is === 'string' && was !== is && is.length >= 8
  if (NOT_CLOCK.test(name)) return false
  const [from, to] = [instantOf(was), instantOf(is)]
  if (from === undefined || to === undefined) return false
  const isNear = Math.abs(from - before.madeAt) <= NEAR_MS && Math.abs(to - after.madeAt) <= NEAR_MS
  return isNear && Math.abs(to - from - spanOf(before, after)) <= TOLERANCE_MS
}

/** Seconds or milliseconds since 1970, or a date with a time. Unit: milliseconds. */
function instantOf(value: unknown): number | undefined {
  if (typeof value === 'number') {
    if (value > 1e9 && value < 1e10) return value * 1000
    return value > 1e12 && value < 1e13 ? value : undefined
  }
  if (typeof value !== 'string' || value.length > 64) return undefined
  if (/^\d{10}(?:\d{3})?$/.test(value)) return instantOf(Number(value))
  const at = /\d{4}.*\d:\d\d/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

// oxlint-disable no-restricted-globals -- `Date` only does calendar arithmetic here; it never reads the clock.
import type { EpochMs } from '../units.ts'

/**
 * A time that never runs backwards: of a wall clock where that goes on, and counted where it does not. Every time that is
 * heard of sets it ahead, so what is done after something is later than it, though two clocks may differ by an hour.
 */
export interface HybridTime {
  /** Milliseconds since 1970. */
  readonly ms: number
  readonly count: number
  /** Who took it: decides between equal times. Letters, digits and dashes. */
  readonly node: string
}

/** The next time of a node: later than all that it has taken or heard of, and at least that of its clock. */
export function ticked({ ms, count, node }: HybridTime, now: EpochMs): HybridTime {
  return now > ms ? { ms: now, count: 0, node } : { ...carried(ms, count + 1), node }
}

/** A node's time once it has heard of another one. */
export function heard(own: HybridTime, other: HybridTime, now: EpochMs): HybridTime {
  const { node } = own
  const latest = compareTimes(own, other) < 0 ? other : own
  return ticked({ ...latest, node }, now)
}

/**
 * A time of another node, as far as it may be believed. A clock that is ahead would win for ever: what lies further ahead than
 * is believed counts as taken now.
 *
 * @param now of the server.
 * @param mostAheadMs how far ahead is believed.
 */
export const clamped = (time: HybridTime, now: EpochMs, mostAheadMs = MOST_AHEAD_MS): HybridTime =>
  time.ms - now > mostAheadMs ? { ms: now, count: 0, node: time.node } : time

/** A minute. */
const MOST_AHEAD_MS = 60_000

/** Negative: the first is earlier. 0 only for the same time of the same node. */
export function compareTimes(one: HybridTime, other: HybridTime): number {
  if (one.ms !== other.ms) return one.ms - other.ms
  if (one.count !== other.count) return one.count - other.count
  return one.node < other.node ? -1 : Number(one.node > other.node)
}

/** As text, which sorts as times do. */
export const formatTime = ({ ms, count, node }: HybridTime): string =>
  `${ms.toString(RADIX).padStart(MS_DIGITS, '0')}-${count.toString(RADIX).padStart(COUNT_DIGITS, '0')}-${node}`

/**
 * The time that a row names: one of `formatTime`, or a time of the calendar (ISO 8601, or milliseconds since 1970);
 * `'invalid'` for anything else.
 */
export function parseTime(value: unknown): HybridTime | 'invalid' {
  if (typeof value === 'number')
    return value > LEAST_MS && value < MOST_MS ? { ms: value, count: 0, node: '' } : 'invalid'
  if (typeof value !== 'string') return 'invalid'
  const [, ms, count, node] = FORM.exec(value) ?? []
  if (ms !== undefined && count !== undefined && node !== undefined)
    return { ms: parseInt(ms, RADIX), count: parseInt(count, RADIX), node }
  const at = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? 'invalid' : { ms: at, count: 0, node: '' }
}

const RADIX = 36
/** Enough until the year 5188. */
const MS_DIGITS = 9
const COUNT_DIGITS = 4
const MOST_COUNT = RADIX ** COUNT_DIGITS - 1
const MOST_MS = RADIX ** MS_DIGITS
/** A lower number is one of seconds. */
const LEAST_MS = 100_000_000_000
const FORM = /^([\da-z]{9})-([\da-z]{4})-([\w-]+)$/

const carried = (ms: number, count: number): { readonly ms: number; readonly count: number } =>
  count > MOST_COUNT ? { ms: ms + 1, count: 0 } : { ms, count }

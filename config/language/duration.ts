import { seconds, type Seconds } from '../../sw/core/units.ts'

/** `ms` milliseconds, `s` seconds, `m` minutes, `h` hours, `d` days of 24 hours, `w` weeks of 7 days. */
type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w'

/**
 * A length of time with its unit: `'500ms'`, `'30s'`, `'5m'`, `'2h'`, `'7d'`, `'1.5h'`. `0` is no time, and `'forever'`
 * never ends. Any other bare number is refused: 30 could be seconds or minutes.
 */
export type Duration = 0 | 'forever' | `${number}${DurationUnit}`

/** Milliseconds in one of each unit. */
export const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
} satisfies Record<DurationUnit, number>

/** A length of time as text, but for `'forever'`. */
export const DURATION = /^(\d+(?:\.\d+)?)(ms|[smhdw])$/

/** The longest delay of a browser's timer. A timer with a longer delay fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The duration in seconds, `Infinity` for `'forever'`; `'invalid'` for anything that is not a {@link Duration}. */
export function parseDuration(value: unknown): Seconds | 'invalid' {
  if (value === 0) return seconds(0)
  if (value === 'forever') return seconds(Infinity)
  if (typeof value !== 'string') return 'invalid'
  const [, amount, unit = ''] = DURATION.exec(value) ?? []
  const unitMs = UNIT_MS[unit]
  return unitMs === undefined ? 'invalid' : seconds((Number(amount) * unitMs) / 1000)
}

/**
 * The duration in milliseconds, at most 2^31 - 1 (24.8 days), the limit of a timer. An invalid duration gives this
 * maximum; the check refuses it before the worker runs.
 */
export function timerMs(value: Duration): number {
  const parsed = parseDuration(value)
  return parsed === 'invalid' ? LONGEST_TIMER_MS : Math.min(parsed * 1000, LONGEST_TIMER_MS)
}

import { type EpochMs, epochMs } from './units.ts'

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'
const DAY = '(?:mon|tue|wed|thu|fri|sat|sun)'
const TIME = '(\\d\\d):(\\d\\d):(\\d\\d)'
const IMF_FIXDATE = new RegExp(`^${DAY}, (\\d\\d) ([a-z]{3}) (\\d{4}) ${TIME} gmt$`)
const RFC_850 = new RegExp(`^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\\d\\d)-([a-z]{3})-(\\d\\d) ${TIME} gmt$`)
const ASCTIME = new RegExp(`^${DAY} ([a-z]{3}) ([ \\d]\\d) ${TIME} (\\d{4})$`)

/**
 * The instant an HTTP date names. Exactly the three formats of the RFC, in any case; any zone but GMT is invalid,
 * where `Date.parse` would guess.
 *
 * @param now decides the century of a two-digit year: more than 50 years ahead means the past one.
 * @see RFC 9110 §5.6.7
 */
export function parseHttpDate(text: string, now: EpochMs): EpochMs | 'invalid' {
  const date = text.toLowerCase()
  const imf = IMF_FIXDATE.exec(date)
  if (imf !== null) {
    const [, day, month, year, hour, minute, second] = imf
    return instant(year, month, day, hour, minute, second)
  }
  const rfc850 = RFC_850.exec(date)
  if (rfc850 !== null) {
    const [, day, month, shortYear, hour, minute, second] = rfc850
    const yearNow = yearOf(now)
    const guess = yearNow - (yearNow % 100) + Number(shortYear)
    return instant(String(guess > yearNow + 50 ? guess - 100 : guess), month, day, hour, minute, second)
  }
  const asctime = ASCTIME.exec(date)
  if (asctime !== null) {
    const [, month, day, hour, minute, second, year] = asctime
    return instant(year, month, day, hour, minute, second)
  }
  return 'invalid'
}

function instant(
  yearText: string | undefined,
  monthText: string | undefined,
  ...rest: readonly (string | undefined)[]
): EpochMs | 'invalid' {
  const month = MONTHS.indexOf(monthText ?? '?') / 3
  const year = Number(yearText)
  const [day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number)
  // 60 is a leap second, which Unix time folds into the next minute.
  if (!Number.isInteger(month) || month < 0 || hour > 23 || minute > 59 || second > 60) return 'invalid'
  if (day < 1 || day > daysInMonth(year, month)) return 'invalid'
  return epochMs((((daysBefore(year, month) + day - 1) * 24 + hour) * 60 + minute) * 60_000 + second * 1000)
}

/** Days from 1970-01-01 to the first of a month (0 to 11), in the proleptic Gregorian calendar. */
function daysBefore(year: number, month: number): number {
  // Years that start in March put the leap day last, so that month lengths become linear.
  const marchYear = month < 2 ? year - 1 : year
  const marchMonth = (month + 10) % 12
  const leaps = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return marchYear * 365 + leaps + Math.floor((marchMonth * 153 + 2) / 5) - 719_468
}

const daysInMonth = (year: number, month: number): number =>
  month === 11 ? 31 : daysBefore(year, month + 1) - daysBefore(year, month)

const yearOf = (instantMs: EpochMs): number => {
  const days = instantMs / 86_400_000
  const guess = 1970 + Math.floor(days / 365.2425)
  return daysBefore(guess + 1, 0) <= days ? guess + 1 : daysBefore(guess, 0) > days ? guess - 1 : guess
}

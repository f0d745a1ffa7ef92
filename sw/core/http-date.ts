// oxlint-disable no-restricted-globals -- Date is the calendar here, never the clock.
import { type EpochMs, epochMs } from './units.ts'

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'
const DAY = '(?:mon|tue|wed|thu|fri|sat|sun)'
const TIME = '(\\d\\d):(\\d\\d):(\\d\\d)'
const IMF_FIXDATE = new RegExp(`^${DAY}, (\\d\\d) (\\w{3}) (\\d{4}) ${TIME} gmt$`)
const RFC_850 = new RegExp(`^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\\d\\d)-(\\w{3})-(\\d\\d) ${TIME} gmt$`)
const ASCTIME = new RegExp(`^${DAY} (\\w{3}) ([ \\d]\\d) ${TIME} (\\d{4})$`)

/**
 * The instant an HTTP date names. Exactly the three formats of the RFC, in any case; any zone but GMT is invalid,
 * where `Date.parse` would guess.
 *
 * @param now decides the century of a two-digit year: more than 50 years ahead means the past one.
 * @see RFC 9110 §5.6.7
 */
export function parseHttpDate(text: string, now: EpochMs): EpochMs | 'invalid' {
  const [day, monthName = '', yearText = '', hour = 24, minute = 0, second = 0] = partsOf(text.toLowerCase())
  const month = MONTHS.indexOf(monthName) / 3
  let year = Number(yearText)
  if (yearText.length === 2) {
    const yearNow = new Date(now).getUTCFullYear()
    year += yearNow - (yearNow % 100)
    if (year > yearNow + 50) year -= 100
  }
  const midnight = new Date(0).setUTCFullYear(year, month, Number(day))
  // A day that the month does not have lies in another one; 60 is a leap second, which belongs to the next minute.
  const isValid = new Date(midnight).getUTCMonth() === month && +hour < 24 && +minute < 60 && +second < 61
  return isValid ? epochMs(midnight + (+hour * 60 + +minute) * 60_000 + +second * 1000) : 'invalid'
}

/** An instant as the RFC wants it written: the IMF-fixdate. */
export const formatHttpDate = (instant: EpochMs): string => new Date(instant).toUTCString()

/** Day, month, year, hour, minute, second; nothing when the text is in none of the three formats. */
function partsOf(date: string): readonly string[] {
  const asctime = ASCTIME.exec(date)
  if (asctime === null) return (IMF_FIXDATE.exec(date) ?? RFC_850.exec(date))?.slice(1) ?? []
  const [, month = '', day = '', hour = '', minute = '', second = '', year = ''] = asctime
  return [day, month, year, hour, minute, second]
}

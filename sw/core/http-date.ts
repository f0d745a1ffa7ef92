// oxlint-disable no-restricted-globals -- `Date` only does calendar arithmetic here; it never reads the clock.
import { type EpochMs, epochMs } from './units.ts'

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'
const DAY = '(?:mon|tue|wed|thu|fri|sat|sun)'
const TIME = '(\\d\\d):(\\d\\d):(\\d\\d)'
const IMF_FIXDATE = new RegExp(`^${DAY}, (\\d\\d) (\\w{3}) (\\d{4}) ${TIME} gmt$`)
const RFC_850 = new RegExp(`^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\\d\\d)-(\\w{3})-(\\d\\d) ${TIME} gmt$`)
const ASCTIME = new RegExp(`^${DAY} (\\w{3}) ([ \\d]\\d) ${TIME} (\\d{4})$`)

/**
 * The instant of an HTTP date. Accepts exactly the three formats of the RFC, in any case. Any zone but GMT is invalid;
 * `Date.parse` would guess.
 *
 * @param now decides the century of a two-digit year: a year more than 50 years ahead belongs to the past century.
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
  // A day that the month does not have falls in another month. Second 60 is a leap second, part of the next minute.
  const isValid = new Date(midnight).getUTCMonth() === month && +hour < 24 && +minute < 60 && +second < 61
  return isValid ? epochMs(midnight + (+hour * 60 + +minute) * 60_000 + +second * 1000) : 'invalid'
}

/** An instant as an IMF-fixdate, the format that the RFC requires. */
export const formatHttpDate = (instant: EpochMs): string => new Date(instant).toUTCString()

/** Day, month, year, hour, minute, second; empty when the text matches none of the three formats. */
function partsOf(date: string): readonly string[] {
  const asctime = ASCTIME.exec(date)
  if (asctime === null) return (IMF_FIXDATE.exec(date) ?? RFC_850.exec(date))?.slice(1) ?? []
  const [, month = '', day = '', hour = '', minute = '', second = '', year = ''] = asctime
  return [day, month, year, hour, minute, second]
}

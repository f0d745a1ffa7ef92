import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerText } from './header-text.fixture.ts'
import { formatHttpDate, parseHttpDate } from './http-date.ts'
import { epochMs } from './units.ts'

const IN_2026 = epochMs(Date.UTC(2026, 2, 1))
const SUNDAY_MORNING = Date.UTC(1994, 10, 6, 8, 49, 37)

describe('an HTTP date (RFC 9110 §5.6.7)', () => {
  it.each([
    ['is an IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', SUNDAY_MORNING],
    ['is an RFC 850 date', 'Sunday, 06-Nov-94 08:49:37 GMT', SUNDAY_MORNING],
    ['is an asctime date', 'Sun Nov  6 08:49:37 1994', SUNDAY_MORNING],
    ['has two digits for a day in an asctime date, too', 'Wed Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 37)],
    ['is read in small letters', 'sun, 06 nov 1994 08:49:37 gmt', SUNDAY_MORNING],
    ['is read in capitals', 'SUNDAY, 06-NOV-94 08:49:37 GMT', SUNDAY_MORNING],
    ['folds a leap second into the next minute', 'Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['may lie before 1970', 'Wed, 31 Dec 1969 23:59:59 GMT', -1000],
    ['may lie long before 1970', 'Mon, 01 Jan 1601 00:00:00 GMT', Date.UTC(1601, 0, 1)],
    ['may lie after 2100', 'Mon, 01 Mar 2100 00:00:00 GMT', Date.UTC(2100, 2, 1)],
    ['may be the last that has four digits', 'Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
    ['has a 29 February in a leap year', 'Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['has a 29 February every 400 years', 'Tue, 29 Feb 2000 00:00:00 GMT', Date.UTC(2000, 1, 29)],
    ['has the 31st of a December', 'Wed, 31 Dec 2025 00:00:00 GMT', Date.UTC(2025, 11, 31)],
    ['may name the wrong day of the week', 'Mon, 06 Nov 1994 08:49:37 GMT', SUNDAY_MORNING],
    ['has the longest day name', 'Wednesday, 16-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 16, 8, 49, 37)],
    ['means this century by a year up to 50 years ahead', 'Sunday, 01-Mar-76 00:00:00 GMT', Date.UTC(2076, 2, 1)],
    ['means the past century by a year further ahead', 'Sunday, 01-Mar-77 00:00:00 GMT', Date.UTC(1977, 2, 1)],
  ])('%s: %s', (_, text, instant) => {
    expect(parseHttpDate(text, IN_2026)).toBe(instant)
  })

  it.each([
    ['no 29 February in an ordinary year', 'Wed, 29 Feb 2023 00:00:00 GMT'],
    ['no 29 February in most centuries', 'Mon, 29 Feb 2100 00:00:00 GMT'],
    ['no 31 April', 'Fri, 31 Apr 2026 00:00:00 GMT'],
    ['no 32 December', 'Fri, 32 Dec 2026 00:00:00 GMT'],
    ['no day 0', 'Fri, 00 Apr 2026 00:00:00 GMT'],
    ['no month of another name', 'Fri, 01 Foo 2026 00:00:00 GMT'],
    ['no month made of two halves', 'Fri, 01 Anf 2026 00:00:00 GMT'],
    ['no hour 24', 'Fri, 01 May 2026 24:00:00 GMT'],
    ['no minute 60', 'Fri, 01 May 2026 00:60:00 GMT'],
    ['no second 61', 'Fri, 01 May 2026 00:00:61 GMT'],
    ['no zone but GMT', 'Fri, 01 May 2026 00:00:00 AEST'],
    ['no UTC for GMT', 'Fri, 01 May 2026 00:00:00 UTC'],
    ['no offset', 'Fri, 01 May 2026 00:00:00 +0000'],
    ['no IMF-fixdate without zone', 'Fri, 01 May 2026 00:00:00'],
    ['no asctime date with zone', 'Sun Nov  6 08:49:37 1994 GMT'],
    ['no missing comma', 'Fri 01 May 2026 00:00:00 GMT'],
    ['no missing day of the week', '01 May 2026 00:00:00 GMT'],
    ['no other day of the week', 'Fry, 01 May 2026 00:00:00 GMT'],
    ['no day of the week that only begins well', 'Sunnyday, 06-Nov-94 08:49:37 GMT'],
    ['no short day of the week in an RFC 850 date', 'Sun, 06-Nov-94 08:49:37 GMT'],
    ['no single digit for a day', 'Fri, 1 May 2026 00:00:00 GMT'],
    ['no two-digit year in an IMF-fixdate', 'Fri, 01 May 26 00:00:00 GMT'],
    ['no four-digit year in an RFC 850 date', 'Friday, 01-May-2026 00:00:00 GMT'],
    ['no ISO 8601', '2026-05-01T00:00:00Z'],
    ['no number', '0'],
    ['no minus one', '-1'],
    ['no empty text', ''],
    ['nothing before it', 'x Fri, 01 May 2026 00:00:00 GMT'],
    ['nothing after it', 'Fri, 01 May 2026 00:00:00 GMT, Fri, 01 May 2026 00:00:00 GMT'],
  ])('knows %s: %s', (_, text) => {
    expect(parseHttpDate(text, IN_2026)).toBe('invalid')
  })

  it.each([
    ['the last second of a year', Date.UTC(2025, 11, 31, 23, 59, 59), '75', 2075],
    ['the last second of a year', Date.UTC(2025, 11, 31, 23, 59, 59), '76', 1976],
    ['the first second of a year', Date.UTC(2026, 0, 1), '76', 2076],
    ['the last second of a leap year', Date.UTC(2024, 11, 31, 23, 59, 59), '75', 1975],
    ['the first second after a leap year', Date.UTC(2025, 0, 1), '75', 2075],
    ['the first second of a year that comes early', Date.UTC(2102, 0, 1), '52', 2152],
  ])('knows in %s (%d) which century %s is of', (_, now, short, year) => {
    expect(parseHttpDate(`Monday, 01-Jun-${short} 00:00:00 GMT`, epochMs(now))).toBe(Date.UTC(year, 5, 1))
  })

  const wholeSeconds = fc.integer({ min: Date.UTC(1, 0, 1) / 1000 + 4e9, max: Date.UTC(9999, 11, 31) / 1000 })

  it('agrees with the platform about every instant, in the two formats with a whole year', () => {
    fc.assert(
      fc.property(wholeSeconds, (seconds) => {
        const instant = seconds * 1000
        const imf = new Date(instant).toUTCString()
        const [day, date, month, year, time] = imf.replace(',', '').split(' ')
        expect(parseHttpDate(imf, IN_2026)).toBe(instant)
        expect(parseHttpDate(`${day} ${month} ${date?.replace(/^0/, ' ')} ${time} ${year}`, IN_2026)).toBe(instant)
      }),
    )
  })

  it('is read back as it was written, whichever year of four digits it is of', () => {
    const anySecond = fc.integer({ min: -62_167_219_200, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 })
    fc.assert(
      fc.property(anySecond, (seconds) => {
        expect(parseHttpDate(formatHttpDate(epochMs(seconds * 1000)), IN_2026)).toBe(seconds * 1000)
      }),
    )
  })

  it('is written as an IMF-fixdate, without parts of a second', () => {
    expect(formatHttpDate(epochMs(SUNDAY_MORNING))).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
    expect(formatHttpDate(epochMs(SUNDAY_MORNING + 999))).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
  })

  it('reads back a two-digit year of the last half century, whenever it is read', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(1970, 0, 1) / 1000, max: Date.UTC(2199, 11, 31) / 1000 }),
        fc.integer({ min: 0, max: 49 }),
        (seconds, yearsAgo) => {
          const now = new Date(seconds * 1000)
          const year = now.getUTCFullYear() - yearsAgo
          const date = new Date(Date.UTC(year, 5, 15))
          const short = String(year % 100).padStart(2, '0')
          const read = parseHttpDate(`Monday, 15-Jun-${short} 00:00:00 GMT`, epochMs(now.getTime()))
          expect(read).toBe(date.getTime())
        },
      ),
    )
  })

  it('is a number or invalid, whatever the text', () => {
    fc.assert(
      fc.property(headerText, (text) => {
        const read = parseHttpDate(text, IN_2026)
        expect(read === 'invalid' || Number.isSafeInteger(read)).toBe(true)
      }),
    )
  })
})

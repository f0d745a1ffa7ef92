import type { FieldValue, Row } from '../row.ts'
import { ago, asked, cached, hit, needing, optimal, pass, required, stored } from '../steps.ts'

type Case = readonly [id: string, title: string, expires: FieldValue]

/** Formats that every recipient must read. */
const READABLE: readonly Case[] = [
  ['imf-fixdate', 'the preferred format is read', 'Wed, 01 Jan 2070 00:00:00 GMT'],
  ['rfc850', 'the format of RFC 850 is read', 'Wednesday, 01-Jan-70 00:00:00 GMT'],
  ['asctime', 'the format of asctime is read', 'Wed Jan  1 00:00:00 2070'],
  ['asctime-two-digits', 'the format of asctime is read with a day of two digits', 'Fri Jan 31 00:00:00 2070'],
  ['leap-day', 'a leap day is a day', 'Mon, 29 Feb 2072 00:00:00 GMT'],
  ['leap-second', 'a leap second is a time', 'Wed, 31 Dec 2070 23:59:60 GMT'],
]

/** What no recipient may take for a time in the future. */
const UNREADABLE: readonly Case[] = [
  ['zero', 'zero', '0'],
  ['minus-one', 'minus one', '-1'],
  ['word', 'a word', 'never'],
  ['empty', 'nothing at all', ''],
  ['epoch', 'seconds since the epoch', '3155760000'],
  ['duration', 'a duration', '3600'],
  ['iso', 'the format of ISO 8601', '2070-01-01T00:00:00Z'],
  ['no-comma', 'a date without its comma', 'Wed 01 Jan 2070 00:00:00 GMT'],
  ['no-weekday', 'a date without its day of the week', '01 Jan 2070 00:00:00 GMT'],
  ['no-zone', 'a date without its zone', 'Wed, 01 Jan 2070 00:00:00'],
  ['no-time', 'a date without its time', 'Wed, 01 Jan 2070'],
  ['no-seconds', 'a time without its seconds', 'Wed, 01 Jan 2070 00:00 GMT'],
  ['one-digit-day', 'a day of one digit', 'Wed, 1 Jan 2070 00:00:00 GMT'],
  ['one-digit-hour', 'an hour of one digit', 'Wed, 01 Jan 2070 0:00:00 GMT'],
  ['two-digit-year', 'a year of two digits in the preferred format', 'Wed, 01 Jan 70 00:00:00 GMT'],
  ['four-digit-rfc850', 'a year of four digits in the format of RFC 850', 'Wednesday, 01-Jan-2070 00:00:00 GMT'],
  ['five-digit-year', 'a year of five digits', 'Wed, 01 Jan 20700 00:00:00 GMT'],
  ['dashes', 'dashes in the preferred format', 'Wed, 01-Jan-2070 00:00:00 GMT'],
  ['dots', 'a time with dots', 'Wed, 01 Jan 2070 00.00.00 GMT'],
  ['long-month', 'a month in full', 'Wed, 01 January 2070 00:00:00 GMT'],
  ['unknown-month', 'a month that is none', 'Wed, 01 Foo 2070 00:00:00 GMT'],
  ['unknown-weekday', 'a day of the week that is none', 'Foo, 01 Jan 2070 00:00:00 GMT'],
  ['day-32', 'a day that no month has', 'Fri, 32 Jan 2070 00:00:00 GMT'],
  ['day-0', 'a day before the first', 'Wed, 00 Jan 2070 00:00:00 GMT'],
  ['february-30', 'a day that this month does not have', 'Sun, 30 Feb 2070 00:00:00 GMT'],
  ['february-29', 'a leap day in a year without one', 'Sat, 29 Feb 2070 00:00:00 GMT'],
  ['hour-24', 'an hour that no day has', 'Wed, 01 Jan 2070 24:00:00 GMT'],
  ['minute-60', 'a minute that no hour has', 'Wed, 01 Jan 2070 00:60:00 GMT'],
  ['second-61', 'a second that no minute has', 'Wed, 01 Jan 2070 00:00:61 GMT'],
  ['quoted', 'a date in quotes', '"Wed, 01 Jan 2070 00:00:00 GMT"'],
  ['trailing', 'a date with something after it', 'Wed, 01 Jan 2070 00:00:00 GMT; secure'],
  ['leading', 'a date with something before it', 'on Wed, 01 Jan 2070 00:00:00 GMT'],
  ['two-spaces', 'a date with a space too many', 'Wed,  01 Jan 2070 00:00:00 GMT'],
  ['american', 'a date as Americans write it', 'Jan 1, 2070 00:00:00 GMT'],
  ['time-first', 'a time before its date', '00:00:00 Wed, 01 Jan 2070 GMT'],
  ['asctime-zone', 'the format of asctime with a zone', 'Wed Jan  1 00:00:00 2070 GMT'],
  ['two-dates', 'two dates in lines of their own', ['Wed, 01 Jan 2070 00:00:00 GMT', 'Wed, 01 Jan 2070 00:00:00 GMT']],
]

const ZONES = ['AEST', 'UTC', 'Z', '+0000', 'PST', 'GMT+1'] as const

export const dates: readonly Row[] = [
  ...READABLE.map(([id, title, expires]) =>
    required('RFC 9110 §5.6.7', `expires-${id}`, title, [stored({ expires }), pass(600), hit()]),
  ),
  optimal('RFC 9111 §4.2', 'expires-lower-case', 'a date is read in any case: lower', [
    stored({ expires: 'wed, 01 jan 2070 00:00:00 gmt' }),
    hit(),
  ]),
  optimal('RFC 9111 §4.2', 'expires-upper-case', 'a date is read in any case: upper', [
    stored({ expires: 'WED, 01 JAN 2070 00:00:00 GMT' }),
    hit(),
  ]),
  optimal('RFC 9110 §5.5', 'expires-white-space', 'white space around a field is not part of it', [
    stored({ expires: '  Wed, 01 Jan 2070 00:00:00 GMT  ' }),
    hit(),
  ]),
  required('RFC 9110 §5.6.7', 'rfc850-past-century', 'a year of two digits more than 50 years ahead is past', [
    stored({ expires: 'Monday, 01-Jan-90 00:00:00 GMT' }),
    asked(),
  ]),
  ...needing(
    'expires-imf-fixdate',
    UNREADABLE.map(([id, what, expires]) =>
      required('RFC 9111 §5.3', `expires-${id}`, `an Expires of ${what} has passed`, [stored({ expires }), asked()]),
    ),
  ),
  ...needing(
    'expires-imf-fixdate',
    ZONES.map((zone) =>
      optimal(
        'RFC 9111 §4.2',
        `expires-zone-${zone.toLowerCase().replace('+', 'plus-')}`,
        `a date in ${zone} has passed`,
        [stored({ expires: `Wed, 01 Jan 2070 00:00:00 ${zone}` }), asked()],
      ),
    ),
  ),
  required('RFC 9110 §5.6.7', 'date-imf-fixdate', 'Date ages a response in the preferred format', [
    stored({ ...cached(60), date: ago(100) }),
    asked(),
  ]),
  required('RFC 9110 §5.6.7', 'date-rfc850', 'Date ages a response in the format of RFC 850', [
    stored({ ...cached(60), date: ago(100, 'rfc850') }),
    asked(),
  ]),
  required('RFC 9110 §5.6.7', 'date-asctime', 'Date ages a response in the format of asctime', [
    stored({ ...cached(60), date: ago(100, 'asctime') }),
    asked(),
  ]),
]

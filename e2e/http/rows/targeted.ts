import type { Fields, FieldValue, Row } from '../row.ts'
import {
  ahead,
  asked,
  cached,
  choice,
  conditional,
  exchange,
  hit,
  hitThenAsked,
  missed,
  needing,
  optimal,
  pass,
  required,
  stoodIn,
  stored,
  validated,
} from '../steps.ts'

const TAG = { etag: '"one"' }

/** What is said to us, beside what is said to all caches. */
const targeted = (value: FieldValue, others: Fields = {}) =>
  stored({ 'freshlayer-cache-control': value, ...TAG, ...others })

const FOR_ALL = { stale: cached(0), fresh: cached(60) }

/** Not a dictionary, so not a word of it counts: `max-age=60` of Cache-Control does. */
const UNPARSABLE: readonly (readonly [id: string, what: string, value: FieldValue])[] = [
  ['empty', 'that is empty', ''],
  ['comma', 'that ends in a comma', 'no-store,'],
  ['empty-member', 'with an empty member', 'no-store,,max-age=0'],
  ['upper-case', 'with a key in upper case', 'No-Store'],
  ['no-value', 'with an equals sign and no value', 'max-age='],
  ['open-quote', 'with a string that does not end', 'no-store, foo="bar'],
  ['space', 'with directives that no comma divides', 'no-store max-age=0'],
  ['spaced-equals', 'with spaces around an equals sign', 'max-age = 0'],
  ['semicolon-only', 'that begins with a semicolon', ';no-store'],
  ['two-points', 'with a number of two points', 'max-age=0.0.0, no-store'],
  ['sixteen-digits', 'with a number of sixteen digits', 'max-age=1000000000000000, no-store'],
  ['key', 'with a key that begins with a digit', '0max=1, no-store'],
  ['leading-comma', 'that begins with a comma', ', no-store'],
]

/** A max-age of another type than Integer is none. */
const MISTYPED: readonly (readonly [id: string, what: string, value: FieldValue])[] = [
  ['string', 'a string', 'max-age="60"'],
  ['decimal', 'a decimal', 'max-age=60.5'],
  ['token', 'a token', 'max-age=a60'],
  ['boolean', 'no value', 'max-age'],
  ['inner-list', 'an inner list', 'max-age=(60)'],
  ['date', 'a date', 'max-age=@60'],
  ['negative', 'a negative number', 'max-age=-60'],
]

export const targetedRows: readonly Row[] = [
  optimal('RFC 9213 §2.2', 'targeted-max-age', 'max-age of the targeted field counts', [
    targeted('max-age=60'),
    pass(59),
    hit(),
    pass(1),
    validated(conditional),
  ]),
  required('RFC 9213 §2.2', 'targeted-outranks-fresh', 'the targeted field outranks a fresh Cache-Control', [
    targeted('max-age=10', FOR_ALL.fresh),
    pass(11),
    validated(conditional),
  ]),
  required('RFC 9213 §2.2', 'targeted-outranks-stale', 'the targeted field outranks a stale Cache-Control', [
    targeted('max-age=60', FOR_ALL.stale),
    pass(59),
    hit(),
  ]),
  required('RFC 9213 §2.2', 'targeted-outranks-no-store', 'the targeted field outranks no-store of Cache-Control', [
    targeted('max-age=60', { 'cache-control': 'no-store' }),
    hit(),
  ]),
  required('RFC 9213 §2.2', 'targeted-outranks-no-cache', 'the targeted field outranks no-cache of Cache-Control', [
    targeted('max-age=60', { 'cache-control': 'no-cache' }),
    hit(),
  ]),
  required('RFC 9213 §2.2', 'targeted-outranks-must-revalidate', 'the targeted field outranks must-revalidate', [
    targeted('max-age=60, stale-while-revalidate=60', { 'cache-control': 'max-age=60, must-revalidate' }),
    pass(61),
    hitThenAsked(),
  ]),
  required('RFC 9213 §2.2', 'targeted-outranks-expires', 'the targeted field outranks Expires', [
    targeted('max-age=10', { expires: ahead(3600) }),
    pass(11),
    validated(conditional),
  ]),
  required(
    'RFC 9213 §2.2',
    'targeted-hides-max-age',
    'where the targeted field has no max-age, that of Cache-Control is none',
    [targeted('private', FOR_ALL.fresh), validated(conditional)],
  ),
  required('RFC 9213 §2.2', 'targeted-hides-expires', 'where the targeted field has no max-age, Expires is none', [
    targeted('private', { expires: ahead(3600) }),
    validated(conditional),
  ]),
  required('RFC 9213 §2.2', 'targeted-hides-swr', 'stale-while-revalidate of Cache-Control is none', [
    targeted('max-age=60', { 'cache-control': 'stale-while-revalidate=60' }),
    pass(61),
    validated(conditional),
  ]),
  required(
    'RFC 9213 §2.2',
    'targeted-unknown',
    'a targeted field of unknown directives is valid, and hides the others',
    [targeted('swallow=african', FOR_ALL.fresh), validated(conditional)],
  ),
  required('RFC 9213 §2.2', 'targeted-no-store', 'no-store of the targeted field is obeyed', [
    targeted('no-store', FOR_ALL.fresh),
    missed(),
  ]),
  required('RFC 9213 §2.2', 'targeted-no-cache', 'no-cache of the targeted field is obeyed', [
    targeted('max-age=60, no-cache', FOR_ALL.fresh),
    validated(conditional),
  ]),
  choice('RFC 9213 §2.2', 'targeted-no-cache-fields', 'no-cache of some fields counts for the whole response', [
    targeted('max-age=60, no-cache="x-any"'),
    validated(conditional),
  ]),
  required('RFC 9213 §2.2', 'targeted-must-revalidate', 'must-revalidate of the targeted field is obeyed', [
    targeted('max-age=60, must-revalidate, stale-if-error=60'),
    pass(61),
    exchange({ origin: 'away', expect: { status: 504, cacheStatus: null } }),
  ]),
  optimal('RFC 9213 §2.2', 'targeted-private', 'private of the targeted field makes a response storable', [
    {
      ...targeted('private'),
      origin: { status: 201, headers: { 'freshlayer-cache-control': 'private', ...TAG }, body: 'one' },
      expect: { status: 201, body: 'one' },
    },
    validated(conditional, { expect: { status: 201 } }),
  ]),
  optimal('RFC 9213 §2', 'targeted-swr', 'stale-while-revalidate of the targeted field opens its window', [
    targeted('max-age=60, stale-while-revalidate=60'),
    pass(61),
    hitThenAsked(),
  ]),
  optimal('RFC 9213 §2', 'targeted-sie', 'stale-if-error of the targeted field opens its window', [
    targeted('max-age=60, stale-if-error=60'),
    pass(61),
    stoodIn(),
  ]),
  optimal('RFC 9651 §4.2', 'targeted-lines', 'the targeted field may come in lines of its own', [
    targeted(['private', 'max-age=60']),
    hit(),
  ]),
  required('RFC 9651 §3.2', 'targeted-twice-fresh-last', 'of a directive given twice the last counts: fresh', [
    targeted('max-age=0, max-age=60'),
    hit(),
  ]),
  required('RFC 9651 §3.2', 'targeted-twice-stale-last', 'of a directive given twice the last counts: stale', [
    targeted('max-age=60, max-age=0'),
    validated(conditional),
  ]),
  required('RFC 9213 §2.1', 'targeted-parameters', 'parameters of a directive mean nothing', [
    targeted('max-age=60;max-age=0;no-store'),
    hit(),
  ]),
  optimal('RFC 9651 §3.2', 'targeted-white-space', 'white space around commas means nothing', [
    targeted('private \t, \tmax-age=60'),
    hit(),
  ]),
  ...needing(
    'targeted-no-store',
    UNPARSABLE.map(([id, what, value]) =>
      required('RFC 9213 §2.1', `targeted-unparsable-${id}`, `a targeted field ${what} is ignored as a whole`, [
        targeted(value, FOR_ALL.fresh),
        pass(59),
        hit(),
      ]),
    ),
  ),
  ...needing(
    'targeted-max-age',
    MISTYPED.map(([id, what, value]) =>
      optimal('RFC 9213 §2.1', `targeted-mistyped-${id}`, `a max-age of ${what} makes nothing fresh`, [
        targeted(value),
        validated(conditional),
      ]),
    ),
  ),
  ...['CDN-Cache-Control', 'X-Freshlayer-Cache-Control', 'Surrogate-Control', 'Freshlayer-Cache-Controls'].map((name) =>
    required('RFC 9213 §2.2', `targeted-not-${name.toLowerCase()}`, `${name} is not for us`, [
      stored({ [name.toLowerCase()]: 'no-store, max-age=0', ...FOR_ALL.fresh }),
      pass(59),
      hit(),
    ]),
  ),
  required('RFC 9213 §2.2', 'targeted-not-cdn-fresh', 'a fresh CDN-Cache-Control makes nothing fresh for us', [
    stored({ 'cdn-cache-control': 'max-age=60', ...FOR_ALL.stale, ...TAG }),
    validated(conditional),
  ]),
  required('RFC 9213 §2.3', 'targeted-age', 'the age received counts against the targeted max-age', [
    targeted('max-age=60', { age: '50' }),
    pass(10),
    validated(conditional),
  ]),
  required('RFC 9111 §3.2', 'targeted-updated', 'a 304 may change the targeted field', [
    targeted('max-age=0', FOR_ALL.stale),
    validated({ origin: { status: 304, headers: { 'freshlayer-cache-control': 'max-age=60' } } }),
    hit(),
  ]),
  optimal('RFC 9213 §2.2', 'targeted-error', 'the targeted field gives an error its freshness', [
    {
      ...targeted('max-age=60'),
      origin: { status: 404, headers: { 'freshlayer-cache-control': 'max-age=60' }, body: 'one' },
      expect: { status: 404, body: 'one' },
    },
    hit({ expect: { status: 404 } }),
    pass(60),
    asked(),
  ]),
]

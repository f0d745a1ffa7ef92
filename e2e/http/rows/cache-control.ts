import type { FieldValue, Row } from '../row.ts'
import {
  asked,
  choice,
  conditional,
  control,
  hit,
  missed,
  needing,
  optimal,
  pass,
  required,
  stored,
  validated,
} from '../steps.ts'

type Case = readonly [id: string, title: string, value: FieldValue]

const TAG = { etag: '"one"' }

/** However it is written, it says max-age=60 and nothing more that matters. */
const FRESH: readonly Case[] = [
  ['upper-case', 'a directive is read in any case', 'MAX-AGE=60'],
  ['mixed-case', 'a directive is read in mixed case', 'Max-Age=60'],
  ['no-space', 'directives need no space between them', 'private,max-age=60'],
  ['spaces', 'spaces around commas mean nothing', 'private   ,   max-age=60'],
  ['tab', 'a tab is white space', 'private,\tmax-age=60'],
  ['leading-comma', 'an empty member in front means nothing', ', max-age=60'],
  ['trailing-comma', 'an empty member at the end means nothing', 'max-age=60,'],
  ['many-commas', 'empty members mean nothing', ',, private, , ,max-age=60 ,,'],
  ['two-lines', 'directives may come in lines of their own', ['private', 'max-age=60']],
  ['leading-zero', 'a number may have leading zeros', 'max-age=0060'],
  ['unknown', 'an unknown directive is ignored', 'swallow, max-age=60'],
  ['unknown-token', 'an unknown directive may have a token', 'swallow=african, max-age=60'],
  ['unknown-quoted', 'an unknown directive may have a string', 'swallow="african", max-age=60'],
  ['unknown-number', 'an unknown directive may have a number', 'swallow=0, max-age=60'],
  ['quoted-max-age', 'a directive in another one’s string is none', 'swallow="max-age=0", max-age=60'],
  ['quoted-list', 'commas in a string do not divide it', 'swallow="a, max-age=0, no-store, b", max-age=60'],
  ['quoted-behind', 'a string after a directive does not change it', 'max-age=60, swallow="max-age=0"'],
  ['escaped-quote', 'an escaped quote does not end a string', String.raw`swallow="a\", no-store, \"b", max-age=60`],
  ['escaped-backslash', 'an escaped backslash does not escape a quote', String.raw`swallow="a\\", max-age=60`],
  ['longer-name', 'a name that only begins like max-age is another', 'max-age-of-swallow=0, max-age=60'],
  ['prefixed-name', 'a name that only ends like max-age is another', 'x-max-age=0, max-age=60'],
  ['longer-no-store', 'a name that only begins like no-store is another', 'no-stores, max-age=60'],
  ['prefixed-no-store', 'a name that only ends like no-store is another', 'x-no-store, max-age=60'],
  ['longer-no-cache', 'a name that only begins like no-cache is another', 'no-cached, max-age=60'],
  ['no-cache-value', 'a directive in another one’s token is none', 'swallow=no-cache, max-age=60'],
  ['proto', 'names that languages reserve are unknown directives', '__proto__=0, constructor, max-age=60'],
  ['duplicate-unknown', 'an unknown directive may occur twice', 'swallow=1, swallow=2, max-age=60'],
  ['immutable', 'immutable does not shorten max-age', 'max-age=60, immutable'],
  ['no-transform', 'no-transform does not hinder reuse', 'max-age=60, no-transform'],
  ['public', 'public does not hinder reuse', 'public, max-age=60'],
  ['private', 'private does not hinder reuse by a private cache', 'private, max-age=60'],
  ['proxy-revalidate', 'proxy-revalidate does not concern a private cache', 'proxy-revalidate, max-age=60'],
  ['must-revalidate', 'must-revalidate does not concern a fresh response', 'must-revalidate, max-age=60'],
]

/** The origin meant a limit, but the value is invalid. */
const STALE: readonly Case[] = [
  ['no-value', 'max-age without a value is stale', 'max-age'],
  ['empty-value', 'max-age with an empty value is stale', 'max-age='],
  ['empty-string', 'max-age with an empty string is stale', 'max-age=""'],
  ['negative', 'a negative max-age is stale', 'max-age=-60'],
  ['plus', 'a max-age with a plus sign is stale', 'max-age=+60'],
  ['fraction', 'a max-age with a fraction is stale', 'max-age=60.5'],
  ['zero-fraction', 'a max-age with a fraction of zero is stale', 'max-age=60.0'],
  ['unit', 'a max-age with a unit is stale', 'max-age=60s'],
  ['letter-first', 'a max-age that begins with a letter is stale', 'max-age=a60'],
  ['exponent', 'a max-age with an exponent is stale', 'max-age=6e1'],
  ['hexadecimal', 'a hexadecimal max-age is stale', 'max-age=0x3c'],
  ['underscore', 'a max-age with an underscore is stale', 'max-age=3_600'],
  ['infinity', 'a max-age of infinity is stale', 'max-age=Infinity'],
  ['single-quotes', 'a max-age in single quotes is stale', "max-age='60'"],
  ['open-quote', 'a max-age with an open quote is stale', 'max-age="60'],
  ['inner-space', 'a max-age of two numbers is stale', 'max-age=6 0'],
  ['second-equals', 'a max-age with two equals signs is stale', 'max-age=60=60'],
  ['colon', 'a max-age with a colon is stale', 'max-age:60'],
  ['semicolon', 'a max-age with a semicolon after it is stale', 'max-age=60; private'],
  ['string-and-more', 'a max-age with text after its string is stale', 'max-age="60"0'],
  ['twice-equal', 'max-age given twice is stale, even if equal', 'max-age=60, max-age=60'],
  ['twice-fresh-first', 'max-age given twice is stale: the longer first', 'max-age=60, max-age=0'],
  ['twice-stale-first', 'max-age given twice is stale: the shorter first', 'max-age=0, max-age=60'],
  ['twice-lines', 'max-age given twice is stale, in lines of their own too', ['max-age=60', 'max-age=120']],
  ['twice-cases', 'max-age given twice is stale, in different cases too', 'max-age=60, Max-Age=60'],
  ['twice-invalid', 'max-age given twice is stale, once readable', 'max-age=60, max-age=soon'],
]

/** Validated at each use, whatever max-age says. */
const NO_CACHE: readonly Case[] = [
  ['before', 'no-cache outranks max-age after it', 'no-cache, max-age=60'],
  ['behind', 'no-cache outranks max-age before it', 'max-age=60, no-cache'],
  ['upper-case', 'no-cache is read in any case', 'max-age=60, NO-CACHE'],
  ['own-line', 'no-cache may come in a line of its own', ['max-age=60', 'no-cache']],
  ['twice', 'no-cache may come twice', 'no-cache, max-age=60, no-cache'],
  ['spaced', 'no-cache may have white space around it', 'max-age=60 ,  no-cache  '],
]

const NO_STORE: readonly Case[] = [
  ['alone', 'no-store is not stored', 'no-store'],
  ['upper-case', 'no-store is read in any case', 'No-Store'],
  ['beside-max-age', 'no-store outranks max-age', 'max-age=60, no-store'],
  ['own-line', 'no-store may come in a line of its own', ['max-age=60', 'no-store']],
  ['behind-string', 'no-store counts after a string', 'swallow="a, b", no-store, max-age=60'],
]

export const cacheControl: readonly Row[] = [
  ...FRESH.map(([id, title, value]) =>
    optimal('RFC 9111 §5.2', `cc-fresh-${id}`, title, [stored(control(value)), pass(59), hit(), pass(1), asked()]),
  ),
  optimal('RFC 9111 §5.2', 'cc-quoted-number', 'a number may be given as a string', [
    stored(control('max-age="60"')),
    pass(59),
    hit(),
    pass(1),
    asked(),
  ]),
  ...needing(
    'fresh-below-max-age',
    STALE.map(([id, title, value]) =>
      choice('RFC 9111 §4.2.1', `cc-stale-${id}`, title, [stored({ ...control(value), ...TAG }), asked(conditional)]),
    ),
  ),
  ...needing(
    'fresh-below-max-age',
    NO_CACHE.map(([id, title, value]) =>
      required('RFC 9111 §5.2.2.4', `cc-no-cache-${id}`, title, [
        stored({ ...control(value), ...TAG }),
        validated(conditional),
        validated(conditional),
      ]),
    ),
  ),
  choice('RFC 9111 §5.2.2.4', 'cc-no-cache-qualified', 'no-cache of one field counts for the whole response', [
    stored({ ...control('max-age=60, no-cache="x-any"'), ...TAG }),
    validated(conditional),
  ]),
  choice('RFC 9111 §5.2.2.4', 'cc-no-cache-qualified-list', 'no-cache of several fields counts as well', [
    stored({ ...control('no-cache="x-any, x-other", max-age=60'), ...TAG }),
    validated(conditional),
  ]),
  choice('RFC 9111 §5.2.2.4', 'cc-no-cache-token', 'no-cache with a token for a field counts as well', [
    stored({ ...control('no-cache=x-any, max-age=60'), ...TAG }),
    validated(conditional),
  ]),
  ...needing(
    'fresh-below-max-age',
    NO_STORE.map(([id, title, value]) =>
      required('RFC 9111 §5.2.2.5', `cc-no-store-${id}`, title, [stored({ ...control(value), ...TAG }), missed()]),
    ),
  ),
  choice('RFC 9111 §5.2.2.5', 'cc-no-store-argument', 'no-store with an argument is no-store', [
    stored({ ...control('no-store="x-any", max-age=60'), ...TAG }),
    missed(),
  ]),
  choice('RFC 9111 §5.2.2.7', 'cc-private-qualified', 'private of one field does not concern a private cache', [
    stored(control('private="x-any", max-age=60')),
    hit(),
  ]),
  optimal('RFC 9111 §5.2', 'cc-empty', 'an empty Cache-Control says nothing', [
    stored({ ...control(''), ...TAG }),
    validated(conditional),
  ]),
  optimal('RFC 9111 §5.2', 'cc-only-commas', 'a Cache-Control of commas says nothing', [
    stored({ ...control(', ,,'), ...TAG }),
    validated(conditional),
  ]),
]

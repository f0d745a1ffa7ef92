import fc from 'fast-check'

const PIECES = [
  'max-age',
  'no-store',
  'no-cache',
  'stale-if-error',
  'max-stale',
  'min-fresh',
  'must-understand',
  'only-if-cached',
  'bytes',
  '/',
  '-',
  'W/',
  'Thu',
  ', ',
  ',',
  '=',
  '"',
  '\\',
  ' ',
  '\t',
  ';',
  '*',
  '0',
  '60',
  '-1',
  '99999999999999999999',
  '1e3',
  '__proto__',
  'constructor',
  'GMT',
  '01 Jan 1970',
  ':',
  '\u212a',
  'ÿ',
]

/** Valid and invalid field values: any text, and text made of the pieces that parsers look for. */
export const headerText: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
)

const NAMES = [
  'age',
  'cache-control',
  'connection',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
]

const NAMES_OF_REQUESTS = [
  'accept',
  'cache-control',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]

const fieldsNamed = (names: readonly string[]): fc.Arbitrary<Record<string, string>> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), headerText), { selector: ([name]) => name })
    .map((entries) => Object.fromEntries(entries))

/** Fields of an answer with any text for any of the names that the core reads. */
export const anyFields = fieldsNamed(NAMES)

/** The same of a request. */
export const anyAsked = fieldsNamed(NAMES_OF_REQUESTS)

import type { FieldValue, Row } from '../row.ts'
import {
  answered,
  asked,
  asking,
  cached,
  choice,
  conditional,
  control,
  exchange,
  gives,
  hit,
  missed,
  optimal,
  pass,
  reply,
  required,
  sending,
  stored,
  unconditional,
  validated,
} from '../steps.ts'

/** None of them is an entity tag. */
const NO_TAGS: readonly (readonly [id: string, what: string, value: FieldValue])[] = [
  ['unquoted', 'without quotes', 'one'],
  ['single-quotes', 'in single quotes', "'one'"],
  ['open', 'with an open quote', '"one'],
  ['lower-case-w', 'with a small w', 'w/"one"'],
  ['weak-unquoted', 'that is weak and without quotes', 'W/one'],
  ['empty', 'that is empty', ''],
  ['two', 'that is two', '"one", "two"'],
  ['inner-quote', 'with a quote inside', '"on"e"'],
  ['space', 'with a space inside', '"o ne"'],
]

/** Statuses that `new Response` refuses to make. */
const ODD_STATUSES = [600, 799, 999] as const

export const badInput: readonly Row[] = [
  ...NO_TAGS.map(([id, what, etag]) =>
    choice('RFC 9110 §8.8.3', `bad-etag-${id}`, `an ETag ${what} is none, and is not sent`, [
      stored({ ...cached(0), etag }),
      asked(asking({ 'if-none-match': null })),
    ]),
  ),
  choice('RFC 9110 §8.8.3', 'bad-etag-kept', 'an invalid ETag is passed on', [
    stored({ ...cached(60), etag: 'one' }, gives({ etag: 'one' })),
    hit(gives({ etag: 'one' })),
  ]),
  optimal(
    'RFC 9110 §8.8.3',
    'odd-etag-obs-text',
    'an entity tag of characters beyond ASCII is sent as it came',
    [
      stored({ ...cached(0), etag: '"größe"' }),
      validated(asking({ 'if-none-match': '"größe"' })),
      // Chromium sends what a script sets as UTF-8, so no worker can give such a tag back byte for byte.
    ],
    { only: 'node' },
  ),
  optimal('RFC 9110 §8.8.3', 'odd-etag-long', 'an entity tag of four thousand characters is sent as it came', [
    stored({ ...cached(0), etag: `"${'x'.repeat(4000)}"` }),
    validated(asking({ 'if-none-match': `"${'x'.repeat(4000)}"` })),
  ]),
  optimal('RFC 9110 §8.8.3', 'bad-etag-on-304', 'a 304 with an invalid ETag confirms the answer in the conditions', [
    stored({ ...cached(0), etag: '"one"' }),
    validated({ origin: { status: 304, headers: { ...cached(60), etag: 'one' } } }),
    hit(),
  ]),
  ...ODD_STATUSES.map((code) =>
    required('RFC 9110 §15', `odd-status-${code}`, `a status of ${code} reaches the page`, [
      exchange(reply(cached(60), { status: code, body: 'one' }), { expect: { sent: {}, status: code, body: 'one' } }),
    ]),
  ),
  ...[204, 205].map((code) =>
    required('RFC 9110 §15.3', `empty-status-${code}`, `a ${code}, which has no body, reaches the page`, [
      exchange(reply(cached(60), { status: code, body: '' }), { expect: { sent: {}, status: code, body: '' } }),
    ]),
  ),
  required('RFC 9110 §15.3.6', 'stored-205', 'a 205 from store has no body either', [
    exchange(reply(cached(60), { status: 205, body: '' }), { expect: { status: 205 } }),
    hit({ expect: { status: 205, body: '' } }),
  ]),
  required('RFC 9112 §6.3', 'cut-is-cut', 'a body that breaks off breaks off for the page too', [
    exchange(reply(cached(60), { body: 'on', cut: true }), { expect: { status: 200, cut: true } }),
  ]),
  required('RFC 9111 §3.3', 'cut-then-whole', 'after a body that broke off the whole is stored', [
    exchange(reply(cached(60), { body: 'on', cut: true }), { expect: { status: 200, cut: true } }),
    stored(cached(60)),
    hit(),
  ]),
  optimal(
    'RFC 5861 §4',
    'cut-stand-in',
    'a truncated body leaves the stored answer in its place, and for offline use',
    [
      stored(control('max-age=60, stale-if-error=60')),
      pass(61),
      exchange(reply(cached(60), { body: 'tw', cut: true }), { expect: { body: 'one' } }),
      exchange({ origin: 'away', expect: { body: 'one' } }),
    ],
  ),
  optimal('RFC 9111 §5.2', 'long-cache-control', 'a Cache-Control of ten thousand characters is read', [
    stored(control(`${'swallow=african, '.repeat(600)}max-age=60`)),
    hit(),
  ]),
  optimal('RFC 9111 §5.2', 'long-number', 'a number of a thousand digits is a long time', [
    stored(control(`max-age=${'1'.repeat(1000)}`)),
    hit(),
  ]),
  optimal('RFC 9111 §5.2', 'cache-control-obs-text', 'characters beyond ASCII in another directive do no harm', [
    stored(control('größe="ß", max-age=60')),
    hit(),
  ]),
  choice('RFC 9111 §4.2.1', 'cache-control-kelvin', 'a letter that only looks like one in lower case is another', [
    stored({ ...control('max-age=60, no-store\u00df'), etag: '"one"' }),
    hit(),
  ]),
  optimal('RFC 9111 §5.2', 'cache-control-nonsense', 'nonsense before a directive does no harm', [
    stored(control('=, ==, ;, max-age=60')),
    hit(),
  ]),
  choice('RFC 9111 §5.2', 'open-quote-no-store', 'a no-store after an unclosed quote is obeyed', [
    stored({ ...control('max-age=60, swallow="african, no-store'), etag: '"one"' }),
    asked(unconditional),
  ]),
  choice('RFC 9110 §5.6.7', 'two-dates', 'two lines of Date count as none', [
    stored({ ...cached(60), date: ['Tue, 03 Nov 2020 10:00:00 GMT', 'Tue, 03 Nov 2020 10:00:00 GMT'] }),
    hit(gives({ age: '0' })),
  ]),
  optimal('RFC 9111 §5.1', 'long-age', 'an Age of a thousand digits is old', [
    stored({ ...cached(60), age: '1'.repeat(1000) }),
    asked(),
  ]),
  optimal('RFC 9111 §4.1', 'vary-nonsense', 'a Vary of commas names nothing', [
    stored({ ...cached(60), vary: ', ,,' }),
    hit(),
  ]),
  optimal('RFC 9111 §4.1', 'vary-many', 'a Vary of five hundred names is compared', [
    stored(
      { ...cached(60), vary: Array.from({ length: 500 }, (_, index) => `x-${index}`).join(',') },
      sending({ 'x-499': 'a' }),
    ),
    hit(sending({ 'x-499': 'a' })),
    missed(sending({ 'x-499': 'b' })),
  ]),
  required('RFC 9111 §4.1', 'vary-not-a-token', 'a Vary with a name that is no token matches nothing else', [
    stored({ ...cached(60), vary: 'x-any, (odd)' }, sending({ 'x-any': 'a' })),
    missed(sending({ 'x-any': 'b' })),
  ]),
  required('RFC 9111 §3.1', 'odd-field-names', 'fields whose names languages reserve are stored', [
    stored({ ...cached(60), constructor: 'a', 'to-string': 'b' }),
    hit(gives({ constructor: 'a', 'to-string': 'b' })),
  ]),
  optimal('RFC 9211 §2', 'cache-status-nonsense', 'an unreadable Cache-Status of the origin does no harm', [
    stored({ ...cached(60), 'cache-status': '"open; hit, (' }),
    hit(),
  ]),
  optimal('RFC 9111 §5.2.1', 'request-nonsense', 'nonsense in a request’s Cache-Control does no harm', [
    stored(cached(60)),
    hit(sending({ 'cache-control': '=, ==, ;, swallow="no-cache, max-age=0"' })),
  ]),
  choice('RFC 9111 §4.2.1', 'request-max-stale-unreadable', 'a max-stale that is no number takes nothing stale', [
    stored({ ...cached(60), etag: '"one"' }),
    pass(61),
    validated(sending({ 'cache-control': 'max-stale=long' }), conditional),
  ]),
  optimal('RFC 9110 §8.3', 'content-type-nonsense', 'an invalid Content-Type does no harm', [
    stored({ ...cached(60), 'content-type': ';;charset' }),
    hit(gives({ 'content-type': ';;charset' })),
  ]),
  optimal('RFC 9111 §3', 'no-fields', 'an answer with hardly a field is passed on', [
    answered(reply({ date: null }, { body: 'one' })),
  ]),
  required('RFC 9111 §4.3.3', '304-with-nonsense', 'unreadable freshness of a 304 ends freshness', [
    stored({ ...cached(60), etag: '"one"' }),
    pass(60),
    validated({ origin: { status: 304, headers: control('max-age=soon') } }),
    validated(conditional),
  ]),
  required('RFC 9110 §5.5', 'field-twice', 'two lines of ETag are no entity tag', [
    stored({ ...cached(0), etag: ['"one"', '"two"'] }),
    asked(asking({ 'if-none-match': null })),
  ]),
]

import type { Row } from '../row.ts'
import {
  answered,
  asked,
  asking,
  behind,
  cached,
  choice,
  conditional,
  control,
  exchange,
  gives,
  hit,
  hitThenAsked,
  missed,
  needing,
  optimal,
  pass,
  reply,
  required,
  says,
  sending,
  stored,
  text,
  validated,
} from '../steps.ts'

const onAny = { ...cached(60), vary: 'x-any' }
const any = (value: string) => sending({ 'x-any': value })

/** Fields that the network adds below a worker: the same in every request of one browser. */
const SAME_FOR_ALL = ['Accept-Encoding', 'User-Agent', 'Origin', 'Host'] as const

/** Fields that the network adds below a worker: different from request to request. */
const UNSEEN = ['Sec-Fetch-Mode', 'Sec-CH-UA', 'Referer'] as const

export const vary: readonly Row[] = [
  optimal('RFC 9111 §4.1', 'vary-same', 'the same value is answered from store', [
    stored(onAny, any('a')),
    hit(any('a')),
  ]),
  required('RFC 9111 §4.1', 'vary-other', 'another value is not', [stored(onAny, any('a')), missed(any('b'))], {
    dependsOn: ['vary-same'],
  }),
  optimal('RFC 9111 §4.1', 'vary-absent', 'absent matches absent', [stored(onAny), hit()]),
  required('RFC 9111 §4.1', 'vary-now-absent', 'absent does not match present', [stored(onAny, any('a')), missed()], {
    dependsOn: ['vary-same'],
  }),
  required('RFC 9111 §4.1', 'vary-now-present', 'present does not match absent', [stored(onAny), missed(any('a'))], {
    dependsOn: ['vary-same'],
  }),
  required('RFC 9111 §4.1', 'vary-empty', 'an empty value does not match absent', [stored(onAny), missed(any(''))], {
    dependsOn: ['vary-same'],
  }),
  required(
    'RFC 9111 §4.1',
    'vary-value-case',
    'values are compared in their case',
    [stored(onAny, any('a')), missed(any('A'))],
    { dependsOn: ['vary-same'] },
  ),
  required(
    'RFC 9111 §4.1',
    'vary-prefix',
    'a value that begins alike is another',
    [stored(onAny, any('a')), missed(any('ab'))],
    { dependsOn: ['vary-same'] },
  ),
  required('RFC 9111 §4.1', 'vary-star', 'Vary: * never matches', [stored({ ...cached(60), vary: '*' }), asked()], {
    dependsOn: ['vary-same'],
  }),
  ...(
    [
      ['star-behind', 'behind a name', 'x-any, *'],
      ['star-before', 'before a name', '*, x-any'],
      ['star-line', 'in a line of its own', ['x-any', '*']],
      ['star-spaces', 'with white space around it', ' * '],
    ] as const
  ).map(([id, what, value]) =>
    required('RFC 9111 §4.1', `vary-${id}`, `a star ${what} never matches`, [
      stored({ ...cached(60), vary: value }),
      asked(),
    ]),
  ),
  required(
    'RFC 9111 §4.1',
    'vary-star-force',
    'Vary: * is not served to force-cache either',
    [stored({ ...cached(60), vary: '*' }), asked({ request: { cache: 'force-cache' } })],
    { dependsOn: ['vary-same'] },
  ),
  required('RFC 9111 §4.1', 'vary-name-case', 'names are compared in any case', [
    stored({ ...cached(60), vary: 'X-ANY' }, any('a')),
    hit(any('a')),
    missed(any('b')),
  ]),
  required('RFC 9111 §4.1', 'vary-two-names', 'all names must match', [
    stored({ ...cached(60), vary: 'x-any, x-other' }, sending({ 'x-any': 'a', 'x-other': 'a' })),
    hit(sending({ 'x-any': 'a', 'x-other': 'a' })),
    missed(sending({ 'x-any': 'a', 'x-other': 'b' })),
  ]),
  required('RFC 9111 §4.1', 'vary-two-lines', 'names may come in lines of their own', [
    stored({ ...cached(60), vary: ['x-any', 'x-other'] }, sending({ 'x-any': 'a', 'x-other': 'a' })),
    missed(sending({ 'x-any': 'b', 'x-other': 'a' })),
  ]),
  required('RFC 9111 §4.1', 'vary-last-of-many', 'the last of many names counts', [
    stored({ ...cached(60), vary: 'x-a, x-b, x-c ,x-d,, x-any' }, any('a')),
    hit(any('a')),
    missed(any('b')),
  ]),
  optimal('RFC 9111 §4.1', 'vary-others-ignored', 'fields that are not named do not matter', [
    stored(onAny, sending({ 'x-any': 'a', 'x-other': 'a' })),
    hit(sending({ 'x-any': 'a', 'x-other': 'b' })),
  ]),
  optimal('RFC 9111 §4.1', 'vary-empty-field', 'an empty Vary names nothing', [
    stored({ ...cached(60), vary: '' }),
    hit(),
  ]),
  optimal('RFC 9111 §4.1', 'vary-two-variants', 'variants are stored side by side', [
    stored(onAny, any('a')),
    asked(any('b'), reply(onAny)),
    hit(any('a')),
    hit(any('b'), text('two')),
  ]),
  optimal('RFC 9111 §4.1', 'vary-variant-validated', 'a variant is validated by its own entity tag', [
    stored({ ...onAny, etag: '"one"' }, any('a')),
    asked(any('b'), reply({ ...onAny, etag: '"two"' })),
    pass(61),
    validated(any('a'), conditional),
    validated(any('b'), asking({ 'if-none-match': '"two"' }), text('two')),
  ]),
  optimal('RFC 9111 §4.1', 'vary-variant-replaced', 'a new answer replaces its own variant alone', [
    stored(onAny, any('a')),
    asked(any('b'), reply(onAny)),
    asked(any('a'), { request: { cache: 'reload' } }, reply(onAny, { body: 'three' })),
    hit(any('b'), text('two')),
    hit(any('a'), text('three')),
  ]),
  choice(
    'RFC 9111 §4.1',
    'vary-latest',
    'the response that was asked for last goes before an earlier one that varies and matches',
    [
      stored(onAny, any('a')),
      asked(any('b'), reply(cached(60))),
      hit(any('a'), text('two')),
      hit(any('c'), text('two')),
    ],
  ),
  choice('RFC 9111 §4.1', 'vary-white-space', 'white space around the members of a list means nothing', [
    stored(onAny, any('a, b')),
    hit(any('a,b')),
  ]),
  choice('RFC 9111 §4.1', 'vary-order', 'the order of the members of a list is not known to mean nothing', [
    stored(onAny, any('a, b')),
    missed(any('b, a')),
  ]),
  optimal('RFC 9111 §4.1', 'vary-accept-language', 'variants of a negotiated language are kept apart', [
    stored({ ...cached(60), vary: 'Accept-Language' }, sending({ 'accept-language': 'en' })),
    hit(sending({ 'accept-language': 'en' })),
    missed(sending({ 'accept-language': 'de' })),
  ]),
  required('RFC 9111 §4.1', 'vary-authorization', 'variants by Authorization are kept apart', [
    stored({ ...cached(60), vary: 'Authorization' }, sending({ authorization: 'Bearer one' })),
    missed(sending({ authorization: 'Bearer two' })),
  ]),
  required('RFC 9111 §4.1', 'vary-authorization-absent', 'nor does it answer a request without Authorization', [
    stored({ ...cached(60), vary: 'Authorization' }, sending({ authorization: 'Bearer one' })),
    missed(),
  ]),
  ...SAME_FOR_ALL.map((name) =>
    choice('RFC 9111 §4.1', `vary-${name.toLowerCase()}`, `Vary: ${name} is settled below`, [
      stored({ ...cached(60), vary: name }),
      hit(),
    ]),
  ),
  required('RFC 9111 §4.1', 'vary-cookie', 'Vary: Cookie of an answer without a user is validated before each use', [
    stored({ ...cached(60), etag: '"one"', vary: 'Cookie' }),
    validated(asking({ 'if-none-match': '"one"' })),
  ]),
  ...needing(
    'vary-same',
    UNSEEN.map((name) =>
      choice('RFC 9111 §4.1', `vary-${name.toLowerCase()}`, `Vary: ${name}, which a worker cannot see, is not stored`, [
        stored({ ...cached(60), etag: '"one"', vary: name }),
        missed(),
      ]),
    ),
  ),
  choice('RFC 9110 §12.5.1', 'vary-accept-unsaid', 'another Accept is another resource, even where no Vary says so', [
    stored(cached(60), sending({ accept: 'application/json' })),
    hit(sending({ accept: 'application/json' })),
    missed(sending({ accept: 'text/csv' })),
  ]),
  required('RFC 9111 §4.1', 'vary-accept', 'variants by Accept are kept apart', [
    stored({ ...cached(60), vary: 'Accept' }, sending({ accept: 'application/json' })),
    hit(sending({ accept: 'application/json' })),
    missed(sending({ accept: 'text/csv' })),
  ]),
  choice('Fetch §2.2.5', 'vary-credentials', 'an answer without credentials does not answer a request with them', [
    stored(cached(60), { request: { credentials: 'omit' } }),
    missed({ request: { credentials: 'include' } }),
  ]),
  required('RFC 9111 §3.1', 'vary-is-kept', 'Vary is answered from store', [
    stored(onAny),
    hit(gives({ vary: 'x-any' })),
  ]),
  optimal('RFC 9111 §4.3.1', 'vary-sent-behind', 'a background request sends the varying fields too', [
    stored({ ...control('max-age=60, stale-while-revalidate=60'), vary: 'x-any' }, any('a')),
    pass(61),
    hitThenAsked(any('a'), behind({ headers: { 'x-any': 'a' } })),
  ]),
  optimal('RFC 9211 §2.2', 'vary-miss-is-told', 'another variant is reported as vary-miss', [
    stored(onAny, any('a')),
    missed(any('b'), says('fwd=vary-miss')),
  ]),
  optimal('RFC 9111 §4.1', 'vary-only-if-cached', 'only-if-cached with another variant is a 504', [
    stored(onAny, any('a')),
    exchange(sending({ 'x-any': 'b', 'cache-control': 'only-if-cached' }), { expect: { sent: false, status: 504 } }),
  ]),
  optimal('RFC 9111 §4.1', 'vary-304-changes', 'a Vary that a 304 brings counts from then on', [
    stored({ ...cached(0), etag: '"one"' }, any('a')),
    validated({ origin: { status: 304, headers: { ...onAny, etag: '"one"' } } }, any('a')),
    hit(any('a')),
    asked(any('b')),
  ]),
  optimal('RFC 9111 §4.1', 'vary-changes', 'each stored response is matched by its own Vary', [
    stored(onAny, sending({ 'x-any': 'a', 'x-other': 'a' })),
    asked(sending({ 'x-any': 'b', 'x-other': 'a' }), reply({ ...cached(60), vary: 'x-other' })),
    hit(sending({ 'x-any': 'c', 'x-other': 'a' }), text('two')),
    missed(sending({ 'x-any': 'c', 'x-other': 'b' })),
  ]),
  required('RFC 9111 §4.1', 'vary-head', 'HEAD is matched like GET', [
    stored(onAny, any('a')),
    answered({ request: { method: 'HEAD', headers: { 'x-any': 'b' } } }),
  ]),
]

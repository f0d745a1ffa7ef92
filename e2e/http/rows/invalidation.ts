import type { Row } from '../row.ts'
import {
  answered,
  asked,
  at,
  by,
  cached,
  choice,
  conditional,
  control,
  exchange,
  hit,
  missed,
  optimal,
  reply,
  required,
  sending,
  stored,
  text,
  together,
  using,
  validated,
} from '../steps.ts'

const FRESH = { ...cached(60), etag: '"one"' }

/** A write, answered with this status. */
const write = (method: string, status = 200, headers: Record<string, string> = {}) =>
  answered(
    by(method, method === 'DELETE' ? undefined : 'written'),
    sending(method === 'DELETE' ? {} : { 'content-type': 'text/plain' }),
    reply(headers, { status }),
  )

const SUCCESSES = [200, 201, 202, 204, 206, 207, 300] as const
const REFUSALS = [400, 401, 403, 404, 409, 422, 428, 429, 500, 501] as const
const UNKNOWN = [412, 502, 503, 504] as const

export const invalidation: readonly Row[] = [
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'MKCOL', 'LINK'].map((method) =>
    required('RFC 9111 §4.4', `write-${method.toLowerCase()}`, `a ${method} ends the freshness of its URL`, [
      stored(FRESH),
      write(method),
      asked(),
    ]),
  ),
  ...SUCCESSES.map((status) =>
    required('RFC 9111 §4.4', `write-${status}`, `a write answered ${status} ends freshness`, [
      stored(FRESH),
      write('PUT', status),
      asked(),
    ]),
  ),
  required('RFC 9111 §4.4', 'write-303', 'a write answered with a redirect ends freshness', [
    stored(FRESH),
    answered(by('POST', 'written'), sending({ 'content-type': 'text/plain' }), {
      origin: [{ status: 303, headers: { location: '{self}/other' } }, { body: 'two' }],
      expect: { sent: [{ method: 'POST' }, { method: 'GET' }] },
    }),
    asked(),
  ]),
  ...REFUSALS.map((status) =>
    optimal('RFC 9111 §4.4', `write-refused-${status}`, `a write answered ${status} ends nothing`, [
      stored(FRESH),
      write('PUT', status),
      hit(),
    ]),
  ),
  ...UNKNOWN.map((status) =>
    choice('RFC 9111 §4.4', `write-unknown-${status}`, `a write answered ${status} has an unknown outcome: ended`, [
      stored(FRESH),
      write('PUT', status),
      asked(),
    ]),
  ),
  choice('RFC 9111 §4.4', 'write-failed', 'a write that failed in the network has an unknown outcome: ended', [
    stored(FRESH),
    exchange(by('PUT', 'written'), { origin: 'away', expect: { error: true } }),
    asked(),
  ]),
  ...['GET', 'HEAD', 'OPTIONS'].map((method) =>
    required('RFC 9110 §9.2.1', `safe-${method.toLowerCase()}`, `a ${method} ends nothing`, [
      stored(FRESH),
      answered(by(method), sending({ 'cache-control': 'no-store', 'x-any': 'a' }), using('no-store')),
      hit(),
    ]),
  ),
  choice('RFC 9111 §4.4', 'write-keeps-body', 'what a write has ended may be validated', [
    stored(FRESH),
    write('PUT'),
    validated(conditional),
    hit(),
  ]),
  required('RFC 9111 §4.4', 'write-then-new', 'what is read after a write is fresh again', [
    stored(FRESH),
    write('PUT'),
    asked(reply(cached(60))),
    hit(text('two')),
  ]),
  required('RFC 9111 §4.4', 'write-variants', 'a write ends all variants', [
    stored({ ...cached(60), vary: 'x-any' }, sending({ 'x-any': 'a' })),
    asked(sending({ 'x-any': 'b' }), reply({ ...cached(60), vary: 'x-any' })),
    write('PUT'),
    asked(sending({ 'x-any': 'a' }), reply({ vary: 'x-any' }, { body: 'three' })),
    asked(sending({ 'x-any': 'b' }), reply({ vary: 'x-any' }, { body: 'four' })),
  ]),
  required('RFC 9111 §4.4', 'write-swr', 'what a write has ended is not served stale', [
    stored({ ...control('max-age=0, stale-while-revalidate=60'), etag: '"one"' }),
    write('PUT'),
    validated(conditional),
  ]),
  required('RFC 9111 §4.4', 'write-max-stale', 'what a write has ended is not served to max-stale', [
    stored(FRESH),
    write('PUT'),
    validated(sending({ 'cache-control': 'max-stale' }), conditional),
  ]),
  choice('RFC 9111 §4.4', 'write-force-cache', 'what a write has ended is not served to force-cache', [
    stored(FRESH),
    write('PUT'),
    asked(using('force-cache')),
  ]),
  optimal('RFC 9111 §4.4', 'write-only-if-cached', 'what a write has ended is a 504 to only-if-cached', [
    stored(FRESH),
    write('PUT'),
    exchange(sending({ 'cache-control': 'only-if-cached' }), { expect: { sent: false, status: 504 } }),
  ]),
  choice('RFC 9111 §4.4', 'write-stand-in', 'an invalidated answer is served while the origin is away, and says so', [
    stored(control('max-age=60, stale-if-error=600')),
    write('PUT'),
    exchange({ origin: 'away', expect: { body: 'one', cacheStatus: 'detail=offline-before-write' } }),
  ]),
  required('RFC 9111 §4.4', 'write-head', 'what a write has ended is not served to HEAD', [
    stored(FRESH),
    write('PUT'),
    answered(by('HEAD')),
  ]),
  optimal('RFC 9111 §4.4', 'write-other-path', 'a write ends nothing at another path', [
    stored(cached(60), at('/other')),
    write('PUT'),
    hit(at('/other')),
  ]),
  optimal('RFC 9111 §4.4', 'write-longer-path', 'a write ends nothing at a path that begins with its own', [
    stored(cached(60), at('/a')),
    answered(by('PUT', 'written'), at('/')),
    hit(at('/a')),
  ]),
  required('RFC 9111 §4.4', 'write-query', 'a write to a URL with a query ends that URL', [
    stored(cached(60), at('?a=1')),
    answered(by('PUT', 'written'), at('?a=1')),
    asked(at('?a=1')),
  ]),
  choice('RFC 9111 §4.4', 'write-any-query', 'a write to a URL without a query ends that URL with any', [
    stored(cached(60), at('?a=1')),
    write('PUT'),
    asked(at('?a=1')),
  ]),
  ...(
    [
      ['location', 'absolute', '{origin}{self}/other'],
      ['location', 'path', '{self}/other'],
      ['content-location', 'absolute', '{origin}{self}/other'],
      ['content-location', 'path', '{self}/other'],
    ] as const
  ).map(([name, form, value]) =>
    choice('RFC 9111 §4.4', `write-${name}-${form}`, `a write ends what ${name} names, as ${form}`, [
      stored(FRESH, at('/other')),
      write('POST', 201, { [name]: value }),
      asked(at('/other')),
    ]),
  ),
  choice('RFC 9111 §4.4', 'write-location-relative', 'a relative Location is resolved against the URL written to', [
    stored(FRESH, at('/other')),
    answered(by('POST', 'written'), at('/'), reply({ location: 'other' }, { status: 201 })),
    asked(at('/other')),
  ]),
  ...['location', 'content-location'].flatMap((name) => [
    required('RFC 9111 §4.4', `write-${name}-foreign`, `a write ends nothing of another origin that ${name} names`, [
      stored(FRESH, at('/other')),
      write('POST', 201, { [name]: 'http://other.example{self}/other' }),
      hit(at('/other')),
    ]),
    optimal('RFC 9111 §4.4', `write-${name}-refused`, `a write that is refused ends nothing that ${name} names`, [
      stored(FRESH, at('/other')),
      write('POST', 400, { [name]: '{self}/other' }),
      hit(at('/other')),
    ]),
    required('RFC 9111 §4.4', `read-${name}`, `a read ends nothing that ${name} names`, [
      stored(FRESH, at('/other')),
      answered(reply({ [name]: '{self}/other' })),
      hit(at('/other')),
    ]),
  ]),
  optimal(
    'RFC 9111 §4.4',
    'write-location-unreadable',
    'a Location that is no URL ends nothing more and harms nothing',
    [stored(FRESH), write('POST', 201, { location: 'http://[' }), asked()],
  ),
  ...(
    [
      ['unreserved', '/%7Ea%61', '/~aa'],
      ['unreserved-back', '/~a', '/%7Ea'],
      ['case', '/a%2fb', '/a%2Fb'],
    ] as const
  ).map(([name, written, read]) =>
    required('RFC 3986 §6.2.2', `write-encoding-${name}`, `a write ends its URL in every encoding: ${name}`, [
      stored(FRESH, at(read)),
      answered(by('PUT', 'written'), at(written)),
      asked(at(read)),
    ]),
  ),
  required('RFC 3986 §2.2', 'write-encoding-reserved', 'a write to an encoded slash ends nothing behind a slash', [
    stored(FRESH, at('/a/b')),
    answered(by('PUT', 'written'), at('/a%2Fb')),
    hit(at('/a/b')),
  ]),
  required('RFC 3986 §6.2.2', 'write-location-encoding', 'a write ends what Location names in another encoding', [
    stored(FRESH, at('/~other')),
    write('POST', 201, { location: '{self}/%7Eother' }),
    asked(at('/~other')),
  ]),
  required('RFC 3986 §6.2.2', 'read-encoding', 'a read is answered by what is stored of its URL in another encoding', [
    stored(FRESH, at('/%7Ea')),
    hit(at('/~a')),
  ]),
  required('RFC 9111 §4', 'write-through', 'a write reaches the origin as it is, each time', [
    answered(
      by('PUT', 'written'),
      sending({ 'content-type': 'text/plain', 'x-any': 'a', 'if-match': '"one"' }),
      reply({ ...cached(60), 'x-other': 'b' }, { body: 'one' }),
      {
        expect: {
          sent: { headers: { 'x-any': 'a', 'if-match': '"one"', 'content-type': 'text/plain', 'content-length': '7' } },
        },
      },
    ),
    answered(by('PUT', 'written'), reply(cached(60), { body: 'two' })),
  ]),
  ...['PUT', 'PATCH', 'DELETE'].map((method) =>
    required('RFC 9110 §9.3', `answer-to-${method.toLowerCase()}`, `the answer to a ${method} answers no read`, [
      write(method, 200, { ...cached(60), 'content-location': '{self}', etag: '"one"' }),
      missed(),
    ]),
  ),
  choice('RFC 9110 §9.3.3', 'answer-to-post', 'the answer to a POST answers no read, though it might', [
    write('POST', 200, { ...cached(60), 'content-location': '{self}', etag: '"one"' }),
    missed(),
  ]),
  optimal('RFC 9111 §4.4', 'read-before-write', 'what was asked before a write is not stored as fresh after it', [
    together(answered(reply(cached(60), { body: 'before', held: true })), answered(by('PUT', 'written'))),
    asked(reply(cached(60))),
    hit(text('two')),
  ]),
  optimal('RFC 9111 §4', 'read-joins-no-older', 'a read after a write does not join one before it', [
    together(
      answered(reply(cached(60), { body: 'before', held: true })),
      answered(by('PUT', 'written')),
      answered(reply(cached(60), { body: 'after' })),
    ),
    hit(text('after')),
  ]),
]

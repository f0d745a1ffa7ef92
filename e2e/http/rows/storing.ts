import type { Row } from '../row.ts'
import {
  ago,
  ahead,
  answered,
  asked,
  at,
  by,
  cached,
  choice,
  conditional,
  control,
  exchange,
  gives,
  hit,
  inTurn,
  missed,
  optimal,
  pass,
  replies,
  reply,
  required,
  says,
  sending,
  stale,
  status,
  stored,
  text,
  validated,
} from '../steps.ts'

const TAG = { etag: '"one"' }

/** With explicit freshness every final status may be stored; these are, known or not. */
const STORED_WHEN_FRESH = [
  200, 201, 202, 203, 226, 299, 300, 400, 403, 404, 405, 410, 414, 418, 451, 499, 500, 501, 502, 503, 504, 599,
]

/** Cacheable by default: stored without a word on freshness. */
const STORED_BY_DEFAULT = [200, 203, 300, 301, 308]

/** Not cacheable by default: without a word on freshness nothing allows to store them. */
const NOT_STORED_BY_DEFAULT = [201, 202, 302, 307, 400, 401, 402, 403, 409, 418, 422, 500, 502, 503, 504]

/** Cacheable by default, but an error that does not say for how long is better asked about again. */
const ERRORS_NOT_STORED_BY_DEFAULT = [404, 405, 410, 414, 501]

export const storing: readonly Row[] = [
  ...STORED_WHEN_FRESH.map((code) =>
    optimal('RFC 9111 §3', `stores-fresh-${code}`, `a ${code} with max-age is reused`, [
      stored(cached(60), { origin: { status: code } }),
      hit({ expect: { status: code } }),
    ]),
  ),
  optimal('RFC 9111 §3', 'stores-fresh-204', 'a 204 with max-age is reused, still without a body', [
    stored(cached(60), { origin: { status: 204, body: '' } }),
    hit({ expect: { status: 204, body: '' } }),
  ]),
  ...STORED_BY_DEFAULT.map((code) =>
    choice('RFC 9110 §15.1', `stores-${code}`, `a ${code} that says nothing is stored and validated`, [
      stored(TAG, { origin: { status: code } }),
      validated(conditional, { expect: { status: code } }),
    ]),
  ),
  ...NOT_STORED_BY_DEFAULT.map((code) =>
    required('RFC 9111 §3', `stores-no-${code}`, `a ${code} that says nothing is not stored`, [
      stored(TAG, { origin: { status: code } }),
      missed(),
    ]),
  ),
  ...ERRORS_NOT_STORED_BY_DEFAULT.map((code) =>
    choice('RFC 9111 §3', `stores-no-${code}`, `a ${code} that says nothing is not stored`, [
      stored(TAG, { origin: { status: code } }),
      missed(),
    ]),
  ),
  optimal('RFC 9111 §3', 'stores-201-public', 'public makes a status storable that is not by default', [
    stored({ ...control('public'), ...TAG }, { origin: { status: 201 } }),
    validated(conditional, { expect: { status: 201 } }),
  ]),
  optimal('RFC 9111 §3', 'stores-201-private', 'private makes a status storable that is not by default', [
    stored({ ...control('private'), ...TAG }, { origin: { status: 201 } }),
    validated(conditional, { expect: { status: 201 } }),
  ]),
  optimal('RFC 9111 §3', 'stores-201-expires', 'Expires makes a status storable that is not by default', [
    stored({ expires: ahead(60) }, { origin: { status: 201 } }),
    hit({ expect: { status: 201 } }),
  ]),
  choice('RFC 9111 §3', 'stores-no-400-public', 'public does not make an error storable', [
    stored({ ...control('public'), ...TAG }, { origin: { status: 400 } }),
    missed(),
  ]),
  ...[428, 429].map((code) =>
    required(`RFC 6585 §${code - 425}`, `stores-never-${code}`, `a ${code} is never stored`, [
      stored({ ...cached(60), ...TAG }, { origin: { status: code } }),
      missed(),
    ]),
  ),
  ...[502, 503, 504].flatMap((code) => [
    choice('RFC 9111 §3', `stored-outlives-${code}`, `a ${code} with max-age does not replace what is better`, [
      stored(stale),
      asked(status(code, { ...cached(60), etag: '"busy"' })),
      validated(conditional),
    ]),
    choice('RFC 5861 §4', `stood-in-for-${code}`, `what is stored stands in for a ${code} with max-age`, [
      stored(control('max-age=0, stale-if-error=3600')),
      exchange(status(code, cached(60)), { expect: { sent: {}, status: 200, body: 'one' } }),
      missed(),
    ]),
    optimal('RFC 9111 §4.3.3', `${code}-replaced`, `an answer of the origin takes the place of a stored ${code}`, [
      stored(cached(60), { origin: { status: code } }),
      pass(60),
      asked(reply(cached(60))),
      hit(text('two')),
    ]),
  ]),
  choice('RFC 9111 §4.1', 'stored-outlives-503-of-other', 'a 503 with max-age does not hide a better variant', [
    stored({ ...cached(60), vary: 'x-any' }, sending({ 'x-any': 'a' })),
    asked(sending({ 'x-any': 'b' }), status(503, cached(60))),
    hit(sending({ 'x-any': 'a' })),
    asked(sending({ 'x-any': 'b' })),
  ]),
  optimal('RFC 9111 §5.2.2.3', 'must-understand-known', 'must-understand of a known status lifts no-store', [
    stored(control('no-store, must-understand, max-age=60')),
    hit(),
  ]),
  required('RFC 9111 §5.2.2.3', 'must-understand-unknown', 'must-understand of an unknown status forbids to store', [
    stored({ ...control('must-understand, max-age=60'), ...TAG }, { origin: { status: 499 } }),
    missed(),
  ]),
  required('RFC 9111 §5.2.2.3', 'must-understand-unknown-no-store', 'no-store stands where the status is unknown', [
    stored({ ...control('no-store, must-understand, max-age=60'), ...TAG }, { origin: { status: 499 } }),
    missed(),
  ]),
  optimal('RFC 9111 §5.2.2.3', 'must-understand-alone', 'must-understand of a known status changes nothing else', [
    stored(control('must-understand, max-age=60')),
    pass(59),
    hit(),
    pass(1),
    asked(),
  ]),
  optimal('RFC 9111 §3.5', 'stores-authorized', 'a private cache stores the answer to a request with credentials', [
    stored(cached(60), sending({ authorization: 'Bearer one' })),
    hit(sending({ authorization: 'Bearer one' })),
  ]),
  optimal('RFC 9111 §7.3', 'stores-set-cookie', 'Set-Cookie does not hinder storing', [
    stored({ ...cached(60), 'set-cookie': 'row=one' }),
    hit(),
  ]),
  required('RFC 9111 §3.1', 'stores-all-fields', 'unknown fields are stored and served', [
    stored({ ...cached(60), 'x-any': 'a', 'x-empty': '' }),
    hit(gives({ 'x-any': 'a', 'x-empty': '' })),
  ]),
  required('RFC 9111 §3.1', 'stores-repeated-fields', 'the lines of a field are stored in their order', [
    stored({ ...cached(60), 'x-any': ['a', 'b', 'a'] }),
    hit(gives({ 'x-any': 'a, b, a' })),
  ]),
  required('RFC 9111 §3.1', 'stores-no-connection-fields', 'fields that Connection names are not stored', [
    stored({ ...cached(60), connection: 'keep-alive, x-hop', 'x-hop': 'a', 'x-end': 'b' }),
    hit(gives({ 'x-hop': null, 'x-end': 'b' })),
  ]),
  required('RFC 9111 §3.1', 'stores-no-connection', 'Connection itself is not stored', [
    stored({ ...cached(60), connection: 'keep-alive' }),
    hit(gives({ connection: null })),
  ]),
  required('RFC 9110 §8.6', 'stores-length', 'the length of a stored body is said', [
    stored(cached(60)),
    hit(gives({ 'content-length': '3' })),
  ]),
  optimal('RFC 9110 §8.6', 'stores-length-unsaid', 'the length is said where the origin did not say it', [
    stored({ ...cached(60), 'content-length': null }),
    hit(gives({ 'content-length': '3' })),
  ]),
  required('RFC 9110 §8.6', 'stores-length-204', 'a 204 has no length', [
    stored(cached(60), { origin: { status: 204, body: '' } }),
    hit(text(''), gives({ 'content-length': null }), { expect: { status: 204 } }),
  ]),
  required('RFC 9110 §8.6', 'stores-length-head', 'HEAD is answered with the length that GET would have', [
    stored(cached(60)),
    hit(by('HEAD'), text(''), gives({ 'content-length': '3' })),
  ]),
  required('RFC 9110 §8.6', 'stores-length-304', 'a 304 from store has no length', [
    stored({ ...cached(60), etag: '"one"' }),
    hit(sending({ 'if-none-match': '"one"' }), text(''), gives({ 'content-length': null }), {
      expect: { status: 304 },
    }),
  ]),
  required('RFC 9111 §3.1', 'stores-unknown-coding', 'a coding that was not decoded is stored and served', [
    stored({ ...cached(60), 'content-encoding': 'x-own' }),
    hit(gives({ 'content-encoding': 'x-own', 'content-length': '3' })),
  ]),
  required('RFC 9111 §3.1', 'stores-coding-of-304', 'a coding that a 304 adds does not describe the stored body', [
    stored({ ...stale }),
    validated(conditional, reply({ ...cached(60), 'content-encoding': 'x-own' }, { status: 304 })),
    hit(gives({ 'content-encoding': null })),
  ]),
  ...['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'GZIP, br'].map((coding) =>
    required(
      'RFC 9111 §3.1',
      `stores-no-${coding.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`,
      `a stored body is not called ${coding}: the browser has decoded it`,
      [
        stored({ ...cached(60), 'content-encoding': coding }),
        hit(gives({ 'content-encoding': null, 'content-length': '3' })),
      ],
      // The origin of the rows codes nothing.
      { only: 'node' },
    ),
  ),
  ...['Proxy-Authenticate', 'Proxy-Authentication-Info', 'Proxy-Authorization'].map((name) =>
    required('RFC 9111 §3.1', `stores-no-${name.toLowerCase()}`, `${name} is not stored`, [
      stored({ ...cached(60), [name.toLowerCase()]: 'Basic realm="row"' }),
      hit(gives({ [name.toLowerCase()]: null })),
    ]),
  ),
  required('RFC 9111 §3.3', 'stores-no-part', 'a body that breaks off is not stored', [
    exchange(reply({ ...cached(60), ...TAG }, { body: 'on', cut: true }), { expect: { status: 200, cut: true } }),
    missed(),
  ]),
  required('RFC 9111 §3.3', 'stored-outlives-part', 'a body that breaks off does not replace what is stored', [
    stored(stale),
    exchange(reply({ ...cached(60) }, { body: 'tw', cut: true }), { expect: { status: 200, cut: true } }),
    validated(conditional),
  ]),
  optimal('RFC 9111 §3', 'stores-empty-body', 'an empty body is a body', [
    stored(cached(60), { origin: { body: '' } }),
    hit(text('')),
  ]),
  optimal('RFC 9111 §3', 'stores-useless', 'without freshness and validator the origin is asked each time', [
    stored({}),
    missed(),
    pass(10),
    missed(),
  ]),
  required('RFC 9111 §2', 'stores-by-query', 'another query is another resource', [
    stored(cached(60), at('?a=1')),
    hit(at('?a=1')),
    missed(at('?a=2')),
    missed(),
  ]),
  required('RFC 9111 §2', 'stores-by-path', 'another path is another resource', [
    stored(cached(60)),
    missed(at('/other')),
  ]),
  required('RFC 9110 §4.2.3', 'stores-by-path-case', 'a path in another case is another resource', [
    stored(cached(60), at('/a')),
    missed(at('/A')),
  ]),
  optimal('RFC 9110 §7.1', 'fragment', 'a fragment is not part of the resource', [
    stored(cached(60), at('#one')),
    hit(at('#two')),
    hit(),
  ]),
  optimal('RFC 9111 §5.2.2.5', 'no-store-ends-stored', 'a response with no-store ends what is stored', [
    stored(stale),
    asked(reply(control('no-store')), conditional),
    missed(),
  ]),
  optimal('RFC 9111 §4.3.3', 'replaced', 'a new response takes the place of the stored one', [
    stored(stale),
    asked(reply({ ...cached(60), etag: '"two"' }), conditional),
    hit(text('two')),
  ]),
  choice('Fetch §4.4', 'redirect-not-stored', 'what came by a redirect is handed over untouched and not stored', [
    answered(
      replies({ status: 302, headers: { location: '{self}/other' } }, { headers: cached(60), body: 'two' }),
      inTurn({}, {}),
      { expect: { cacheStatus: null } },
    ),
    missed(),
  ]),
  choice('Fetch §4.4', 'redirect-stored-not-used', 'a redirect does not bring what is stored under its target', [
    stored(cached(60), at('/other')),
    answered(
      replies({ status: 302, headers: { location: '{self}/other' } }, { headers: cached(60), body: 'two' }),
      inTurn({}, {}),
    ),
    hit(at('/other')),
  ]),
  choice('Fetch §4.4', 'see-other-not-stored', 'what came by a 303 is not stored', [
    answered(
      replies({ status: 303, headers: { location: '{self}/other' } }, { headers: cached(60), body: 'two' }),
      inTurn({}, {}),
    ),
    missed(),
  ]),
  choice('Fetch §4.4', 'permanent-redirect-not-stored', 'a 301 with max-age is followed again each time', [
    answered(
      replies(
        { status: 301, headers: { ...cached(60), location: '{self}/other' } },
        { headers: cached(60), body: 'two' },
      ),
      inTurn({}, {}),
    ),
    answered(
      replies(
        { status: 301, headers: { ...cached(60), location: '{self}/other' } },
        { headers: cached(60), body: 'two' },
      ),
      inTurn({}, {}),
    ),
  ]),
  choice('HTML §9.2', 'event-stream-not-stored', 'an event stream is passed on and not stored', [
    stored({ ...cached(60), ...TAG, 'content-type': 'text/event-stream' }),
    missed(),
  ]),
  required('RFC 9111 §3', 'partial-without-asking', 'a 206 to a request without Range is not the whole answer', [
    answered(reply({ ...cached(60), ...TAG, 'content-range': 'bytes 0-0/3' }, { status: 206, body: 'o' })),
    missed(),
  ]),
  optimal('RFC 9111 §3', 'error-does-not-replace', 'an error that says nothing leaves what is stored', [
    stored(stale),
    asked(status(500)),
    validated(conditional),
  ]),
  optimal('RFC 9111 §4.2.3', 'stores-what-is-stale', 'what is stale when it arrives is stored and validated', [
    stored({ ...cached(60), date: ago(3600), ...TAG }),
    validated(conditional),
  ]),
  choice('RFC 9111 §3', 'stored-is-told', 'Cache-Status shows which answers are stored', [
    stored(cached(60), says('fwd=uri-miss', 'stored')),
    missed(at('/other'), reply(control('no-store')), says('fwd=uri-miss', '!stored')),
  ]),
]

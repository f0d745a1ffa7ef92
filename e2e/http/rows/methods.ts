import type { Fields, Row } from '../row.ts'
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
  gives,
  hit,
  hitThenAsked,
  missed,
  optimal,
  pass,
  refused,
  reply,
  required,
  sending,
  stale,
  status,
  stored,
  stoodIn,
  text,
  using,
  validated,
} from '../steps.ts'

const FRESH = { ...cached(60), etag: '"one"' }
const json = (method: string, body: string) =>
  [by(method, body), sending({ 'content-type': 'application/json' })] as const
const query = (body: string) => json('QUERY', body)
const post = (body: string) => json('POST', body)

/** Reads that carry a body, and what holds for both of them. */
const READS = [
  ['QUERY', 'RFC 10008 §2.6', required],
  ['POST', 'RFC 9110 §9.3.3', choice],
] as const

const SEARCH = { under: 'search' } as const

/** The answer to a POST that may serve reads. */
const SERVING = { ...cached(60), 'content-location': '{self}', etag: '"one"' }
const posted = (...headers: readonly Fields[]) =>
  answered(...post('a'), reply(Object.assign({}, SERVING, ...headers) as Fields, { body: 'one' }))

/** Where a rule says that the answer to a POST may be stored. */
const POSTED: readonly Row[] = [
  optimal('RFC 9110 §9.3.3', 'posted-for-get', 'what a POST brings answers a GET of the URL that it names as its own', [
    posted(),
    pass(59),
    hit(gives({ etag: '"one"', age: '59' })),
    pass(1),
    validated(conditional),
  ]),
  optimal('RFC 9110 §9.3.3', 'posted-for-head', 'and a HEAD', [posted(), hit(by('HEAD'), text(''))]),
  optimal('RFC 9110 §9.3.3', 'posted-replaces', 'what a POST brings takes the place of what was stored', [
    stored(FRESH, { origin: { body: 'old' }, expect: { body: 'old' } }),
    posted(),
    hit(),
  ]),
  optimal('RFC 9110 §9.3.3', 'posted-absolute', 'the URL may be an absolute one', [
    posted({ 'content-location': '{origin}{self}' }),
    hit(),
  ]),
  required('RFC 9110 §9.3.3', 'posted-not-for-post', 'what a POST brings answers no POST', [posted(), posted()]),
  required('RFC 9110 §9.3.3', 'posted-elsewhere', 'what a POST brings for another URL is not stored', [
    posted({ 'content-location': '{self}/other' }),
    missed(),
    missed(at('/other')),
  ]),
  required('RFC 9110 §9.3.3', 'posted-without-location', 'nor is what names no URL', [
    posted({ 'content-location': null }),
    missed(),
  ]),
  required('RFC 9110 §9.3.3', 'posted-without-freshness', 'nor is what does not say that it is fresh', [
    posted({ 'cache-control': null }),
    missed(),
  ]),
  required('RFC 9110 §9.3.3', 'posted-stale', 'nor is what is stale at once', [posted(cached(0)), missed()]),
  required('RFC 9111 §3', 'posted-no-store', 'nor is what says no-store', [
    posted(control('no-store, max-age=60')),
    missed(),
  ]),
  required('RFC 9110 §9.3.4', 'put-not-stored', 'what a PUT brings is not stored', [
    answered(...json('PUT', 'a'), reply(SERVING, { body: 'one' })),
    missed(),
  ]),
  choice('RFC 9110 §9.3.3', 'posted-201', 'what a POST brings with another status than 200 is not stored', [
    answered(...post('a'), reply(SERVING, { status: 201, body: 'one' })),
    missed(),
  ]),
  required('RFC 9111 §4.4', 'posted-then-written', 'a later write ends what a POST has brought', [
    posted(),
    answered(...json('PUT', 'written')),
    asked(conditional),
  ]),
  required('RFC 9111 §4.1', 'posted-vary', 'what a POST brings answers a GET with the same varying fields', [
    answered(...post('a'), sending({ 'x-any': 'a' }), reply({ ...SERVING, vary: 'x-any' }, { body: 'one' })),
    hit(sending({ 'x-any': 'a' })),
    asked(sending({ 'x-any': 'b' })),
  ]),
]

export const methods: readonly Row[] = [
  // HEAD
  optimal('RFC 9110 §9.3.2', 'head-from-get', 'HEAD is answered by what a GET has stored, without its body', [
    stored({ ...cached(60), 'x-any': 'a' }),
    hit(by('HEAD'), text(''), gives({ 'x-any': 'a', age: '0' })),
  ]),
  required('RFC 9110 §9.3.2', 'head-stale', 'HEAD is not answered by what is stale', [
    stored(FRESH),
    pass(60),
    answered(by('HEAD'), reply({ 'x-any': 'b' }), gives({ 'x-any': 'b' })),
  ]),
  required('RFC 9110 §9.3.2', 'head-not-for-get', 'what a HEAD brings answers no GET', [
    answered(by('HEAD'), reply(FRESH)),
    missed(),
  ]),
  optimal('RFC 9110 §9.3.2', 'head-404', 'HEAD is answered by a stored error', [
    stored(cached(60), { origin: { status: 404 } }),
    hit(by('HEAD'), text(''), { expect: { status: 404 } }),
  ]),
  optimal('RFC 5861 §3', 'head-swr', 'HEAD is answered by what may be served stale', [
    stored(control('max-age=60, stale-while-revalidate=60')),
    pass(61),
    exchange(by('HEAD'), { origin: {}, expect: { status: 200, body: '', headers: { age: '61' } } }),
  ]),
  optimal('RFC 9111 §5.2.1.7', 'head-only-if-cached', 'HEAD with only-if-cached and nothing stored is a 504', [
    refused(by('HEAD'), sending({ 'cache-control': 'only-if-cached' }), { expect: { sent: false } }),
  ]),
  required('RFC 9110 §9.3.2', 'head-no-store', 'HEAD in mode no-store asks the origin', [
    stored(FRESH),
    answered(by('HEAD'), using('no-store')),
  ]),
  required('RFC 9111 §4', 'head-away', 'HEAD with nothing stored fails as the network does', [
    exchange(by('HEAD'), { origin: 'away', expect: { error: true } }),
  ]),

  ...POSTED.map((row) => ({ ...row, under: 'posted' as const })),

  // OPTIONS and writes
  required('RFC 9110 §9.3.7', 'options-not-stored', 'the answer to OPTIONS is not stored', [
    answered(by('OPTIONS'), reply(FRESH, { body: 'one' })),
    answered(by('OPTIONS'), reply(FRESH, { body: 'two' })),
    missed(),
  ]),
  required('RFC 9110 §9.3', 'write-not-from-store', 'a write is never answered from store', [
    stored(FRESH),
    answered(...post('a'), reply(cached(60), { body: 'two' })),
    answered(...post('a'), reply(cached(60), { body: 'three' })),
  ]),

  // Reads that carry a body
  ...READS.flatMap(([method, section, binding]) => {
    const id = method.toLowerCase()
    const asking = (body: string) => json(method, body)
    return [
      optimal(
        section,
        `${id}-reused`,
        `a ${method} with the same body is answered from store`,
        [stored(FRESH, ...asking('{"a":1}')), pass(59), hit(...asking('{"a":1}'))],
        SEARCH,
      ),
      binding(
        section,
        `${id}-other-body`,
        `a ${method} with another body is another read`,
        [stored(FRESH, ...asking('{"a":1}')), asked(...asking('{"a":2}'), reply(FRESH)), hit(...asking('{"a":1}'))],
        SEARCH,
      ),
      binding(
        section,
        `${id}-other-type`,
        `a ${method} with the same body of another type is another read`,
        [stored(FRESH, by(method, 'a'), sending({ 'content-type': 'text/plain' })), asked(...asking('a'))],
        SEARCH,
      ),
      required(
        section,
        `${id}-other-url`,
        `a ${method} to another URL is another read`,
        [stored(FRESH, ...asking('a'), at('?a=1')), asked(...asking('a'), at('?a=2'))],
        SEARCH,
      ),
      required(
        section,
        `${id}-not-for-get`,
        `what a ${method} brings answers no GET`,
        [stored(FRESH, ...asking('a')), missed()],
        SEARCH,
      ),
      required(
        section,
        `${id}-not-by-get`,
        `what a GET brings answers no ${method}`,
        [stored(FRESH), asked(...asking('a'))],
        SEARCH,
      ),
      binding(
        section,
        `${id}-ends-nothing`,
        `a ${method} that is a read ends nothing`,
        [stored(FRESH), asked(...asking('a')), hit()],
        SEARCH,
      ),
      required(
        section,
        `${id}-stale`,
        `a ${method} is not answered by what is stale`,
        [stored(cached(60), ...asking('a')), pass(60), asked(...asking('a'))],
        SEARCH,
      ),
      required(
        section,
        `${id}-no-store`,
        `the answer to a ${method} with no-store is not stored`,
        [stored({ ...FRESH, ...control('no-store') }, ...asking('a')), missed(...asking('a'))],
        SEARCH,
      ),
      required(
        section,
        `${id}-body-goes-on`,
        `the body of a ${method} reaches the origin as it is`,
        [
          stored(FRESH, ...asking('{"größe":1}'), {
            expect: { sent: { method, headers: { 'content-length': '13', 'content-type': 'application/json' } } },
          }),
        ],
        SEARCH,
      ),
      required(
        section,
        `${id}-away`,
        `a ${method} with nothing stored fails as the network does`,
        [exchange(...asking('a'), { origin: 'away', expect: { error: true } })],
        SEARCH,
      ),
      optimal(
        section,
        `${id}-sie`,
        `what a ${method} has stored stands in while the origin is away`,
        [stored(control('max-age=60, stale-if-error=60'), ...asking('a')), pass(61), stoodIn(...asking('a'))],
        SEARCH,
      ),
      optimal(
        section,
        `${id}-write`,
        `a write to its URL ends what a ${method} has stored`,
        [stored(FRESH, ...asking('a')), answered(...json('PUT', 'written')), asked(...asking('a'))],
        SEARCH,
      ),
    ]
  }),
  optimal(
    'RFC 10008 §2.6',
    'query-validated',
    'a QUERY is validated as a GET is, with its body',
    [
      stored(stale, ...query('a')),
      validated(...query('a'), conditional, {
        expect: { sent: { method: 'QUERY', headers: { 'content-length': '1' } } },
      }),
    ],
    SEARCH,
  ),
  optimal(
    'RFC 10008 §2.6',
    'query-swr',
    'a QUERY is served stale and asked again behind, with its body',
    [
      stored(control('max-age=60, stale-while-revalidate=60'), ...query('a')),
      pass(61),
      hitThenAsked(...query('a'), { expect: { behind: { method: 'QUERY', headers: { 'content-length': '1' } } } }),
    ],
    SEARCH,
  ),
  choice(
    'RFC 10008 §2.6',
    'query-white-space',
    'a body is compared byte by byte',
    [stored(FRESH, ...query('{"a":1}')), asked(...query('{"a": 1}'))],
    SEARCH,
  ),
  required(
    'RFC 10008 §2.6',
    'query-error',
    'an error of a QUERY that says nothing is not stored',
    [asked(...query('a'), status(422)), missed(...query('a'))],
    SEARCH,
  ),
  optimal('RFC 9110 §9.1', 'method-case', 'get in lower case is GET', [stored(cached(60)), hit(by('get'))]),
  choice('RFC 9110 §9.3.3', 'post-not-stored', 'what a POST brings is not stored where no rule says so', [
    posted(),
    missed(),
  ]),
  choice('RFC 9110 §9.3.3', 'post-elsewhere', 'a POST where no rule calls it a read is a write', [
    stored(FRESH),
    answered(...post('a')),
    asked(),
  ]),
]

import type { Row } from '../row.ts'
import {
  ahead,
  ago,
  asked,
  asking,
  behind,
  cached,
  choice,
  conditional,
  control,
  exchange,
  failed,
  gives,
  hit,
  hitThenAsked,
  inTurn,
  missed,
  optimal,
  pass,
  refused,
  replies,
  reply,
  required,
  says,
  stale,
  status,
  stoodIn,
  stored,
  text,
  using,
  validated,
} from '../steps.ts'

const TAG = { etag: '"one"' }
const SWR = control('max-age=60, stale-while-revalidate=30')
const SIE = control('max-age=60, stale-if-error=30')

/** The stored response replaces an answer with this status. */
const stoodInFor = (code: number) =>
  exchange({ origin: { status: code, body: 'away' }, expect: { sent: {}, status: 200, body: 'one' } })

/** The origin was asked and is away, and no stored answer may be served: 504, without Cache-Status. */
const ended = refused({ origin: 'away', expect: { sent: {} } })

export const staleRows: readonly Row[] = [
  // must-revalidate and no-cache
  required('RFC 9111 §5.2.2.2', 'must-revalidate-stale', 'must-revalidate validates what is stale', [
    stored({ ...control('max-age=60, must-revalidate'), ...TAG }),
    pass(60),
    validated(conditional),
    pass(59),
    hit(),
  ]),
  required('RFC 9111 §5.2.2.2', 'must-revalidate-away', 'must-revalidate with the origin away is an error: 504', [
    stored(control('max-age=60, must-revalidate')),
    pass(61),
    ended,
  ]),
  required('RFC 9111 §5.2.2.2', 'must-revalidate-fresh-away', 'must-revalidate is no matter while fresh', [
    stored(control('max-age=60, must-revalidate')),
    pass(59),
    hit({ origin: 'away' }),
  ]),
  required('RFC 9111 §5.2.2.2', 'must-revalidate-swr', 'must-revalidate outranks stale-while-revalidate', [
    stored({ ...control('max-age=60, must-revalidate, stale-while-revalidate=60'), ...TAG }),
    pass(61),
    validated(conditional),
  ]),
  required('RFC 9111 §5.2.2.2', 'must-revalidate-sie', 'must-revalidate outranks stale-if-error', [
    stored(control('max-age=60, must-revalidate, stale-if-error=60')),
    pass(61),
    ended,
  ]),
  choice('RFC 9111 §4.3.3', 'must-revalidate-503', 'must-revalidate passes a 503 on', [
    stored(control('max-age=60, must-revalidate, stale-if-error=60')),
    pass(61),
    exchange({ origin: { status: 503, body: 'two' }, expect: { sent: {}, body: 'two', status: 503 } }),
  ]),
  optimal('RFC 9111 §5.2.2.2', 'must-revalidate-ended-stays', 'what could not be validated may be validated later', [
    stored({ ...control('max-age=60, must-revalidate'), ...TAG }),
    pass(61),
    ended,
    validated(conditional),
  ]),
  required('RFC 9111 §5.2.2.4', 'no-cache-away', 'no-cache with the origin away is an error: 504', [
    stored(control('no-cache')),
    ended,
  ]),
  required('RFC 9111 §5.2.2.4', 'no-cache-swr', 'no-cache outranks stale-while-revalidate', [
    stored({ ...control('no-cache, stale-while-revalidate=60'), ...TAG }),
    validated(conditional),
  ]),
  required('RFC 9111 §5.2.2.4', 'no-cache-sie', 'no-cache outranks stale-if-error', [
    stored(control('no-cache, stale-if-error=60')),
    ended,
  ]),
  required('RFC 9111 §5.2.2.4', 'no-cache-just-changed', 'no-cache is validated by the very next read of a change', [
    stored({ ...control('no-cache'), ...TAG }),
    asked(reply({ ...control('no-cache'), etag: '"two"' })),
    validated(asking({ 'if-none-match': '"two"' }), text('two')),
  ]),
  required('RFC 9111 §5.2.2.2', 'must-revalidate-just-changed', 'a change with must-revalidate is validated at once', [
    stored({ ...control('max-age=0, must-revalidate'), ...TAG }),
    asked(reply({ ...control('max-age=0, must-revalidate'), etag: '"two"' })),
    validated(asking({ 'if-none-match': '"two"' }), text('two')),
  ]),
  optimal(
    'RFC 9111 §5.2.2.8',
    'proxy-revalidate-swr',
    'proxy-revalidate does not forbid a private cache what is stale',
    [stored(control('max-age=60, proxy-revalidate, stale-while-revalidate=60')), pass(61), hitThenAsked()],
  ),
  optimal('RFC 9111 §5.2.2.10', 's-maxage-swr', 's-maxage does not forbid a private cache what is stale', [
    stored(control('max-age=60, s-maxage=60, stale-while-revalidate=60')),
    pass(61),
    hitThenAsked(),
  ]),

  // stale-while-revalidate
  optimal('RFC 5861 §3', 'swr-served', 'a newly stale answer is served and validated in the background', [
    stored({ ...SWR, ...TAG }),
    pass(61),
    hitThenAsked(reply({ ...cached(60), etag: '"two"' }), behind({ headers: { 'if-none-match': '"one"' } })),
    hit(text('two')),
  ]),
  optimal('RFC 5861 §3', 'swr-fresh', 'a fresh answer starts no background request', [stored(SWR), pass(59), hit()]),
  optimal('RFC 5861 §3', 'swr-start', 'the window begins where freshness ends', [
    stored(SWR),
    pass(60),
    hitThenAsked(),
  ]),
  optimal('RFC 5861 §3', 'swr-end', 'the last second of the window is in it', [stored(SWR), pass(89), hitThenAsked()]),
  optimal('RFC 5861 §3', 'swr-over', 'after the window the page waits for the origin', [
    stored({ ...SWR, ...TAG }),
    pass(91),
    validated(conditional),
  ]),
  optimal('RFC 5861 §3', 'swr-304', 'a 304 in the background restarts freshness', [
    stored({ ...SWR, ...TAG }),
    pass(61),
    hitThenAsked({ origin: { status: 304 } }),
    pass(59),
    hit(gives({ age: '59' })),
  ]),
  optimal('RFC 5861 §3', 'swr-away', 'a failure in the background does not end the window', [
    stored(SWR),
    pass(61),
    hitThenAsked({ origin: 'away' }),
    hitThenAsked({ origin: 'away' }),
    hitThenAsked(),
  ]),
  optimal('RFC 5861 §3', 'swr-500', 'an error in the background does not replace the stored answer', [
    stored(SWR),
    pass(61),
    hitThenAsked(status(500)),
    hitThenAsked(),
  ]),
  optimal('RFC 5861 §3', 'swr-no-store', 'a no-store in the background removes the stored answer', [
    stored({ ...SWR, ...TAG }),
    pass(61),
    hitThenAsked(reply(control('no-store'))),
    missed(),
  ]),
  optimal('RFC 5861 §3', 'swr-with-expires', 'the window follows Expires as well', [
    stored({ ...control('stale-while-revalidate=30'), expires: ahead(60) }),
    pass(61),
    hitThenAsked(),
  ]),
  optimal('RFC 5861 §3', 'swr-counts-age', 'the window counts from the end of freshness, received age included', [
    stored({ ...SWR, ...TAG, age: '40' }),
    pass(25),
    hitThenAsked({ origin: 'away' }),
    pass(26),
    validated(conditional),
  ]),
  optimal('RFC 5861 §3', 'swr-old-at-arrival', 'what arrives after its window is validated', [
    stored({ ...SWR, ...TAG, date: ago(100) }),
    validated(conditional),
  ]),
  optimal('RFC 5861 §3', 'swr-without-max-age', 'without a lifetime the window begins at once', [
    stored(control('max-age=0, stale-while-revalidate=30')),
    pass(29),
    hitThenAsked(),
  ]),
  optimal('RFC 5861 §3', 'swr-says-hit', 'what is served stale is a hit with a negative ttl', [
    stored(SWR),
    pass(70),
    hitThenAsked(says('hit', 'ttl=-10', '!fwd'), gives({ age: '70' })),
  ]),
  ...(
    [
      ['no-value', 'without a value', 'stale-while-revalidate'],
      ['negative', 'that is negative', 'stale-while-revalidate=-30'],
      ['word', 'that is a word', 'stale-while-revalidate=long'],
      ['twice', 'given twice', 'stale-while-revalidate=30, stale-while-revalidate=30'],
      ['fraction', 'with a fraction', 'stale-while-revalidate=30.5'],
    ] as const
  ).map(([id, what, directive]) =>
    choice('RFC 9111 §4.2.1', `swr-${id}`, `a stale-while-revalidate ${what} is no window`, [
      stored({ ...control(`max-age=60, ${directive}`), ...TAG }),
      pass(61),
      validated(conditional),
    ]),
  ),
  optimal('RFC 5861 §3', 'swr-updated-by-304', 'a 304 may open the window', [
    stored({ ...cached(60), ...TAG }),
    pass(61),
    validated({ origin: { status: 304, headers: SWR } }),
    pass(61),
    hitThenAsked(),
  ]),
  optimal('RFC 5861 §3', 'swr-404', 'an error with max-age has a window as well', [
    stored(SWR, { origin: { status: 404 } }),
    pass(61),
    hitThenAsked({ expect: { status: 404 } }),
  ]),

  // stale-if-error
  optimal('RFC 5861 §4', 'sie-away', 'a stale answer is served while the origin is away', [
    stored(SIE),
    pass(61),
    stoodIn(),
  ]),
  optimal('RFC 5861 §4', 'sie-again', 'it is served each time, and the origin is asked each time', [
    stored({ ...SIE, ...TAG }),
    pass(61),
    stoodIn(),
    pass(5),
    stoodIn(conditional),
    pass(5),
    validated(conditional),
  ]),
  ...[500, 502, 503, 504].map((code) =>
    optimal('RFC 5861 §4', `sie-${code}`, `a stale answer replaces a ${code}`, [
      stored(SIE),
      pass(61),
      stoodInFor(code),
    ]),
  ),
  ...(['away', { status: 503, body: 'two' }] as const).map((second) =>
    optimal(
      'RFC 5861 §4',
      `sie-mistaken-${second === 'away' ? second : second.status}`,
      `a stale answer is served where the request after a 304 about something else gets ${second === 'away' ? 'no answer' : 'a 503'}`,
      [
        stored({ ...SIE, ...TAG }),
        pass(61),
        stoodIn(replies({ status: 304, headers: { etag: '"other"' } }, second), inTurn({}, {})),
      ],
    ),
  ),
  ...[400, 401, 403, 404, 429, 501, 505].map((code) =>
    optimal('RFC 5861 §4', `sie-no-${code}`, `a stale answer does not replace a ${code}`, [
      stored(SIE),
      pass(61),
      asked(status(code)),
    ]),
  ),
  optimal('RFC 5861 §4', 'sie-last-second', 'the last second of the window is in it', [
    stored(SIE),
    pass(89),
    stoodIn(),
  ]),
  optimal('RFC 5861 §4', 'sie-over', 'after its window no stale answer is served', [stored(SIE), pass(91), failed()]),
  optimal('RFC 5861 §4', 'sie-over-503', 'after its window an error is passed on', [
    stored(SIE),
    pass(91),
    asked(status(503)),
  ]),
  optimal('RFC 5861 §4', 'sie-over-keeps', 'an error that is passed on leaves what is stored', [
    stored({ ...SIE, ...TAG }),
    pass(91),
    asked(status(503)),
    validated(conditional),
  ]),
  optimal('RFC 5861 §4', 'sie-silent', 'an origin that does not answer in time is away', [
    stored(SIE),
    pass(61),
    exchange({ origin: 'silent', expect: { sent: {}, status: 200, body: 'one' } }),
  ]),
  optimal('RFC 5861 §4', 'sie-fresh', 'while fresh the origin is not missed', [
    stored(SIE),
    pass(59),
    hit({ origin: 'away' }),
  ]),
  optimal('RFC 5861 §4', 'sie-expires', 'the window follows Expires as well', [
    stored({ ...control('stale-if-error=30'), expires: ahead(60) }),
    pass(61),
    stoodIn(),
  ]),
  choice('Fetch §5.4', 'sie-reload', 'a reload gets no stored answer', [stored(SIE), failed(using('reload'))]),
  choice('RFC 5861 §4', 'sie-fresh-validation', 'a fresh answer is served when its validation fails', [
    stored({ ...SIE, ...TAG }),
    stoodIn(using('no-cache'), conditional),
  ]),
  ...(
    [
      ['no-value', 'without a value', 'stale-if-error'],
      ['negative', 'that is negative', 'stale-if-error=-30'],
      ['twice', 'given twice', 'stale-if-error=30, stale-if-error=30'],
    ] as const
  ).map(([id, what, directive]) =>
    choice('RFC 9111 §4.2.1', `sie-${id}`, `a stale-if-error ${what} is no window`, [
      stored(control(`max-age=60, ${directive}`)),
      pass(61),
      failed(),
    ]),
  ),
  optimal('RFC 5861 §4', 'sie-beyond-swr', 'stale-if-error outlasts stale-while-revalidate', [
    stored({ ...control('max-age=60, stale-while-revalidate=10, stale-if-error=60'), ...TAG }),
    pass(80),
    stoodIn(conditional),
  ]),
  optimal('RFC 5861 §4', 'swr-beyond-sie', 'stale-while-revalidate outlasts stale-if-error', [
    stored(control('max-age=60, stale-while-revalidate=60, stale-if-error=10')),
    pass(80),
    hitThenAsked({ origin: 'away' }),
  ]),

  // Without a permission
  choice('RFC 9111 §4.2.4', 'disconnected-stale', 'disconnected alone does not permit to serve what is stale', [
    stored(cached(60)),
    pass(61),
    failed(),
  ]),
  choice('RFC 9111 §4.2.4', 'disconnected-no-freshness', 'nor to serve what says nothing on freshness', [
    stored(TAG),
    failed(conditional),
  ]),
  choice('RFC 9111 §4.2.4', 'disconnected-503', 'nor to serve it in place of a 503', [
    stored(cached(60)),
    pass(61),
    asked(status(503)),
  ]),
  required('RFC 9111 §4', 'away-nothing-stored', 'with nothing stored the page sees the failure as it is', [failed()]),
  required('RFC 9111 §4', '503-nothing-stored', 'with nothing stored the page sees the 503 as it is', [
    asked(status(503, { 'x-any': 'a' }), gives({ 'x-any': 'a' })),
  ]),
  optimal('RFC 9111 §4.2.4', 'disconnected-keeps', 'what could not be validated may be validated later', [
    stored({ ...stale }),
    failed(conditional),
    validated(conditional),
  ]),
]

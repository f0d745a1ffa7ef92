import type { Row } from '../row.ts'
import {
  ago,
  ahead,
  answered,
  asked,
  by,
  choice,
  control,
  exchange,
  failed,
  gives,
  hit,
  hitThenAsked,
  inTurn,
  missed,
  needing,
  optimal,
  pass,
  replies,
  required,
  status,
  stored,
} from '../steps.ts'
import type { FieldValue, Fields } from '../row.ts'

const SIE = control('max-age=0, stale-if-error=3600')
const SWR = control('max-age=0, stale-while-revalidate=3600')

/** The stored answer replaces an answer with Retry-After. */
const later = (code: number, headers: Fields) =>
  exchange({ origin: { status: code, headers, body: 'later' }, expect: { sent: {}, status: 200, body: 'one' } })

/** Nothing is sent, though what is stored is stale. */
const spared = hit()

/** None of them is a number of seconds or a date. */
const UNREADABLE: readonly (readonly [id: string, what: string, value: FieldValue])[] = [
  ['word', 'a word', 'soon'],
  ['negative', 'a negative number', '-60'],
  ['fraction', 'a fraction', '60.5'],
  ['unit', 'a number with a unit', '60s'],
  ['empty', 'nothing at all', ''],
  ['iso', 'a date in the format of ISO 8601', '2070-01-01T00:00:00Z'],
  ['past', 'a date in the past', ago(60)],
]

export const backingOff: readonly Row[] = [
  required('RFC 9110 §10.2.3', 'later-passed-on', 'an answer with Retry-After is passed on to the page', [
    asked(status(503, { 'retry-after': '60' }), gives({ 'retry-after': '60' })),
  ]),
  required('RFC 9110 §9.2.2', 'later-once', 'what fails is not tried again where the rule says so', [
    answered(replies({ status: 503, body: 'two' }), inTurn({})),
  ]),
  required('RFC 6585 §4', '429-passed-on', 'a 429 is passed on, though a stored answer could replace it', [
    stored(SIE),
    pass(10),
    asked(status(429, { 'retry-after': '60' }), gives({ 'retry-after': '60' })),
  ]),
  optimal('RFC 6585 §4', '429-keeps', 'a 429 leaves what is stored', [
    stored({ ...SIE, etag: '"one"' }),
    asked(status(429)),
    asked({ expect: { sent: { headers: { 'if-none-match': '"one"' } } } }),
  ]),
  optimal('RFC 9110 §10.2.3', 'later-behind', 'no background request is sent before the time of Retry-After', [
    stored(SWR),
    pass(10),
    hitThenAsked(status(503, { 'retry-after': '60' })),
    pass(30),
    spared,
    pass(29),
    spared,
    pass(2),
    hitThenAsked(),
  ]),
  optimal('RFC 9110 §10.2.3', 'later-behind-429', 'nor after a 429', [
    stored(SWR),
    pass(10),
    hitThenAsked(status(429, { 'retry-after': '60' })),
    pass(59),
    spared,
    pass(2),
    hitThenAsked(),
  ]),
  optimal('RFC 9110 §10.2.3', 'later-behind-date', 'Retry-After may be a date', [
    stored(SWR),
    pass(10),
    hitThenAsked(status(503, { 'retry-after': ahead(60) })),
    pass(59),
    spared,
    pass(2),
    hitThenAsked(),
  ]),
  ...needing(
    'later-behind',
    UNREADABLE.map(([id, what, value]) =>
      optimal('RFC 9110 §10.2.3', `later-${id}`, `${what} is no time to come back`, [
        stored(SWR),
        pass(10),
        hitThenAsked(status(503, { 'retry-after': value })),
        pass(1),
        hitThenAsked(),
      ]),
    ),
  ),
  optimal('RFC 9110 §10.2.3', 'later-zero', 'after zero seconds it is time to come back', [
    stored(SWR),
    pass(10),
    hitThenAsked(status(503, { 'retry-after': '0' })),
    pass(1),
    hitThenAsked(),
  ]),
  optimal(
    'RFC 9110 §10.2.3',
    'later-success',
    'an answer ends the waiting',
    [
      stored(SWR),
      pass(10),
      hitThenAsked(status(503, { 'retry-after': '600' })),
      asked({ request: { cache: 'reload' } }, { origin: { headers: SWR, body: 'two' } }),
      pass(10),
      hitThenAsked({ expect: { body: 'two' } }),
    ],
    { dependsOn: ['later-behind'] },
  ),
  choice(
    'RFC 5861 §4',
    'later-stands-in',
    'an answer for offline use only is validated before the time of Retry-After',
    [
      stored(SIE),
      pass(10),
      later(503, { 'retry-after': '60' }),
      pass(30),
      later(503, { 'retry-after': '60' }),
      pass(30),
      asked(),
    ],
  ),
  choice('RFC 9110 §10.2.3', 'later-nothing-stored', 'a page that has nothing else asks before the time to come back', [
    asked(status(503, { 'retry-after': '60' })),
    pass(10),
    asked(),
  ]),
  choice('RFC 9110 §10.2.3', 'later-asked-for', 'a page that wants a validation gets it before the time to come back', [
    stored(SWR),
    pass(10),
    hitThenAsked(status(503, { 'retry-after': '60' })),
    pass(10),
    asked({ request: { cache: 'no-cache' } }),
  ]),
  required('RFC 9111 §4', 'later-write', 'a write is sent before the time to come back', [
    stored(SWR),
    pass(10),
    hitThenAsked(status(503, { 'retry-after': '60' })),
    pass(10),
    answered(by('PUT', 'written')),
  ]),
  choice('RFC 9110 §10.2.3', 'later-other-url', 'the time to come back concerns the whole origin', [
    stored(SWR, { path: '/other' }),
    stored(SWR),
    pass(10),
    hitThenAsked(status(503, { 'retry-after': '60' })),
    pass(10),
    hit({ path: '/other' }),
    pass(51),
    hitThenAsked({ path: '/other' }),
  ]),
  choice('RFC 9110 §10.2.3', 'later-clamped', 'the worker waits at most an hour', [
    stored(control('max-age=0, stale-while-revalidate=36000')),
    pass(10),
    hitThenAsked(status(503, { 'retry-after': '36000' })),
    pass(3500),
    spared,
    pass(200),
    hitThenAsked(),
  ]),
  choice('RateLimit §4', 'ratelimit-empty', 'after a used-up RateLimit no background request is sent', [
    stored(SWR),
    pass(10),
    hitThenAsked({ origin: { headers: { ...SWR, ratelimit: '"default";r=0;t=60' } } }),
    pass(59),
    hit({ expect: { body: 'two' } }),
    pass(2),
    hitThenAsked({ expect: { body: 'two' } }),
  ]),
  choice('RateLimit §4', 'ratelimit-left', 'a RateLimit with a remaining quota allows background requests', [
    stored(SWR),
    pass(10),
    hitThenAsked({ origin: { headers: { ...SWR, ratelimit: '"default";r=1;t=60' } } }),
    pass(10),
    hitThenAsked({ expect: { body: 'two' } }),
  ]),
  required('RateLimit §4', 'ratelimit-malformed', 'a malformed RateLimit is ignored', [
    stored(SWR),
    pass(10),
    hitThenAsked({ origin: { headers: { ...SWR, ratelimit: '"default";r=0;t=60,' } } }),
    pass(10),
    hitThenAsked({ expect: { body: 'two' } }),
  ]),
  required('RateLimit §4', 'ratelimit-and-retry-after', 'Retry-After goes before RateLimit', [
    stored(SWR),
    pass(10),
    hitThenAsked(status(503, { 'retry-after': '10', ratelimit: '"default";r=0;t=600' })),
    pass(11),
    hitThenAsked(),
  ]),
  choice('RateLimit §4', 'ratelimit-of-hit', 'the RateLimit of what is stored is not believed a second time', [
    stored({ ...SWR, ratelimit: '"default";r=0;t=60' }),
    pass(61),
    hitThenAsked({ origin: { status: 304 } }),
    pass(10),
    hitThenAsked(),
  ]),
  choice('RFC 9110 §10.2.3', 'later-of-200', 'Retry-After of a success means nothing', [
    stored({ ...SWR, 'retry-after': '60' }),
    pass(10),
    hitThenAsked({ origin: { headers: SWR, body: 'two' } }),
  ]),
  required('RFC 6585 §4', '429-not-stored', 'a 429 is not stored, whatever it says', [
    asked(status(429, { ...control('max-age=60'), etag: '"one"' })),
    missed(),
  ]),
  choice('RFC 9111 §4.2.4', 'later-without-permission', 'no stale answer is served without permission', [
    stored(control('max-age=0')),
    asked(status(503, { 'retry-after': '60' })),
    pass(10),
    failed(),
  ]),
  optimal('RFC 5861 §3', 'failing-behind', 'a background request that failed is repeated at the next read', [
    stored(SWR),
    pass(10),
    hitThenAsked({ origin: 'away' }),
    pass(1),
    hitThenAsked(),
    pass(3),
    asked(),
  ]),
]

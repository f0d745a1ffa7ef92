import type { Row } from '../row.ts'
import {
  ago,
  ahead,
  asked,
  cached,
  choice,
  conditional,
  control,
  gives,
  hit,
  optimal,
  pass,
  reply,
  required,
  says,
  stored,
  unconditional,
  validated,
} from '../steps.ts'

const TAG = { etag: '"one"' }

/** Where the rule says that a tenth of the time since the last change may be guessed. */
const HEURISTIC: readonly Row[] = [
  optimal('RFC 9111 §4.2.2', 'heuristic', 'a tenth of the time since Last-Modified is fresh where the rule says so', [
    stored({ 'last-modified': ago(1000) }),
    pass(99),
    hit(says('hit', 'detail=heuristic')),
    pass(1),
    asked(),
  ]),
  optimal('RFC 9111 §4.2.2', 'heuristic-date', 'the time since Last-Modified counts until Date', [
    stored({ 'last-modified': ago(2000), date: ago(100) }),
    pass(89),
    hit(),
    pass(1),
    asked(),
  ]),
  optimal('RFC 9111 §4.2.2', 'heuristic-public', 'public allows the guess for a status that does not by default', [
    stored({ 'last-modified': ago(1000), ...control('public') }, { origin: { status: 201 } }),
    pass(99),
    hit({ expect: { status: 201 } }),
    pass(1),
    asked(),
  ]),
  ...[404, 405, 410, 414, 501].map((code) =>
    optimal('RFC 9111 §4.2.2', `heuristic-${code}`, `a ${code} is cacheable by default, so the guess is for it`, [
      stored({ 'last-modified': ago(1000) }, { origin: { status: code } }),
      pass(99),
      hit({ expect: { status: code } }),
      pass(1),
      asked(),
    ]),
  ),
  ...[400, 403, 500, 599].map((code) =>
    required('RFC 9111 §4.2.2', `heuristic-not-${code}`, `a ${code} is not, so it is for no guess`, [
      stored({ 'last-modified': ago(1000) }, { origin: { status: code } }),
      asked(),
    ]),
  ),
  optimal('RFC 9111 §4.2.2', 'heuristic-public-error', 'public allows the guess for such an error', [
    stored({ 'last-modified': ago(1000), ...control('public') }, { origin: { status: 599 } }),
    pass(99),
    hit({ expect: { status: 599 } }),
  ]),
  optimal('RFC 9111 §4.2.2', 'heuristic-confirmed', 'a 304 begins the guess anew', [
    stored({ 'last-modified': ago(1000), etag: '"one"' }),
    pass(100),
    validated(conditional),
    pass(99),
    hit(),
  ]),
  choice('RFC 9111 §4.2.2', 'heuristic-at-most', 'no guess is longer than a day', [
    stored({ 'last-modified': ago(100 * 86_400), etag: '"one"' }),
    pass(86_399),
    hit(),
    pass(1),
    validated(conditional),
  ]),
  required('RFC 9111 §4.2.2', 'heuristic-and-max-age', 'no rule makes a guess where max-age is given', [
    stored({ ...cached(1), 'last-modified': ago(10_000) }),
    pass(1),
    asked(),
  ]),
  required('RFC 9111 §4.2.2', 'heuristic-and-invalid-max-age', 'nor where max-age cannot be read', [
    stored({ ...control('max-age=soon'), 'last-modified': ago(10_000) }),
    asked(),
  ]),
  required('RFC 9111 §4.2.2', 'heuristic-and-expires', 'nor where Expires is given', [
    stored({ expires: ago(1), 'last-modified': ago(10_000) }),
    asked(),
  ]),
  required('RFC 9111 §5.2.2.4', 'heuristic-and-no-cache', 'no guess lifts no-cache', [
    stored({ ...control('no-cache'), 'last-modified': ago(10_000) }),
    asked(),
  ]),
  required(
    'RFC 9111 §4.2.2',
    'heuristic-without-last-modified',
    'without Last-Modified there is nothing to guess from',
    [stored({}), asked()],
  ),
  required('RFC 9111 §4.2.2', 'heuristic-from-the-future', 'a Last-Modified in the future is no reason to guess', [
    stored({ 'last-modified': ahead(10_000) }),
    asked(),
  ]),
  required('RFC 9111 §4.2.2', 'heuristic-from-nonsense', 'nor is one that cannot be read', [
    stored({ 'last-modified': 'yesterday' }),
    asked(),
  ]),
]

export const freshness: readonly Row[] = [
  optimal('RFC 9111 §4.2', 'fresh-below-max-age', 'a response is reused while its age is less than max-age', [
    stored(cached(60)),
    hit(),
    pass(59),
    hit(),
  ]),
  required(
    'RFC 9111 §4.2',
    'stale-at-max-age',
    'a response whose age equals max-age is stale',
    [stored(cached(60)), pass(60), asked()],
    { dependsOn: ['fresh-below-max-age'] },
  ),
  required(
    'RFC 9111 §4.2',
    'stale-after-max-age',
    'a response older than max-age is stale',
    [stored(cached(60)), pass(3600), asked()],
    { dependsOn: ['fresh-below-max-age'] },
  ),
  required('RFC 9111 §4.2', 'max-age-zero', 'max-age=0 is stale from the start', [stored(cached(0)), asked()]),
  required('RFC 9111 §4.2', 'max-age-one', 'max-age=1 is stale one second later', [
    stored(cached(1)),
    hit(),
    pass(1),
    asked(),
  ]),
  optimal('RFC 9111 §4.2', 'fresh-for-a-year', 'a year of max-age is a year', [
    stored(cached(31_536_000)),
    pass(20_000),
    hit(),
  ]),
  optimal('RFC 9111 §4.2.1', 'expires-fresh', 'Expires in the future is fresh until then', [
    stored({ expires: ahead(60) }),
    pass(59),
    hit(),
  ]),
  required(
    'RFC 9111 §4.2.1',
    'expires-reached',
    'the instant of Expires is stale',
    [stored({ expires: ahead(60) }), pass(60), asked()],
    { dependsOn: ['expires-fresh'] },
  ),
  required(
    'RFC 9111 §4.2.1',
    'expires-equals-date',
    'Expires equal to Date is stale from the start',
    [stored({ expires: ago(0) }), asked()],
    { dependsOn: ['expires-fresh'] },
  ),
  required(
    'RFC 9111 §4.2.1',
    'expires-past',
    'Expires in the past is stale',
    [stored({ expires: ago(3600) }), asked()],
    { dependsOn: ['expires-fresh'] },
  ),
  required('RFC 9111 §5.3', 'max-age-outranks-later-expires', 'max-age outranks a later Expires', [
    stored({ ...cached(10), expires: ahead(3600) }),
    pass(11),
    asked(),
  ]),
  required('RFC 9111 §5.3', 'max-age-outranks-earlier-expires', 'max-age outranks an earlier Expires', [
    stored({ ...cached(60), expires: ago(3600) }),
    pass(30),
    hit(),
  ]),
  required('RFC 9111 §5.3', 'max-age-outranks-invalid-expires', 'max-age outranks an unreadable Expires', [
    stored({ ...cached(60), expires: '0' }),
    hit(),
  ]),
  required('RFC 9111 §5.3', 'max-age-zero-outranks-expires', 'max-age=0 outranks Expires in the future', [
    stored({ ...cached(0), expires: ahead(3600) }),
    asked(),
  ]),
  choice('RFC 9111 §4.2.1', 'invalid-max-age-hides-expires', 'an invalid max-age is stale even beside a good Expires', [
    stored({ ...control('max-age=soon'), expires: ahead(3600) }),
    asked(),
  ]),
  required('RFC 9111 §4.2.1', 'expires-counts-from-date', 'Expires counts from Date where the origin is ahead of us', [
    stored({ date: ahead(100), expires: ahead(160) }),
    pass(59),
    hit(),
    pass(1),
    asked(),
  ]),
  required('RFC 9111 §4.2.1', 'expires-and-old-date', 'what Date says has passed counts against Expires', [
    stored({ date: ago(100), expires: ahead(20) }),
    pass(19),
    hit(),
    pass(1),
    asked(),
  ]),
  required(
    'RFC 9111 §4.2.1',
    'expires-behind-clock',
    'Expires counts from Date where the origin is behind us',
    [stored({ date: ago(3600), expires: ago(3540) }), asked()],
    { dependsOn: ['expires-fresh'] },
  ),
  optimal('RFC 9111 §4.2.1', 'expires-without-date', 'without Date, Expires counts from the time of receipt', [
    stored({ date: null, expires: ahead(60) }),
    pass(59),
    hit(),
    pass(1),
    asked(),
  ]),
  optimal('RFC 9111 §4.2.1', 'expires-beside-other-directives', 'Expires counts where Cache-Control has no max-age', [
    stored({ ...control('private'), expires: ahead(60) }),
    hit(),
  ]),
  required('RFC 9111 §5.2.2.10', 's-maxage-gives-nothing', 's-maxage gives a private cache no freshness', [
    stored({ ...control('s-maxage=60'), ...TAG }),
    validated(conditional),
  ]),
  required('RFC 9111 §5.2.2.10', 's-maxage-takes-nothing', 's-maxage does not shorten max-age for a private cache', [
    stored(control('max-age=60, s-maxage=0')),
    pass(30),
    hit(),
  ]),
  required('RFC 9111 §5.2.2.10', 's-maxage-does-not-lengthen', 's-maxage does not lengthen max-age', [
    stored(control('max-age=10, s-maxage=60')),
    pass(11),
    asked(),
  ]),
  required('RFC 9111 §5.2.2.10', 's-maxage-leaves-expires', 's-maxage does not outrank Expires for a private cache', [
    stored({ ...control('s-maxage=60'), expires: ago(10), ...TAG }),
    validated(),
  ]),
  choice('RFC 9111 §4.2.2', 'no-heuristic-by-last-modified', 'nothing is guessed from an old Last-Modified', [
    stored({ 'last-modified': ago(30_000_000) }),
    validated(),
  ]),
  choice('RFC 9111 §4.2.2', 'no-heuristic-for-public', 'public alone does not make a response fresh', [
    stored({ ...control('public'), 'last-modified': ago(30_000_000) }),
    validated(),
  ]),
  choice('RFC 9111 §4.2.2', 'no-freshness-is-validated', 'a response that says nothing is stored and validated', [
    stored(TAG),
    validated(conditional),
    validated(conditional),
  ]),
  choice('RFC 9111 §4.2.2', 'immutable-alone', 'immutable alone does not make a response fresh', [
    stored({ ...control('immutable'), ...TAG }),
    validated(conditional),
  ]),
  ...HEURISTIC.map((row) => ({ ...row, under: 'guessed' as const })),
  required('RFC 9111 §4.2.2', 'no-heuristic-beside-max-age', 'no guess is made where max-age is given', [
    stored({ ...cached(10), 'last-modified': ago(30_000_000) }),
    pass(11),
    validated(),
  ]),
  required('RFC 9111 §1.2.2', 'max-age-2-31', 'max-age=2147483648 is a valid lifetime', [
    stored(control('max-age=2147483648')),
    pass(40_000),
    hit(),
  ]),
  required('RFC 9111 §1.2.2', 'max-age-beyond-2-31', 'a max-age beyond 2147483648 overflows to a long time', [
    stored(control('max-age=2147483649')),
    pass(40_000),
    hit(),
  ]),
  required('RFC 9111 §1.2.2', 'max-age-beyond-2-64', 'a max-age of thirty digits overflows to a long time', [
    stored(control(`max-age=${'9'.repeat(30)}`)),
    pass(40_000),
    hit(),
  ]),
  optimal('RFC 9111 §5.4', 'pragma-in-response', 'Pragma in a response means nothing', [
    stored({ ...cached(60), pragma: 'no-cache' }),
    hit(),
  ]),
  optimal('RFC 9111 §5.5', 'warning-in-response', 'Warning in a response means nothing', [
    stored({ ...cached(60), warning: '110 - "Response is Stale"' }),
    hit(),
  ]),
  required('RFC 9111 §4.2', 'freshness-of-404', 'an error with max-age is fresh for as long', [
    stored(cached(60), { origin: { status: 404 } }),
    pass(59),
    hit({ expect: { status: 404 } }),
    pass(1),
    asked(),
  ]),
  required('RFC 9111 §4.3.4', 'validation-restarts-freshness', 'a validation restarts freshness', [
    stored({ ...cached(60), ...TAG }),
    pass(61),
    validated(conditional),
    pass(59),
    hit(),
    pass(1),
    validated(conditional),
  ]),
  optimal('RFC 9111 §4.3.3', 'replacement-restarts-freshness', 'a new response is as fresh as it says itself', [
    stored(cached(60)),
    pass(61),
    asked(reply(cached(120))),
    pass(119),
    hit({ expect: { body: 'two' } }),
    pass(1),
    asked(),
  ]),
  optimal('RFC 9111 §4.3.4', 'stale-without-validator', 'a stale response without validators is fetched again', [
    stored(cached(60)),
    pass(61),
    asked(unconditional),
  ]),
  choice('RFC 9111 §4.2.3', 'clock-set-back', 'a clock set back makes every age a guess: the origin is asked', [
    stored({ ...cached(60), ...TAG }),
    pass(-3600),
    validated(conditional),
  ]),
  optimal('RFC 9111 §4.2', 'fresh-head-unchanged', 'a fresh response is reused with the fields it came with', [
    stored({ ...cached(60), 'x-any': 'kept', 'content-type': 'text/plain' }),
    hit(gives({ 'x-any': 'kept', 'content-type': 'text/plain', 'cache-control': 'max-age=60' })),
  ]),
]

import type { Row } from '../row.ts'
import {
  ahead,
  answered,
  asked,
  by,
  cached,
  choice,
  control,
  exchange,
  failed,
  gives,
  hit,
  hitThenAsked,
  missed,
  optimal,
  pass,
  refused,
  reply,
  required,
  says,
  sending,
  status,
  stored,
  stoodIn,
  together,
  using,
  validated,
} from '../steps.ts'

const FRESH = { ...cached(60), etag: '"one"' }
const wanting = (directives: string) => sending({ 'cache-control': directives })

export const cacheStatus: readonly Row[] = [
  optimal('RFC 9211 §2.2', 'status-uri-miss', 'nothing stored is uri-miss', [
    stored(cached(60), says('fwd=uri-miss', 'stored', '!hit')),
  ]),
  optimal('RFC 9211 §2.1', 'status-hit', 'an answer from store is a hit', [
    stored(cached(60)),
    hit(says('; hit', '!fwd', '!stored')),
  ]),
  optimal('RFC 9211 §2.4', 'status-ttl', 'a hit shows how long it stays fresh', [
    stored(cached(60)),
    hit(says('hit; ttl=60')),
    pass(45),
    hit(says('hit; ttl=15')),
  ]),
  optimal('RFC 9211 §2.4', 'status-ttl-age', 'the age received counts against the ttl', [
    stored({ ...cached(60), age: '20' }),
    hit(says('hit; ttl=40')),
  ]),
  optimal('RFC 9211 §2.4', 'status-ttl-expires', 'Expires gives the ttl as well', [
    stored({ expires: ahead(60) }),
    pass(10),
    hit(says('hit; ttl=50')),
  ]),
  optimal('RFC 9211 §2.4', 'status-ttl-negative', 'the ttl of what is served stale is negative', [
    stored(control('max-age=60, stale-while-revalidate=60')),
    pass(70),
    hitThenAsked(says('hit; ttl=-10')),
  ]),
  required('RFC 9651 §3.3.1', 'status-ttl-digits', 'the ttl has no more digits than an Integer may have', [
    stored(control(`max-age=${'9'.repeat(20)}`)),
    hit(says('hit; ttl=2147483648')),
  ]),
  choice('RFC 9211 §2.8', 'status-detail', 'a hit gives its reason', [stored(cached(60)), hit(says('detail=max-age'))]),
  choice('RFC 9211 §2.8', 'status-detail-expires', 'a hit by Expires says so', [
    stored({ expires: ahead(60) }),
    hit(says('detail=expires')),
  ]),
  required('RFC 9211 §2.6', 'status-stored-no-store', 'what is not stored does not say stored', [
    stored(control('no-store'), says('fwd=uri-miss', '!stored')),
  ]),
  optimal('RFC 9211 §2.2', 'status-stale', 'what is validated because it is stale says so', [
    stored(FRESH),
    pass(60),
    validated(says('fwd=stale', 'fwd-status=304', 'stored', '!hit')),
  ]),
  optimal('RFC 9211 §2.2', 'status-stale-200', 'what is replaced because it is stale says so', [
    stored(FRESH),
    pass(60),
    asked(reply(cached(60)), says('fwd=stale', 'stored', '!304')),
  ]),
  optimal('RFC 9211 §2.2', 'status-request-no-cache', 'fresh, but the request wants a validation, is request', [
    stored(FRESH),
    validated(wanting('no-cache'), says('fwd=request', 'fwd-status=304')),
  ]),
  optimal('RFC 9211 §2.2', 'status-request-max-age', 'fresh, but too old for the request, is request', [
    stored(FRESH),
    pass(30),
    validated(wanting('max-age=10'), says('fwd=request')),
  ]),
  optimal('RFC 9211 §2.2', 'status-mode-no-cache', 'mode no-cache of what is fresh is request', [
    stored(FRESH),
    validated(using('no-cache'), says('fwd=request')),
  ]),
  optimal('RFC 9211 §2.2', 'status-reload', 'mode reload of what is fresh is request', [
    stored(FRESH),
    asked(using('reload'), reply(cached(60)), says('fwd=request', 'stored')),
  ]),
  optimal('RFC 9211 §2.2', 'status-no-store', 'mode no-store is bypass', [
    stored(FRESH),
    asked(using('no-store'), says('fwd=bypass', '!stored')),
  ]),
  optimal('RFC 9211 §2.2', 'status-vary-miss', 'another variant is vary-miss', [
    stored({ ...cached(60), vary: 'x-any' }, sending({ 'x-any': 'a' })),
    missed(sending({ 'x-any': 'b' }), says('fwd=vary-miss')),
  ]),
  ...['PUT', 'POST', 'DELETE'].map((method) =>
    optimal(
      'RFC 9211 §2.2',
      `status-method-${method.toLowerCase()}`,
      `a ${method} is forwarded because of its method`,
      [answered(by(method), says('fwd=method', '!stored'))],
    ),
  ),
  required('RFC 9211 §2.3', 'status-fwd-status', 'an answer with another status reports the origin’s status', [
    stored(control('max-age=60, stale-if-error=60')),
    pass(61),
    exchange(status(503), { expect: { status: 200, body: 'one', cacheStatus: ['fwd=stale', 'fwd-status=503'] } }),
  ]),
  optimal(
    'RFC 9211 §2.2',
    'status-stand-in',
    'an answer served while the origin is away was forwarded, and is not a hit',
    [
      stored(control('max-age=60, stale-if-error=60')),
      pass(61),
      stoodIn(says('fwd=stale', '!hit', '!fwd-status', '!stored')),
    ],
  ),
  optimal('RFC 9211 §2.7', 'status-collapsed', 'a read that joined another says so', [
    together(
      answered(reply(cached(60), { body: 'one', held: true }), says('fwd=uri-miss', 'stored')),
      exchange({
        expect: { sent: false, status: 200, body: 'one', cacheStatus: ['fwd=uri-miss', 'collapsed', '!hit'] },
      }),
    ),
    hit(),
  ]),
  required('RFC 9211 §2', 'status-504', 'a 504 of the worker has no Cache-Status', [
    refused(wanting('only-if-cached')),
  ]),
  required('RFC 9211 §2', 'status-origin-first', 'members of the origin’s caches come before ours', [
    stored(
      { ...cached(60), 'cache-status': 'Cdn; hit; ttl=10' },
      gives({ 'cache-status': { contains: 'Cdn; hit; ttl=10, Freshlayer; fwd=uri-miss' } }),
    ),
    hit(gives({ 'cache-status': { contains: 'Cdn; hit; ttl=10, Freshlayer; hit' } })),
  ]),
  required('RFC 9211 §2', 'status-origin-lines', 'members of several caches keep their order', [
    stored({ ...cached(60), 'cache-status': ['Origin; fwd=uri-miss', '"edge cache"; hit'] }),
    hit(gives({ 'cache-status': { contains: 'Origin; fwd=uri-miss, "edge cache"; hit, Freshlayer; hit' } })),
  ]),
  required('RFC 9211 §2', 'status-not-stored', 'the Cache-Status of one answer is not on the next', [
    stored(cached(60)),
    hit(),
    hit(gives({ 'cache-status': 'Freshlayer; hit; ttl=60; detail=max-age' })),
  ]),
  optimal('RFC 9211 §2', 'status-empty', 'an empty field of the origin leaves ours alone', [
    stored({ ...cached(60), 'cache-status': '' }),
    hit(gives({ 'cache-status': 'Freshlayer; hit; ttl=60; detail=max-age' })),
  ]),
  optimal('RFC 9211 §2', 'status-error', 'an error of the origin has a Cache-Status', [
    asked(status(404), says('fwd=uri-miss', '!stored')),
  ]),
  optimal('RFC 9211 §2.5', 'status-no-key', 'the key is not reported, because it may name the user', [
    stored(cached(60), says('!key')),
    hit(says('!key')),
  ]),
  optimal('RFC 9211 §2.2', 'status-partial', 'a part that is not stored, of what is in part, is partial', [
    answered(
      sending({ range: 'bytes=0-1' }),
      reply({ ...FRESH, 'content-range': 'bytes 0-1/3' }, { status: 206, body: 'on' }),
    ),
    asked(says('fwd=partial')),
  ]),
  optimal('RFC 9211 §2.2', 'status-after-write', 'what a write has ended is stale', [
    stored(FRESH),
    answered(by('PUT')),
    validated(says('fwd=stale', 'fwd-status=304')),
  ]),
  required('RFC 9111 §4', 'status-failure', 'a network failure is passed on unchanged', [failed()]),
]

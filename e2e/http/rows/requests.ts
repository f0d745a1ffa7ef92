import type { Row } from '../row.ts'
import {
  asked,
  by,
  answered,
  cached,
  choice,
  conditional,
  control,
  failed,
  hit,
  hitThenAsked,
  asking,
  missed,
  optimal,
  pass,
  refused,
  reply,
  required,
  sending,
  stale,
  stoodIn,
  stored,
  text,
  unconditional,
  using,
  validated,
} from '../steps.ts'

const TAG = { etag: '"one"' }
const wanting = (directives: string) => sending({ 'cache-control': directives })

export const requests: readonly Row[] = [
  optimal('RFC 9111 §5.2.1.1', 'request-max-age-zero', 'max-age=0 of a request wants a validation', [
    stored({ ...cached(60), ...TAG }),
    validated(wanting('max-age=0'), conditional),
  ]),
  optimal('RFC 9111 §5.2.1.1', 'request-max-age-enough', 'max-age of a request takes what is as old', [
    stored(cached(60)),
    pass(30),
    hit(wanting('max-age=30')),
  ]),
  optimal('RFC 9111 §5.2.1.1', 'request-max-age-too-old', 'max-age of a request does not take what is older', [
    stored({ ...cached(60), ...TAG }),
    pass(31),
    validated(wanting('max-age=30'), conditional),
  ]),
  optimal('RFC 9111 §5.2.1.1', 'request-max-age-counts-age', 'max-age of a request counts the age received', [
    stored({ ...cached(60), ...TAG, age: '20' }),
    pass(11),
    validated(wanting('max-age=30'), conditional),
  ]),
  required('RFC 9111 §5.2.1.1', 'request-max-age-stale', 'a larger max-age of a request does not make stale fresh', [
    stored(cached(60)),
    pass(61),
    asked(wanting('max-age=3600')),
  ]),
  optimal(
    'RFC 9111 §5.2.1.1',
    'request-max-age-and-max-stale',
    'max-age with max-stale takes what is stale and young',
    [stored(cached(60)), pass(70), hit(wanting('max-age=3600, max-stale=20'))],
  ),
  optimal('RFC 9111 §5.2.1.1', 'request-max-age-below-max-stale', 'max-age with max-stale does not take what is old', [
    stored({ ...cached(60), ...TAG }),
    pass(70),
    validated(wanting('max-age=65, max-stale=20'), conditional),
  ]),
  optimal('RFC 9111 §5.2.1.2', 'request-max-stale-enough', 'max-stale takes what is stale for as long', [
    stored(cached(60)),
    pass(70),
    hit(wanting('max-stale=10')),
  ]),
  required('RFC 9111 §5.2.1.2', 'request-max-stale-too-old', 'max-stale does not take what is stale for longer', [
    stored({ ...cached(60), ...TAG }),
    pass(71),
    validated(wanting('max-stale=10'), conditional),
  ]),
  optimal('RFC 9111 §5.2.1.2', 'request-max-stale-any', 'max-stale without a number takes any staleness', [
    stored(cached(60)),
    pass(40_000),
    hit(wanting('max-stale')),
  ]),
  required('RFC 9111 §5.2.2.2', 'request-max-stale-must-revalidate', 'must-revalidate outranks max-stale', [
    stored({ ...control('max-age=60, must-revalidate'), ...TAG }),
    pass(61),
    validated(wanting('max-stale'), conditional),
  ]),
  required('RFC 9111 §5.2.2.4', 'request-max-stale-no-cache', 'no-cache outranks max-stale', [
    stored({ ...control('max-age=60, no-cache'), ...TAG }),
    validated(wanting('max-stale'), conditional),
  ]),
  optimal(
    'RFC 9111 §5.2.1.2',
    'request-max-stale-away',
    'max-stale is served without asking, so the origin may be away',
    [stored(cached(60)), pass(70), hit(wanting('max-stale=10'), { origin: 'away' })],
  ),
  optimal('RFC 9111 §5.2.1.3', 'request-min-fresh-enough', 'min-fresh takes what stays fresh for as long', [
    stored(cached(60)),
    pass(50),
    hit(wanting('min-fresh=10')),
  ]),
  optimal('RFC 9111 §5.2.1.3', 'request-min-fresh-too-short', 'min-fresh does not take what stays fresh for less', [
    stored({ ...cached(60), ...TAG }),
    pass(51),
    validated(wanting('min-fresh=10'), conditional),
  ]),
  optimal('RFC 9111 §5.2.1.3', 'request-min-fresh-swr', 'min-fresh does not take what is served stale', [
    stored({ ...control('max-age=60, stale-while-revalidate=60'), ...TAG }),
    pass(61),
    validated(wanting('min-fresh=1'), conditional),
  ]),
  optimal('RFC 9111 §5.2.1.4', 'request-no-cache', 'no-cache of a request wants a validation', [
    stored({ ...cached(60), ...TAG }),
    validated(wanting('no-cache'), conditional),
    hit(),
  ]),
  optimal('RFC 9111 §5.2.1.4', 'request-no-cache-any-case', 'directives of a request are read in any case', [
    stored({ ...cached(60), ...TAG }),
    validated(wanting('No-Cache'), conditional),
  ]),
  required('RFC 9111 §5.2.1.4', 'request-no-cache-swr', 'no-cache of a request is not answered with what is stale', [
    stored({ ...control('max-age=60, stale-while-revalidate=60'), ...TAG }),
    pass(61),
    validated(wanting('no-cache'), conditional),
  ]),
  required('RFC 9111 §5.2.1.5', 'request-no-store', 'the answer to a request with no-store is not stored', [
    stored({ ...cached(60), ...TAG }, wanting('no-store')),
    missed(),
  ]),
  choice('RFC 9111 §5.2.1.5', 'request-no-store-hit', 'a request with no-store may be answered from store', [
    stored(cached(60)),
    hit(wanting('no-store')),
    hit(),
  ]),
  choice('RFC 9111 §5.2.1.5', 'request-no-store-keeps', 'a request with no-store leaves what is stored', [
    stored(stale),
    asked(wanting('no-store'), reply(cached(60))),
    validated(conditional),
  ]),
  optimal('RFC 9111 §5.2.1.7', 'request-only-if-cached-fresh', 'only-if-cached is answered from store', [
    stored(cached(60)),
    hit(wanting('only-if-cached')),
  ]),
  optimal('RFC 9111 §5.2.1.7', 'request-only-if-cached-nothing', 'only-if-cached with nothing stored is a 504', [
    refused(wanting('only-if-cached'), { expect: { sent: false } }),
  ]),
  optimal('RFC 9111 §5.2.1.7', 'request-only-if-cached-stale', 'only-if-cached with something stale is a 504', [
    stored({ ...cached(60), ...TAG }),
    pass(61),
    refused(wanting('only-if-cached'), { expect: { sent: false } }),
    validated(conditional),
  ]),
  optimal(
    'RFC 9111 §5.2.1.7',
    'request-only-if-cached-max-stale',
    'only-if-cached with max-stale takes what is stale',
    [stored(cached(60)), pass(70), hit(wanting('only-if-cached, max-stale=10'))],
  ),
  optimal('RFC 9111 §5.2.1.7', 'request-only-if-cached-no-cache', 'only-if-cached with a no-cache response is a 504', [
    stored({ ...control('no-cache'), ...TAG }),
    refused(wanting('only-if-cached'), { expect: { sent: false } }),
  ]),
  optimal('RFC 5861 §4', 'request-stale-if-error', 'stale-if-error of a request allows a stale answer', [
    stored(cached(60)),
    pass(70),
    stoodIn(wanting('stale-if-error=10')),
  ]),
  optimal('RFC 5861 §4', 'request-stale-if-error-over', 'stale-if-error of a request ends when it says', [
    stored(cached(60)),
    pass(71),
    failed(wanting('stale-if-error=10')),
  ]),
  required('RFC 9111 §5.2.2.2', 'request-stale-if-error-must-revalidate', 'must-revalidate outranks a request', [
    stored(control('max-age=60, must-revalidate')),
    pass(61),
    refused(wanting('stale-if-error=3600'), { origin: 'away', expect: { sent: {} } }),
  ]),
  choice('RFC 9111 §4.2.1', 'request-max-age-unreadable', 'an unreadable max-age of a request wants a validation', [
    stored({ ...cached(60), ...TAG }),
    validated(wanting('max-age=soon'), conditional),
  ]),
  optimal('RFC 9111 §5.2.3', 'request-unknown-directive', 'an unknown directive of a request is ignored', [
    stored(cached(60)),
    hit(wanting('swallow="no-cache, max-age=0"')),
  ]),
  optimal('RFC 8246 §2', 'request-immutable', 'immutable in a request means nothing', [
    stored(cached(60)),
    pass(61),
    asked(wanting('immutable')),
  ]),
  choice('RFC 9111 §5.2.1', 'request-directives-go-on', 'what a page says to caches reaches the origin', [
    stored(cached(60), wanting('no-cache'), asking({ 'cache-control': 'no-cache' })),
  ]),
  choice('Fetch §4.6', 'miss-says-max-age', 'a miss is sent without an order to bypass caches on its way', [
    stored(cached(60), asking({ 'cache-control': 'max-age=0', pragma: '' })),
  ]),
  choice('Fetch §4.6', 'validation-says-max-age', 'a validation is sent without an order to bypass caches', [
    stored(stale),
    validated(asking({ 'if-none-match': '"one"', 'cache-control': 'max-age=0', pragma: '' })),
  ]),
  choice('Fetch §4.6', 'page-fields-go-on', 'fields that a page sets reach the origin', [
    stored(cached(60), sending({ 'x-any': 'a', accept: 'text/plain' }), asking({ 'x-any': 'a', accept: 'text/plain' })),
  ]),
  optimal('Fetch §5.4', 'mode-default', 'the default mode takes what is fresh', [
    stored(cached(60)),
    hit(using('default')),
  ]),
  required('Fetch §5.4', 'mode-no-store', 'mode no-store asks the origin and leaves what is stored', [
    stored(cached(60)),
    asked(using('no-store'), unconditional, reply(cached(60))),
    hit(),
  ]),
  required('Fetch §5.4', 'mode-no-store-first', 'mode no-store stores nothing', [
    stored({ ...cached(60), ...TAG }, using('no-store')),
    missed(),
  ]),
  required('Fetch §5.4', 'mode-reload', 'mode reload asks without conditions and stores the answer', [
    stored({ ...cached(60), ...TAG }),
    asked(using('reload'), unconditional, reply(cached(60))),
    hit(text('two')),
  ]),
  optimal('Fetch §5.4', 'mode-reload-first', 'mode reload stores where nothing was', [
    stored(cached(60), using('reload')),
    hit(),
  ]),
  required('Fetch §5.4', 'mode-no-cache', 'mode no-cache validates what is fresh', [
    stored({ ...cached(60), ...TAG }),
    validated(using('no-cache'), conditional),
    hit(),
  ]),
  optimal('Fetch §5.4', 'mode-no-cache-replaces', 'mode no-cache stores a new answer', [
    stored({ ...cached(60), ...TAG }),
    asked(using('no-cache'), conditional, reply(cached(60))),
    hit(text('two')),
  ]),
  optimal('RFC 8246 §2', 'mode-no-cache-immutable', 'mode no-cache, which is a reload, spares what is immutable', [
    stored({ ...control('max-age=60, immutable'), ...TAG }),
    hit(using('no-cache')),
  ]),
  required('RFC 8246 §2', 'mode-no-cache-immutable-stale', 'mode no-cache validates what is immutable and stale', [
    stored({ ...control('max-age=60, immutable'), ...TAG }),
    pass(60),
    validated(using('no-cache'), conditional),
  ]),
  optimal(
    'RFC 8246 §2',
    'mode-reload-immutable',
    'mode reload, which is a forced one, fetches even what is immutable',
    [stored({ ...control('max-age=60, immutable'), ...TAG }), asked(using('reload'), unconditional)],
  ),
  choice('RFC 8246 §2', 'request-no-cache-immutable', 'a page that says no-cache itself gets a validation', [
    stored({ ...control('max-age=60, immutable'), ...TAG }),
    validated(wanting('no-cache'), conditional),
  ]),
  choice('RFC 8246 §2', 'immutable-argument', 'an argument of immutable means nothing', [
    stored({ ...control('max-age=60, immutable=0'), ...TAG }),
    hit(using('no-cache')),
  ]),
  optimal('Fetch §5.4', 'mode-force-cache', 'mode force-cache takes what is stale', [
    stored(cached(60)),
    pass(3600),
    hit(using('force-cache')),
  ]),
  choice('Fetch §5.4', 'mode-force-cache-no-cache', 'mode force-cache takes what is never reused otherwise', [
    stored(control('no-cache')),
    hit(using('force-cache')),
  ]),
  optimal('Fetch §5.4', 'mode-force-cache-nothing', 'mode force-cache asks the origin where nothing is stored', [
    stored(cached(60), using('force-cache')),
    hit(),
  ]),
  optimal('Fetch §5.4', 'mode-only-if-cached', 'mode only-if-cached takes what is stale', [
    stored(cached(60)),
    pass(3600),
    hit(using('only-if-cached')),
  ]),
  optimal('Fetch §5.4', 'mode-only-if-cached-nothing', 'mode only-if-cached with nothing stored is a 504', [
    refused(using('only-if-cached'), { expect: { sent: false } }),
  ]),
  required('Fetch §5.4', 'mode-no-cache-swr', 'mode no-cache is not answered with what is stale', [
    stored({ ...control('max-age=60, stale-while-revalidate=60'), ...TAG }),
    pass(61),
    validated(using('no-cache'), conditional),
  ]),
  choice('RFC 5861 §3', 'request-max-age-swr', 'a request that limits age is not answered with what is stale', [
    stored({ ...control('max-age=60, stale-while-revalidate=60'), ...TAG }),
    pass(61),
    validated(wanting('max-age=3600'), conditional),
    pass(61),
    hitThenAsked(),
  ]),
  optimal('RFC 9110 §9.3.2', 'request-no-cache-head', 'no-cache of HEAD asks the origin', [
    stored({ ...cached(60), ...TAG }),
    answered(by('HEAD'), wanting('no-cache'), { expect: { sent: { method: 'HEAD' } } }),
  ]),
]

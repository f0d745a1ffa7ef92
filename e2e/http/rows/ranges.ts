import type { Fields, Row } from '../row.ts'
import {
  answered,
  asked,
  asking,
  by,
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
  refused,
  reply,
  required,
  sending,
  stored,
  stoodIn,
  text,
} from '../steps.ts'

const FRESH = { ...cached(60), etag: '"one"' }
const range = (value: string) => sending({ range: value })

/** Part of what is stored, without asking. */
const part = (asked: string, body: string, told: string) =>
  hit(range(asked), { expect: { status: 206, body, headers: { 'content-range': told } } })

/** A part that the origin sends. */
const partial = (asked: string, body: string, contentRange: string, headers: Fields = FRESH) =>
  answered(
    range(asked),
    asking({ range: asked }),
    reply({ ...headers, 'content-range': contentRange }, { status: 206, body }),
  )

/** Not a range of bytes, so there is no range. */
const INVALID = [
  ['word', 'bytes=abc'],
  ['no-dash', 'bytes=1'],
  ['backwards', 'bytes=2-1'],
  ['empty', 'bytes='],
  ['only-dash', 'bytes=-'],
  ['negative', 'bytes=-1-2'],
  ['fraction', 'bytes=0.5-1'],
] as const

export const ranges: readonly Row[] = [
  // From a whole answer
  ...(
    [
      ['first', 'the first bytes', 'bytes=0-1', 'on', 'bytes 0-1/3'],
      ['middle', 'bytes in the middle', 'bytes=1-1', 'n', 'bytes 1-1/3'],
      ['from', 'all bytes from one on', 'bytes=1-', 'ne', 'bytes 1-2/3'],
      ['last', 'the last bytes', 'bytes=-2', 'ne', 'bytes 1-2/3'],
      ['beyond', 'bytes beyond the end', 'bytes=1-100', 'ne', 'bytes 1-2/3'],
      ['last-beyond', 'more last bytes than there are', 'bytes=-100', 'one', 'bytes 0-2/3'],
      ['all', 'all bytes', 'bytes=0-', 'one', 'bytes 0-2/3'],
    ] as const
  ).map(([id, what, value, body, told]) =>
    optimal('RFC 9110 §14.2', `range-${id}`, `${what} are cut from what is stored`, [
      stored(FRESH),
      part(value, body, told),
      hit(),
    ]),
  ),
  optimal('RFC 9110 §14.1', 'range-unit-case', 'the unit is read in any case', [
    stored(FRESH),
    part('Bytes=0-1', 'on', 'bytes 0-1/3'),
  ]),
  required('RFC 9110 §15.3.7', 'range-fields', 'a part has the fields that the whole would have', [
    stored({ ...FRESH, 'content-type': 'text/plain', 'x-any': 'a' }),
    pass(10),
    hit(range('bytes=0-1'), {
      expect: {
        status: 206,
        body: 'on',
        headers: {
          etag: '"one"',
          'cache-control': 'max-age=60',
          age: '10',
          'content-type': 'text/plain',
          'content-length': '2',
        },
      },
    }),
  ]),
  optimal('RFC 9110 §15.5.17', 'range-unsatisfiable', 'a part beyond the end of what is stored is a 416', [
    stored(FRESH),
    hit(range('bytes=3-'), { expect: { status: 416, body: '', headers: { 'content-range': 'bytes */3' } } }),
  ]),
  optimal('RFC 9110 §15.5.17', 'range-no-last', 'no last bytes are a 416', [
    stored(FRESH),
    hit(range('bytes=-0'), { expect: { status: 416, body: '' } }),
  ]),
  ...INVALID.map(([id, value]) =>
    optimal('RFC 9110 §14.2', `range-invalid-${id}`, `${value} is no range, and gets the whole`, [
      stored(FRESH),
      hit(range(value)),
    ]),
  ),
  required('RFC 9110 §14.2', 'range-stale', 'no part is cut from what is stale', [
    stored(cached(60)),
    pass(60),
    partial('bytes=0-1', 'tw', 'bytes 0-1/3', {}),
  ]),
  required('RFC 9111 §5.2.2.4', 'range-no-cache', 'no part is cut from what must be validated', [
    stored({ ...control('no-cache'), etag: '"one"' }),
    exchange(range('bytes=0-1'), { expect: { sent: {} } }),
  ]),
  required('RFC 9110 §9.3.2', 'range-head', 'HEAD has no parts', [
    stored(FRESH),
    hit(by('HEAD'), range('bytes=0-1'), text('')),
  ]),
  optimal('RFC 5861 §4', 'range-sie', 'a part of the stored answer is served while the origin is away', [
    stored(control('max-age=60, stale-if-error=60')),
    pass(61),
    stoodIn(range('bytes=0-1'), { expect: { status: 206, body: 'on' } }),
  ]),
  optimal('RFC 9111 §5.2.1.7', 'range-only-if-cached', 'only-if-cached gets its part from store', [
    stored(FRESH),
    hit(sending({ range: 'bytes=0-1', 'cache-control': 'only-if-cached' }), { expect: { status: 206, body: 'on' } }),
  ]),
  optimal(
    'RFC 9111 §5.2.1.7',
    'range-only-if-cached-nothing',
    'only-if-cached with nothing stored is a 504 for a part',
    [refused(sending({ range: 'bytes=0-1', 'cache-control': 'only-if-cached' }), { expect: { sent: false } })],
  ),
  required('RFC 9110 §14.2', 'range-of-404', 'an error has no parts', [
    stored(cached(60), { origin: { status: 404 } }),
    hit(range('bytes=0-1'), { expect: { status: 404, body: 'one' } }),
  ]),

  // If-Range
  ...(
    [
      ['strong', 'the same strong entity tag', '"one"', 206, 'on'],
      ['other', 'another entity tag', '"other"', 200, 'one'],
      ['weak', 'a weak form of the entity tag', 'W/"one"', 200, 'one'],
      ['unreadable', 'neither entity tag nor date', 'one', 200, 'one'],
    ] as const
  ).map(([id, what, ifRange, status, body]) =>
    required(
      'RFC 9110 §13.1.5',
      `if-range-${id}`,
      `If-Range with ${what} gets ${status === 206 ? 'the part' : 'the whole'}`,
      [stored(FRESH), hit(sending({ range: 'bytes=0-1', 'if-range': ifRange }), { expect: { status, body } })],
    ),
  ),
  required('RFC 9110 §13.1.5', 'if-range-both-weak', 'If-Range with the same weak entity tag gets the whole', [
    stored({ ...cached(60), etag: 'W/"one"' }),
    hit(sending({ range: 'bytes=0-1', 'if-range': 'W/"one"' })),
  ]),
  required('RFC 9110 §13.1.5', 'if-range-date', 'If-Range with another date than Last-Modified gets the whole', [
    stored({ ...cached(60), 'last-modified': 'Tue, 03 Nov 2020 10:00:00 GMT' }),
    hit(sending({ range: 'bytes=0-1', 'if-range': 'Wed, 04 Nov 2020 10:00:00 GMT' })),
  ]),
  optimal('RFC 9110 §13.1.5', 'if-range-same-date', 'If-Range with the same Last-Modified, long past, gets the part', [
    stored({ ...cached(60), 'last-modified': 'Tue, 03 Nov 2020 10:00:00 GMT' }),
    hit(sending({ range: 'bytes=0-1', 'if-range': 'Tue, 03 Nov 2020 10:00:00 GMT' }), {
      expect: { status: 206, body: 'on' },
    }),
  ]),

  // Parts that the origin sends
  required('RFC 9111 §3.3', 'part-passed-on', 'a part that the origin sends reaches the page', [
    answered(
      range('bytes=0-1'),
      asking({ range: 'bytes=0-1' }),
      reply({ 'content-range': 'bytes 0-1/3' }, { status: 206, body: 'on' }),
      gives({ 'content-range': 'bytes 0-1/3' }),
    ),
  ]),
  required(
    'RFC 9111 §3.3',
    'part-is-not-whole',
    'a part is not used as the whole',
    [partial('bytes=0-1', 'on', 'bytes 0-1/3'), asked()],
    { dependsOn: ['parts-combined'] },
  ),
  required(
    'RFC 9111 §3.3',
    'part-is-not-other-part',
    'a part is not used as another part',
    [partial('bytes=0-0', 'o', 'bytes 0-0/3'), partial('bytes=1-2', 'ne', 'bytes 1-2/3')],
    { dependsOn: ['part-reused'] },
  ),
  optimal('RFC 9111 §3.3', 'part-reused', 'a part that is fresh is used again', [
    partial('bytes=0-1', 'on', 'bytes 0-1/3'),
    part('bytes=0-1', 'on', 'bytes 0-1/3'),
  ]),
  optimal('RFC 9111 §3.3', 'part-of-part', 'a part is cut from a larger one', [
    partial('bytes=0-1', 'on', 'bytes 0-1/3'),
    part('bytes=1-1', 'n', 'bytes 1-1/3'),
  ]),
  optimal('RFC 9111 §3.4', 'parts-combined', 'parts with the same strong entity tag make the whole', [
    partial('bytes=0-1', 'on', 'bytes 0-1/3'),
    partial('bytes=2-2', 'e', 'bytes 2-2/3'),
    hit(),
  ]),
  required(
    'RFC 9111 §3.4',
    'parts-of-others',
    'parts with other entity tags make nothing',
    [
      partial('bytes=0-1', 'on', 'bytes 0-1/3'),
      partial('bytes=2-2', 'o', 'bytes 2-2/3', { ...cached(60), etag: '"two"' }),
      asked(),
    ],
    { dependsOn: ['parts-combined'] },
  ),
  required(
    'RFC 9111 §3.4',
    'parts-weak',
    'parts with the same weak entity tag make nothing',
    [
      partial('bytes=0-1', 'on', 'bytes 0-1/3', { ...cached(60), etag: 'W/"one"' }),
      partial('bytes=2-2', 'e', 'bytes 2-2/3', { ...cached(60), etag: 'W/"one"' }),
      asked(),
    ],
    { dependsOn: ['parts-combined'] },
  ),
  required(
    'RFC 9111 §3.4',
    'parts-without-tag',
    'parts without validators make nothing',
    [
      partial('bytes=0-1', 'on', 'bytes 0-1/3', cached(60)),
      partial('bytes=2-2', 'e', 'bytes 2-2/3', cached(60)),
      asked(),
    ],
    { dependsOn: ['parts-combined'] },
  ),
  required(
    'RFC 9111 §4.2',
    'part-stale',
    'a part that is stale is not used',
    [partial('bytes=0-1', 'on', 'bytes 0-1/3'), pass(60), exchange(range('bytes=0-1'), { expect: { sent: {} } })],
    { dependsOn: ['part-reused'] },
  ),
  required(
    'RFC 9111 §5.2.2.5',
    'part-no-store',
    'a part with no-store is not stored',
    [
      partial('bytes=0-1', 'on', 'bytes 0-1/3', { ...control('max-age=60, no-store'), etag: '"one"' }),
      partial('bytes=0-1', 'on', 'bytes 0-1/3'),
    ],
    { dependsOn: ['part-reused'] },
  ),
  required(
    'RFC 9110 §15.3.7',
    'part-other-than-asked',
    'a part is stored as what it says it is',
    [
      answered(range('bytes=0-1'), reply({ ...FRESH, 'content-range': 'bytes 0-0/3' }, { status: 206, body: 'o' })),
      exchange(range('bytes=0-1'), { expect: { sent: {} } }),
    ],
    { dependsOn: ['part-reused'] },
  ),
  required(
    'RFC 9110 §14.4',
    'part-unreadable',
    'a part that does not say what it is is passed on and not stored',
    [
      answered(range('bytes=0-1'), reply({ ...FRESH, 'content-range': 'bytes abc' }, { status: 206, body: 'on' })),
      exchange(range('bytes=0-1'), { expect: { sent: {} } }),
    ],
    { dependsOn: ['part-reused'] },
  ),
  optimal('RFC 9110 §14.2', 'whole-for-range', 'a whole answer to a range is stored as the whole', [
    stored(FRESH, range('bytes=0-1')),
    hit(),
    part('bytes=1-2', 'ne', 'bytes 1-2/3'),
  ]),
  required('RFC 9110 §15.5.17', 'origin-416', 'a 416 of the origin is passed on and leaves what is stored', [
    stored({ ...cached(60), etag: '"one"' }),
    pass(60),
    answered(range('bytes=7-'), reply({ 'content-range': 'bytes */3' }, { status: 416, body: '' })),
    asked(conditional),
  ]),
  optimal('RFC 9111 §4.3.4', 'part-keeps-whole', 'a part with the same entity tag does not push the whole out', [
    stored(FRESH),
    answered(
      sending({ range: 'bytes=0-1', 'cache-control': 'no-cache' }),
      reply({ ...FRESH, 'content-range': 'bytes 0-1/3' }, { status: 206, body: 'on' }),
    ),
    hit(),
  ]),
  required(
    'RFC 9111 §4.4',
    'part-written',
    'a write ends parts as well',
    [
      partial('bytes=0-1', 'on', 'bytes 0-1/3'),
      answered(by('PUT', 'written')),
      exchange(range('bytes=0-1'), { expect: { sent: {} } }),
    ],
    { dependsOn: ['part-reused'] },
  ),

  // Other units
  choice('RFC 9110 §14.1', 'unit-reused', 'a page of a list, in a unit of its own, is a whole answer', [
    answered(
      range('items=0-1'),
      reply({ ...cached(60), 'content-range': 'items 0-1/9' }, { status: 206, body: 'one' }),
    ),
    hit(range('items=0-1'), { expect: { status: 206 } }, gives({ 'content-range': 'items 0-1/9' })),
  ]),
  choice(
    'RFC 9110 §14.1',
    'unit-other-range',
    'another page of the list is another answer',
    [
      answered(
        range('items=0-1'),
        reply({ ...cached(60), 'content-range': 'items 0-1/9' }, { status: 206, body: 'one' }),
      ),
      asked(range('items=2-3')),
    ],
    { dependsOn: ['unit-reused'] },
  ),
  required(
    'RFC 9110 §14.1',
    'unit-is-not-whole',
    'a page of a list is not the list',
    [
      answered(
        range('items=0-1'),
        reply({ ...cached(60), 'content-range': 'items 0-1/9' }, { status: 206, body: 'one' }),
      ),
      missed(),
    ],
    { dependsOn: ['unit-reused'] },
  ),
  choice('RFC 9110 §14.1', 'unit-not-from-whole', 'a page of a list is not cut from the list', [
    stored(FRESH),
    asked(range('items=0-1')),
  ]),
]

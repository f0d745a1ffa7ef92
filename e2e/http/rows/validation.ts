import type { Fields, Row } from '../row.ts'
import {
  ago,
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
  inTurn,
  missed,
  optimal,
  pass,
  replies,
  reply,
  required,
  sending,
  stale,
  status,
  stored,
  text,
  unconditional,
  validated,
} from '../steps.ts'

const MODIFIED = 'Tue, 03 Nov 2020 10:00:00 GMT'
const LATER = 'Wed, 04 Nov 2020 10:00:00 GMT'
const EARLIER = 'Mon, 02 Nov 2020 10:00:00 GMT'
const FRESH = { ...cached(60), etag: '"one"' }

/** A 304 that carries these fields. */
const notModified = (headers: Fields) => validated({ origin: { status: 304, headers } })

/** A 304 with these fields, which is not about what is stored: the origin is asked once more, without conditions. */
const mistaken = (headers: Fields) =>
  answered(
    replies({ status: 304, headers }, { body: 'two' }),
    inTurn({}, { headers: { 'if-none-match': null, 'if-modified-since': null } }),
  )

/** The page’s own condition holds for what is stored: 304 without asking. */
const unchanged = (headers: Record<string, string>) =>
  exchange(sending(headers), { expect: { sent: false, status: 304, body: '' } })

/** Fields that describe the body we hold, in the form in which we hold it. */
const OF_THE_BODY = [
  ['content-type', 'text/one', 'text/two', 'text/one'],
  ['content-range', 'row 1-1/1', 'row 2-2/2', 'row 1-1/1'],
  ['content-length', '3', '4000', '3'],
  ['content-encoding', 'x-one', 'x-two', 'x-one'],
] as const

/** Fields that a 304 brings up to date, as any that is not excepted. */
const UPDATED = [
  ['x-any', 'a', 'b'],
  ['content-language', 'en', 'de'],
  ['content-location', '/one', '/two'],
  ['content-security-policy', "default-src 'none'", "default-src 'self'"],
  ['x-content-type-options', 'one', 'two'],
  ['content-x-any', 'a', 'b'],
  ['link', '</one>; rel=next', '</two>; rel=next'],
  ['last-modified', MODIFIED, LATER],
] as const

export const validation: readonly Row[] = [
  // What is sent
  required('RFC 9111 §4.3.1', 'sends-etag', 'the stored entity tag is sent', [stored(stale), validated(conditional)]),
  required('RFC 9110 §8.8.3', 'sends-weak-etag', 'a weak entity tag is sent as it came', [
    stored({ ...cached(0), etag: 'W/"one"' }),
    validated(asking({ 'if-none-match': 'W/"one"' })),
  ]),
  required('RFC 9110 §8.8.3', 'sends-odd-etag', 'an entity tag of odd characters is sent as it came', [
    stored({ ...cached(0), etag: String.raw`"a,b\W/;*'"` }),
    validated(asking({ 'if-none-match': String.raw`"a,b\W/;*'"` })),
  ]),
  optimal('RFC 9110 §8.8.3', 'sends-empty-etag', 'an empty entity tag is one', [
    stored({ ...cached(0), etag: '""' }),
    validated(asking({ 'if-none-match': '""' })),
  ]),
  optimal('RFC 9111 §4.3.1', 'sends-last-modified', 'the stored Last-Modified is sent', [
    stored({ ...cached(0), 'last-modified': MODIFIED }),
    validated(asking({ 'if-modified-since': MODIFIED, 'if-none-match': null })),
  ]),
  optimal('RFC 9111 §4.3.1', 'sends-both', 'entity tag and Last-Modified are both sent', [
    stored({ ...stale, 'last-modified': MODIFIED }),
    validated(asking({ 'if-none-match': '"one"', 'if-modified-since': MODIFIED })),
  ]),
  optimal('RFC 9111 §4.3.1', 'sends-last-modified-verbatim', 'Last-Modified is sent in the format it came in', [
    stored({ ...cached(0), 'last-modified': 'Tuesday, 03-Nov-20 10:00:00 GMT' }),
    validated(asking({ 'if-modified-since': 'Tuesday, 03-Nov-20 10:00:00 GMT' })),
  ]),
  optimal('RFC 9111 §4.3.1', 'sends-nothing', 'without validators nothing is asked on condition', [
    stored(cached(0)),
    asked(unconditional),
  ]),
  optimal('RFC 9111 §4.3.1', 'sends-newest-etag', 'the entity tag of the newest response is sent', [
    stored(stale),
    asked(reply({ ...cached(0), etag: '"two"' }), conditional),
    pass(10),
    validated(asking({ 'if-none-match': '"two"' }), text('two')),
  ]),
  optimal('RFC 9111 §4.3.1', 'forgets-old-etag', 'a response without entity tag takes the old one with it', [
    stored(stale),
    asked(reply(cached(0)), conditional),
    pass(10),
    asked(unconditional, reply({}, { body: 'three' })),
  ]),

  // What a 304 means
  required('RFC 9111 §4.3.3', 'answers-200', 'a page that set no condition never sees a 304', [
    stored(stale),
    validated(),
  ]),
  required('RFC 9111 §4.3.4', 'confirmed-by-strong', 'a 304 with the same strong entity tag confirms', [
    stored(stale),
    notModified({ ...cached(60), etag: '"one"' }),
    hit(),
  ]),
  required('RFC 9111 §4.3.4', 'confirmed-by-weak', 'a 304 with the same weak entity tag confirms', [
    stored({ ...cached(0), etag: 'W/"one"' }),
    notModified({ ...cached(60), etag: 'W/"one"' }),
    hit(),
  ]),
  optimal('RFC 9111 §4.3.4', 'confirmed-strong-by-weak', 'a 304 with a weak entity tag confirms the most recent', [
    stored(stale),
    notModified({ ...cached(60), etag: 'W/"one"' }),
    hit(),
  ]),
  required('RFC 9111 §4.3.4', 'not-confirmed-by-other', 'a 304 with another strong entity tag confirms nothing', [
    stored(stale),
    mistaken({ ...cached(60), etag: '"other"' }),
  ]),
  choice(
    'RFC 9110 §13.1.2',
    'confirmed-weak-by-strong',
    'a 304 with the strong form of a weak tag confirms the only one it was asked about',
    [stored({ ...cached(0), etag: 'W/"one"' }), notModified({ ...cached(60), etag: '"one"' }), hit()],
    {
      departs:
        'RFC 9111 §4.3.4 wants a strong tag to match strongly; compressing proxies change the form, and one tag was sent.',
    },
  ),
  required(
    'RFC 9111 §4.3.4',
    'not-confirmed-without-tag',
    'a 304 with a strong entity tag does not confirm what has none',
    [stored({ ...cached(0), 'last-modified': MODIFIED }), mistaken({ ...cached(60), etag: '"other"' })],
  ),
  required('RFC 9111 §4.3.4', 'mistaken-updates-nothing', 'a 304 about something else updates nothing', [
    stored({ ...stale, 'x-any': 'a' }),
    answered(
      replies({ status: 304, headers: { ...cached(60), etag: '"other"', 'x-any': 'b' } }, 'away'),
      inTurn({}, {}),
      { expect: { error: true } },
    ),
    validated(conditional, gives({ 'x-any': 'a' })),
  ]),
  choice(
    'RFC 9111 §4.3.4',
    'confirmed-without-validator',
    'a 304 without validators confirms the one it was asked about',
    [stored(stale), notModified(cached(60)), hit()],
    {
      departs:
        'The text wants the stored response to have none either; another origin may hide its tags from a worker.',
    },
  ),
  optimal('RFC 9111 §4.3.4', 'confirmed-by-last-modified', 'a 304 with the same Last-Modified confirms', [
    stored({ ...cached(0), 'last-modified': MODIFIED }),
    notModified({ ...cached(60), 'last-modified': MODIFIED }),
    hit(),
  ]),
  choice('RFC 9111 §4.3.4', 'not-confirmed-by-last-modified', 'a 304 with another Last-Modified confirms nothing', [
    stored({ ...cached(0), 'last-modified': MODIFIED }),
    mistaken({ ...cached(60), 'last-modified': LATER }),
  ]),
  choice('RFC 9111 §4.3.3', '304-out-of-nowhere', 'after an unexpected 304 the worker asks again without conditions', [
    answered(replies({ status: 304 }, { body: 'two' }), inTurn({}, {})),
  ]),
  choice('RFC 9111 §4.3.3', '304-for-ever', 'an origin that says nothing but 304 is asked no more than twice', [
    exchange({ origin: [{ status: 304 }, { status: 304 }], expect: { sent: [{}, {}] } }),
  ]),
  choice('RFC 9111 §5.2.2.5', '304-no-store', 'a 304 with no-store ends what is stored', [
    stored(stale),
    exchange({
      origin: [
        { status: 304, headers: { ...control('no-store'), etag: '"one"' } },
        { headers: control('no-store'), body: 'one' },
      ],
      expect: { status: 200, body: 'one' },
    }),
    missed(),
  ]),
  required('RFC 9111 §4.3.4', '304-no-cache', 'a 304 with no-cache makes each use a validation', [
    stored({ ...cached(60), etag: '"one"' }),
    pass(61),
    notModified(control('no-cache')),
    validated(conditional),
  ]),

  // What a 304 updates
  required('RFC 9111 §3.2', '304-updates-freshness', 'a 304 may change how long the response stays fresh', [
    stored(stale),
    notModified(cached(60)),
    pass(59),
    hit(gives({ 'cache-control': 'max-age=60' })),
    pass(1),
    validated(conditional),
  ]),
  required('RFC 9111 §3.2', '304-shortens-freshness', 'a 304 may end freshness', [
    stored(FRESH),
    pass(60),
    notModified(cached(0)),
    validated(conditional),
  ]),
  required('RFC 9111 §3.2', '304-updates-expires', 'a 304 may change Expires', [
    stored({ etag: '"one"', expires: ago(10) }),
    validated({ origin: { status: 304, headers: { expires: { inSeconds: 60 } } } }),
    hit(),
  ]),
  required('RFC 9111 §3.2', '304-updates-date', 'a 304 changes Date', [
    stored(FRESH),
    pass(60),
    validated(gives({ date: ago(0) })),
    pass(10),
    hit(gives({ date: ago(10) })),
  ]),
  ...UPDATED.map(([name, before, after]) =>
    required('RFC 9111 §3.2', `304-updates-${name}`, `a 304 changes ${name}`, [
      stored({ ...FRESH, [name]: before }),
      pass(60),
      validated({ origin: { status: 304, headers: { ...FRESH, [name]: after } } }, gives({ [name]: after })),
      hit(gives({ [name]: after })),
    ]),
  ),
  required('RFC 9111 §3.2', '304-adds', 'a 304 adds fields that were not there', [
    stored(FRESH),
    pass(60),
    validated({ origin: { status: 304, headers: { 'x-any': 'b' } } }, gives({ 'x-any': 'b' })),
    hit(gives({ 'x-any': 'b' })),
  ]),
  required('RFC 9111 §3.2', '304-keeps', 'fields that a 304 does not name stay', [
    stored({ ...FRESH, 'x-any': 'a' }),
    pass(60),
    validated(gives({ 'x-any': 'a' })),
    hit(gives({ 'x-any': 'a', etag: '"one"', 'cache-control': 'max-age=60' })),
  ]),
  required('RFC 9111 §3.2', '304-replaces-lines', 'a field of a 304 replaces all lines of the stored one', [
    stored({ ...FRESH, 'x-any': ['a', 'b'] }),
    pass(60),
    validated({ origin: { status: 304, headers: { 'x-any': ['c', 'd'] } } }, gives({ 'x-any': 'c, d' })),
  ]),
  ...OF_THE_BODY.map(([name, before, after, told]) =>
    choice('RFC 9111 §3.2', `304-keeps-${name}`, `a 304 does not change ${name}, which describes the body`, [
      stored({ ...FRESH, [name]: before }),
      pass(60),
      validated({ origin: { status: 304, headers: { ...FRESH, [name]: after } } }),
      hit(gives({ [name]: told })),
    ]),
  ),
  required('RFC 9111 §3.1', '304-connection-fields', 'fields that Connection names in a 304 are not stored', [
    stored(FRESH),
    pass(60),
    validated({ origin: { status: 304, headers: { connection: 'keep-alive, x-hop', 'x-hop': 'a' } } }),
    hit(gives({ 'x-hop': null })),
  ]),

  // Other answers to a validation
  optimal('RFC 9111 §4.3.3', 'validation-200', 'a 200 replaces what was validated', [
    stored(stale),
    asked(conditional, reply(cached(60))),
    hit(text('two')),
  ]),
  required('RFC 9111 §4.3.3', 'validation-500', 'a 500 is passed on when no stored answer may replace it', [
    stored(stale),
    asked(status(500)),
  ]),
  ...[404, 410].map((code) =>
    choice('RFC 9111 §4.3.3', `validation-${code}`, `a ${code} ends what was validated`, [
      stored(stale),
      asked(status(code)),
      missed(),
    ]),
  ),
  choice('RFC 9111 §4.3.3', 'validation-401', 'a 401 leaves what was validated', [
    stored(stale),
    asked(status(401)),
    validated(conditional),
  ]),
  optimal('RFC 9111 §4.3.3', 'validation-404-stored', 'an error with max-age replaces what was validated', [
    stored(stale),
    asked(status(404, cached(60))),
    hit({ expect: { status: 404, body: 'two' } }),
  ]),

  // Conditions of the page's own
  ...(
    [
      ['strong', 'the same strong entity tag', '"one"', '"one"'],
      ['weak', 'the same weak entity tag', 'W/"one"', 'W/"one"'],
      ['weak-for-strong', 'a weak form of the entity tag', '"one"', 'W/"one"'],
      ['strong-for-weak', 'a strong form of the entity tag', 'W/"one"', '"one"'],
      ['list', 'the entity tag among others', '"one"', '"zero", "one", "two"'],
      ['list-without-spaces', 'the entity tag among others without spaces', '"one"', '"zero","one","two"'],
      ['comma', 'an entity tag with a comma in it', '"on,e"', '"zero", "on,e"'],
      ['star', 'any entity tag', '"one"', '*'],
    ] as const
  ).map(([id, what, tag, asking]) =>
    optimal('RFC 9111 §4.3.2', `own-etag-${id}`, `a page that has ${what} gets its 304 from store`, [
      stored({ ...cached(60), etag: tag }),
      unchanged({ 'if-none-match': asking }),
    ]),
  ),
  ...(
    [
      ['other', 'another entity tag', '"other"'],
      ['unquoted', 'an entity tag without quotes', 'one'],
      ['other-case', 'the entity tag in another case', '"ONE"'],
      ['quoted-list', 'a text that only contains the entity tag', '"zero, one"'],
      ['lower-case-w', 'the entity tag with a small w', 'w/"one"'],
    ] as const
  ).map(([id, what, asking]) =>
    optimal('RFC 9111 §4.3.2', `own-etag-${id}`, `a page that has ${what} gets the stored response`, [
      stored(FRESH),
      hit(sending({ 'if-none-match': asking })),
    ]),
  ),
  required(
    'RFC 9110 §15.4.5',
    'own-304-fields',
    'a 304 from store has the fields that a 200 would have',
    [
      stored({ ...FRESH, vary: 'x-any', 'content-location': '/one', expires: ago(0), 'x-other': 'a' }),
      exchange(
        unchanged({ 'if-none-match': '"one"' }),
        gives({
          etag: '"one"',
          'cache-control': 'max-age=60',
          vary: 'x-any',
          'content-location': '/one',
          expires: ago(0),
          date: ago(0),
        }),
      ),
    ],
    { dependsOn: ['own-etag-strong'] },
  ),
  optimal('RFC 9111 §4.3.2', 'own-date-same', 'a page that has the same Last-Modified gets its 304 from store', [
    stored({ ...cached(60), 'last-modified': MODIFIED }),
    unchanged({ 'if-modified-since': MODIFIED }),
  ]),
  optimal('RFC 9111 §4.3.2', 'own-date-later', 'a page that has a later Last-Modified gets its 304 from store', [
    stored({ ...cached(60), 'last-modified': MODIFIED }),
    unchanged({ 'if-modified-since': LATER }),
  ]),
  optimal('RFC 9111 §4.3.2', 'own-date-earlier', 'a page that has an earlier Last-Modified gets the stored response', [
    stored({ ...cached(60), 'last-modified': MODIFIED }),
    hit(sending({ 'if-modified-since': EARLIER })),
  ]),
  optimal('RFC 9111 §4.3.2', 'own-date-without', 'where there is no Last-Modified, Date takes its place: not later', [
    stored(cached(60)),
    hit(sending({ 'if-modified-since': EARLIER })),
  ]),
  optimal('RFC 9111 §4.3.2', 'own-date-without-later', 'where there is no Last-Modified, Date takes its place: later', [
    stored(cached(60)),
    unchanged({ 'if-modified-since': 'Tue, 01 Jan 2069 00:00:00 GMT' }),
  ]),
  required('RFC 9110 §13.1.3', 'own-date-unreadable', 'an If-Modified-Since that is no date means nothing', [
    stored({ ...cached(60), 'last-modified': MODIFIED }),
    hit(sending({ 'if-modified-since': 'lately' })),
  ]),
  required('RFC 9110 §13.1.3', 'own-etag-outranks-date', 'If-None-Match outranks If-Modified-Since: no match', [
    stored({ ...FRESH, 'last-modified': MODIFIED }),
    hit(sending({ 'if-none-match': '"other"', 'if-modified-since': LATER })),
  ]),
  required('RFC 9110 §13.1.3', 'own-etag-outranks-earlier-date', 'If-None-Match outranks If-Modified-Since: a match', [
    stored({ ...FRESH, 'last-modified': MODIFIED }),
    unchanged({ 'if-none-match': '"one"', 'if-modified-since': EARLIER }),
  ]),
  required('RFC 9111 §4.3.2', 'own-if-match', 'If-Match is for the origin to judge', [
    stored(FRESH),
    asked(sending({ 'if-match': '"other"' }), asking({ 'if-match': '"other"' }), status(412)),
  ]),
  required('RFC 9111 §4.3.2', 'own-if-unmodified-since', 'If-Unmodified-Since is for the origin to judge', [
    stored({ ...FRESH, 'last-modified': MODIFIED }),
    asked(sending({ 'if-unmodified-since': EARLIER }), asking({ 'if-unmodified-since': EARLIER }), status(412)),
  ]),
  required(
    'RFC 9111 §4.3.2',
    'own-etag-nothing-stored',
    'with nothing stored the page’s condition reaches the origin',
    [
      answered(
        sending({ 'if-none-match': '"mine"' }),
        asking({ 'if-none-match': '"mine"' }),
        reply({ etag: '"mine"' }, { status: 304 }),
        text(''),
      ),
    ],
  ),
  required('RFC 9111 §3', 'own-304-not-stored', 'a 304 for the page is not stored', [
    answered(
      sending({ 'if-none-match': '"mine"' }),
      reply({ ...cached(60), etag: '"mine"' }, { status: 304 }),
      text(''),
    ),
    missed(),
  ]),
  required('RFC 9111 §4.3.2', 'own-etag-stale-confirmed', 'a page whose copy holds gets the origin’s 304', [
    stored(stale),
    exchange(sending({ 'if-none-match': '"one"' }), {
      origin: { status: 304, headers: { etag: '"one"' } },
      expect: { sent: {}, status: 304 },
    }),
  ]),
  required('RFC 9111 §4.3.2', 'own-etag-stale-other', 'a 304 about a copy that the page does not have becomes a 200', [
    stored(stale),
    exchange(sending({ 'if-none-match': '"other"' }), {
      origin: { status: 304, headers: { etag: '"one"' } },
      expect: { sent: {}, status: 200, body: 'one' },
    }),
  ]),
  optimal('RFC 9111 §4.3.2', 'own-etag-stale-replaced', 'a page whose copy does not hold gets the new one', [
    stored(stale),
    exchange(sending({ 'if-none-match': '"one"' }), {
      origin: { headers: { ...cached(60), etag: '"two"' }, body: 'two' },
      expect: { sent: {}, status: 200, body: 'two' },
    }),
  ]),

  // HEAD
  optimal('RFC 9111 §4.3.5', 'head-updates', 'a HEAD with the same entity tag updates what is stored', [
    stored({ ...stale, 'x-any': 'a' }),
    answered(by('HEAD'), reply({ ...cached(60), etag: '"one"', 'x-any': 'b', 'content-length': '3' })),
    hit(gives({ 'x-any': 'b' })),
  ]),
  optimal('RFC 9111 §4.3.5', 'head-ends', 'a HEAD with another entity tag makes what is stored stale', [
    stored({ ...cached(60), etag: '"one"' }),
    answered(by('HEAD'), sending({ 'cache-control': 'no-cache' }), reply({ ...cached(60), etag: '"two"' })),
    asked(),
  ]),
  optimal('RFC 9111 §4.3.5', 'head-ends-by-last-modified', 'a HEAD with another Last-Modified makes it stale', [
    stored({ ...cached(60), 'last-modified': MODIFIED }),
    answered(by('HEAD'), sending({ 'cache-control': 'no-cache' }), reply({ ...cached(60), 'last-modified': LATER })),
    asked(),
  ]),
  required('RFC 9111 §4.3.5', 'head-error', 'a HEAD with an error updates nothing', [
    stored({ ...cached(60), etag: '"one"' }),
    answered(by('HEAD'), sending({ 'cache-control': 'no-cache' }), reply({ etag: '"two"' }, { status: 500 })),
    hit(),
  ]),
]

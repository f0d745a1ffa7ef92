import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFields } from './header-text.fixture.ts'
import { requestHead, responseHead } from './heads.fixture.ts'
import { type Plan, plan } from './plan.ts'
import { type Outcome, settle, type SettleInput } from './settle.ts'
import { after, storedRow } from './stored-row.fixture.ts'
import { standing, type Windows } from './timeline.ts'
import { seconds } from './units.ts'

const RULE: Windows = { fresh: seconds(10), stale: seconds(20), offline: seconds(100), trust: 'http' }
const ROW = storedRow()
const at = (now: number) => ({ row: ROW, standing: standing(ROW, RULE, false, after(now)), why: 'rule' })

const SERVE: Plan = { kind: 'serve', ...at(0) }
const BEHIND: Plan = { kind: 'serve-then-validate', ...at(15) }
const VALIDATE: Plan = { kind: 'validate', standsIn: true, forgiving: false, fwd: 'stale', ...at(50) }
const VALIDATE_GONE: Plan = { kind: 'validate', standsIn: false, forgiving: false, fwd: 'stale', ...at(500) }
const MISS: Plan = { kind: 'fetch', store: true, variants: [], fwd: 'uri-miss', why: 'uri-miss' }
const RELOAD: Plan = { kind: 'fetch', store: true, variants: [], fwd: 'request', why: 'reload' }
const PAST: Plan = { kind: 'fetch', store: false, variants: [], fwd: 'bypass', why: 'no-store' }
const UNSATISFIABLE: Plan = { kind: 'unsatisfiable', why: 'only-if-cached' }

/** Row and plan of a response that forbids unvalidated use. */
const STRICT = storedRow({ etag: '"one"', 'cache-control': 'must-revalidate, max-age=5' })
const STRICT_STALE: Plan = { ...VALIDATE_GONE, row: STRICT, standing: standing(STRICT, RULE, false, after(6)) }

const JSON_TYPES = /^application\/json$|\+json$/
const JSON_TYPE = { 'content-type': 'application/json' }
const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' }

const FAILED: Outcome = { kind: 'failure' }
const answered = (
  status: number,
  fields: Record<string, string> = {},
  other: { redirected?: boolean; opaque?: boolean } = {},
): Outcome => ({
  kind: 'response',
  head: responseHead(status, fields, other),
})

const settled = (plan: Plan, outcome: Outcome, input: Partial<SettleInput> = {}) =>
  settle({ plan, request: requestHead(), expects: undefined, outcome, unasked: false, ...input })

describe('no answer (RFC 9111 §4.2.4)', () => {
  it.each<[rule: string, plan: Plan, kind: string]>([
    ['is stood in for while the row may', VALIDATE, 'stand-in'],
    ['is stood in for behind the page’s back', BEHIND, 'stand-in'],
    ['is a failure when the row is gone', VALIDATE_GONE, 'fail'],
    ['is a failure when nothing is stored', MISS, 'fail'],
    ['is a failure when the page wants nothing stored', RELOAD, 'fail'],
    ['is a failure past the store', PAST, 'fail'],
  ])('%s', (_, plan, kind) => {
    expect(settled(plan, FAILED, { stored: ROW })).toMatchObject({ kind, why: 'network' })
  })
})

describe('no answer about a response that forbids unvalidated use (RFC 9111 §5.2.2.2, §5.2.2.4)', () => {
  const planOf =
    (value: string, now: number, asked: Record<string, string> = {}) =>
    (): Plan =>
      plan({
        request: requestHead(asked),
        rule: RULE,
        row: storedRow({ 'cache-control': value }),
        variants: [],
        partial: false,
        invalidated: false,
        doubted: false,
        reloaded: false,
        now: after(now),
      })

  it.each<[rule: string, planned: () => Plan, kind: string]>([
    ['is refused once must-revalidate is stale', planOf('must-revalidate, max-age=5', 6), 'refuse'],
    ['is refused for no-cache, however young', planOf('no-cache', 0), 'refuse'],
    [
      'is refused, whatever staleness the request takes',
      planOf('must-revalidate', 6, { 'cache-control': 'max-stale, stale-if-error=60' }),
      'refuse',
    ],
    [
      'is stood in for while must-revalidate is fresh',
      planOf('must-revalidate, max-age=5', 4, { 'cache-control': 'no-cache' }),
      'stand-in',
    ],
    ['is a failure where only time forbids it', planOf('', 500), 'fail'],
    [
      'is stood in for where only time forbids it and the request takes it',
      planOf('', 500, { 'cache-control': 'stale-if-error=600' }),
      'stand-in',
    ],
  ])('%s', (_, planned, kind) => {
    expect(settled(planned(), FAILED)).toMatchObject({ kind, why: 'network' })
  })

  it('lets the error of a proxy through', () => {
    expect(settled(STRICT_STALE, answered(503))).toEqual({ kind: 'keep', why: 'away' })
  })
})

describe('an error of the origin (RFC 5861 §4)', () => {
  const FORGIVING: Plan = { ...VALIDATE, forgiving: true }

  it('is replaced by a stored answer that states stale-if-error', () => {
    expect(settled(FORGIVING, answered(500))).toEqual({ kind: 'stand-in', why: 'away' })
    expect(settled(FORGIVING, answered(500, { 'cache-control': 'max-age=60' })).kind).toBe('stand-in')
  })

  it('is replaced by no other stored answer', () => {
    expect(settled(VALIDATE, answered(500))).toEqual({ kind: 'keep', why: 'no-freshness' })
    expect(settled(MISS, answered(500), { stored: ROW })).toEqual({ kind: 'keep', why: 'no-freshness' })
  })

  it.each([400, 401, 403, 404, 410, 429, 501, 505])('is none of status %d', (status) => {
    expect(settled(FORGIVING, answered(status)).kind).not.toBe('stand-in')
  })

  it.each([502, 503, 504])('is one of status %d as well', (status) => {
    expect(settled(FORGIVING, answered(status))).toEqual({ kind: 'stand-in', why: 'away' })
  })
})

describe('an answer of a proxy that has no origin behind it', () => {
  it.each([502, 503, 504])('is stood in for at %d while the row may', (status) => {
    expect(settled(VALIDATE, answered(status))).toEqual({ kind: 'stand-in', why: 'away' })
    expect(settled(BEHIND, answered(status))).toEqual({ kind: 'stand-in', why: 'away' })
  })

  const KEEP = { kind: 'keep', why: 'away' }
  const LASTING = { 'cache-control': 'max-age=60' }
  const AWAY_ROW = storedRow({ ...LASTING, etag: '"busy"' }, { status: 503 })

  it.each<[rule: string, plan: Plan, fields: Record<string, string>, stored?: typeof ROW]>([
    ['the row is gone, which is better all the same', VALIDATE_GONE, LASTING],
    ['the page wants nothing stored, and something better is', RELOAD, LASTING, ROW],
    ['another variant is stored, which is better', { ...MISS, variants: [ROW] }, LASTING],
    ['it does not say for how long it holds', MISS, {}],
    ['it says no-store', MISS, { 'cache-control': 'max-age=60, no-store' }],
    ['nothing of it is to be stored', PAST, LASTING],
  ])('is handed over and not stored where %s', (_, plan, fields, stored) => {
    expect(settled(plan, answered(503, fields), { stored })).toEqual(KEEP)
  })

  it.each([502, 503, 504])('is stored at %d with explicit freshness, where nothing better is', (status) => {
    expect(settled(MISS, answered(status, LASTING))).toEqual({ kind: 'store', why: 'storable' })
    expect(settled(RELOAD, answered(status, LASTING), { stored: AWAY_ROW }).kind).toBe('store')
    expect(settled({ ...VALIDATE_GONE, row: AWAY_ROW }, answered(status, LASTING)).kind).toBe('store')
    expect(settled({ ...MISS, variants: [AWAY_ROW] }, answered(status, LASTING)).kind).toBe('store')
  })

  it('is not stored when it comes to HEAD, or by a redirect', () => {
    expect(settled(MISS, answered(503, LASTING), { request: requestHead({}, { method: 'HEAD' }) })).toEqual(KEEP)
    expect(settled(MISS, answered(503, LASTING, { redirected: true }))).toEqual(KEEP)
  })

  it('takes the place of an earlier one, which does not stand in for it', () => {
    expect(settled({ ...VALIDATE, row: AWAY_ROW }, answered(503, LASTING)).kind).toBe('store')
    expect(settled({ ...VALIDATE, row: AWAY_ROW }, answered(503))).toEqual(KEEP)
    expect(settled({ ...VALIDATE, row: AWAY_ROW }, FAILED).kind).toBe('stand-in')
  })

  it('gives way to an answer of the origin', () => {
    expect(settled({ ...VALIDATE_GONE, row: AWAY_ROW }, answered(200))).toEqual({ kind: 'store', why: 'storable' })
  })

  it.each([500, 501, 505])('is not one of status %d', (status) => {
    expect(settled(VALIDATE, answered(status))).toEqual({ kind: 'keep', why: 'no-freshness' })
  })
})

describe('a 304 (RFC 9111 §4.3.3, §4.3.4)', () => {
  it('updates the fields of the stored response', () => {
    expect(settled(VALIDATE, answered(304, { etag: '"one"', 'cache-control': 'max-age=5' }))).toEqual({
      kind: 'refresh',
      row: ROW,
      fields: new Map([...ROW.fields, ['cache-control', 'max-age=5']]),
      why: 'not-modified',
    })
  })

  it.each([
    ['matches no stored response when its tag differs', VALIDATE, { etag: '"two"' }],
    ['matches no stored response when nothing is stored', MISS, { etag: '"one"' }],
    ['matches no stored response after a reload', RELOAD, { etag: '"one"' }],
  ])('%s', (_, plan, fields) => {
    expect(settled(plan, answered(304, fields), { stored: ROW })).toEqual({ kind: 'refetch', why: 'unknown-304' })
  })

  it.each(['"one"', '"one-gzip"'])('in the form of a proxy (%s) leaves the stored tag as it is', (etag) => {
    const row = storedRow({ etag: 'W/"one"' })
    const settlement = settled({ ...VALIDATE, row }, answered(304, { etag }))
    expect(settlement).toMatchObject({ kind: 'refresh', row })
    expect(settlement.kind === 'refresh' && settlement.fields.get('etag')).toBe('W/"one"')
  })

  it('that says no-store ends the permission to keep what it confirms (I5)', () => {
    const outcome = answered(304, { etag: '"one"', 'cache-control': 'no-store' })
    expect(settled(VALIDATE, outcome)).toEqual({ kind: 'refetch', why: 'no-store' })
  })

  it('that varies on a field the worker cannot see does so, too', () => {
    expect(settled(VALIDATE, answered(304, { vary: '*' }))).toEqual({ kind: 'refetch', why: 'vary' })
  })

  it('that came by a redirect is of another URL', () => {
    expect(settled(VALIDATE, answered(304, {}, { redirected: true }))).toEqual({ kind: 'refetch', why: 'redirected' })
  })

  it('confirms a stored error as well', () => {
    const row = storedRow({ etag: '"gone"', 'cache-control': 'max-age=60' }, { status: 404 })
    expect(settled({ ...VALIDATE, row }, answered(304))).toMatchObject({ kind: 'refresh', row })
  })

  it('goes to the page that made its request conditional itself', () => {
    const request = requestHead({ 'if-match': '"zero"', 'if-none-match': '"one"' })
    const conditional: Plan = { kind: 'fetch', store: false, variants: [], fwd: 'bypass', why: 'conditional' }
    expect(settled(conditional, answered(304, { etag: '"one"' }), { request })).toEqual({
      kind: 'keep',
      why: 'conditional',
    })
  })

  it('that a targeted field forbids to keep does so, too (RFC 9213)', () => {
    const head = responseHead(304, { etag: '"one"' }, { targeted: 'no-store' })
    expect(settled(VALIDATE, { kind: 'response', head })).toEqual({ kind: 'refetch', why: 'no-store' })
    const row = storedRow({ etag: '"one"' }, { targeted: 'max-age=60' })
    const outcome = answered(304, { etag: '"one"', 'cache-control': 'no-store' })
    expect(settled({ ...VALIDATE, row }, outcome)).toMatchObject({ kind: 'refresh', row })
  })
})

describe('a 304 to conditions of the page’s own (RFC 9111 §4.3.2, §4.3.4)', () => {
  const request = requestHead({ 'if-none-match': '"theirs"' })
  const about = (fields: Record<string, string>, asked = request, plan: Plan = VALIDATE) =>
    settled(plan, answered(304, fields), { request: asked })

  it('is of the stored answer where it has its tag', () => {
    expect(about({ etag: '"one"' })).toMatchObject({ kind: 'refresh', row: ROW })
  })

  it('is the page’s where it has another', () => {
    expect(about({ etag: '"theirs"' })).toEqual({ kind: 'keep', why: 'conditional' })
  })

  it('is the page’s where nothing is stored', () => {
    expect(about({ etag: '"theirs"' }, request, MISS)).toEqual({ kind: 'keep', why: 'conditional' })
  })

  it('is the page’s where nothing is stored, though it names nothing', () => {
    expect(about({}, request, MISS)).toEqual({ kind: 'keep', why: 'conditional' })
  })

  it('is of the stored answer where it has its date and no tag', () => {
    const row = storedRow({ etag: '"one"', 'last-modified': 'Sun, 01 Mar 2026 11:00:00 GMT' })
    const said = { 'last-modified': 'Sun, 01 Mar 2026 11:00:00 GMT' }
    expect(about(said, request, { ...VALIDATE, row })).toMatchObject({ kind: 'refresh', row })
  })

  it.each<[rule: string, asked: Record<string, string>]>([
    ['another tag', { 'if-none-match': '"theirs"' }],
    ['any tag', { 'if-none-match': '*' }],
  ])('without a tag says nothing of the stored answer where the page asked about %s', (_, asked) => {
    expect(about({}, requestHead(asked))).toEqual({ kind: 'refetch', why: 'unknown-304' })
  })

  it('without a tag says nothing of a stored answer without a date where the page asked by date', () => {
    const asked = requestHead({ 'if-modified-since': 'Sun, 01 Mar 2026 11:00:00 GMT' })
    const unknown = { kind: 'refetch', why: 'unknown-304' }
    expect(about({}, asked, { ...VALIDATE, row: storedRow({}) })).toEqual(unknown)
  })
})

describe('a 304 about other variants (RFC 9111 §4.1, §4.3.4)', () => {
  const GERMAN = storedRow({ etag: '"de"', vary: 'accept-language' }, { variant: 'accept-language:=de' })
  const FRENCH = storedRow({ etag: '"fr"', vary: 'accept-language' }, { variant: 'accept-language:=fr' })
  const miss = (...variants: (typeof ROW)[]): Plan => ({ ...MISS, variants, fwd: 'vary-miss' })

  it('is of the one that has its tag', () => {
    expect(settled(miss(GERMAN, FRENCH), answered(304, { etag: '"fr"' }))).toMatchObject({
      kind: 'refresh',
      row: FRENCH,
    })
    expect(settled(miss(GERMAN, FRENCH), answered(304, { etag: 'W/"de"' }))).toMatchObject({
      kind: 'refresh',
      row: GERMAN,
    })
  })

  it.each<[rule: string, fields: Record<string, string>]>([
    ['with another tag', { etag: '"it"' }],
    ['without a tag', {}],
  ])('is of none of them %s', (_, fields) => {
    expect(settled(miss(GERMAN, FRENCH), answered(304, fields))).toEqual({ kind: 'refetch', why: 'unknown-304' })
  })
})

describe('the answer to a HEAD (RFC 9111 §4.3.5)', () => {
  const head = requestHead({}, { method: 'HEAD' })
  const PAST_HEAD: Plan = { kind: 'fetch', store: false, variants: [], fwd: 'stale', why: 'rule' }
  const MODIFIED = 'Sun, 01 Mar 2026 11:00:00 GMT'
  const LATER = 'Sun, 01 Mar 2026 11:30:00 GMT'
  const headed = (fields: Record<string, string>, stored = ROW, status = 200) =>
    settled(PAST_HEAD, answered(status, fields), { request: head, stored })

  it('updates the fields of the stored answer', () => {
    expect(headed({ etag: '"one"', 'cache-control': 'max-age=5', 'content-length': '2' })).toEqual({
      kind: 'update',
      row: ROW,
      fields: new Map([...ROW.fields, ['cache-control', 'max-age=5']]),
      why: 'head',
    })
  })

  it.each<[rule: string, fields: Record<string, string>, stored: Record<string, string>, kind: string]>([
    ['is of the same by its tag', { etag: '"one"' }, { etag: '"one"' }, 'update'],
    ['is of the same by its date', { 'last-modified': MODIFIED }, { 'last-modified': MODIFIED }, 'update'],
    [
      'is of the same by both',
      { etag: '"one"', 'last-modified': MODIFIED },
      { etag: '"one"', 'last-modified': MODIFIED },
      'update',
    ],
    ['is of the same where it says nothing', {}, { etag: '"one"', 'last-modified': MODIFIED }, 'update'],
    ['is of the same by an empty tag, which is none', { etag: '' }, {}, 'update'],
    ['is of another by its tag', { etag: '"two"' }, { etag: '"one"' }, 'outdate'],
    ['is of another by its date', { 'last-modified': LATER }, { 'last-modified': MODIFIED }, 'outdate'],
    ['is of another by a date that the stored one lacks', { 'last-modified': LATER }, {}, 'outdate'],
    ['is of another by a tag that the stored one lacks', { etag: '"two"' }, {}, 'outdate'],
    [
      'is of another by a tag that the stored one lacks, whatever the date',
      { etag: '"two"', 'last-modified': MODIFIED },
      { 'last-modified': MODIFIED },
      'outdate',
    ],
    [
      'is of another by its date, whatever the tag',
      { etag: '"one"', 'last-modified': LATER },
      { etag: '"one"', 'last-modified': MODIFIED },
      'outdate',
    ],
    [
      'is of another by its tag, whatever the date',
      { etag: '"two"', 'last-modified': MODIFIED },
      { etag: '"one"', 'last-modified': MODIFIED },
      'outdate',
    ],
  ])('%s', (_, fields, stored, kind) => {
    expect(headed(fields, storedRow(stored))).toMatchObject({ kind, why: 'head' })
  })

  it('is of another than an error that was stored', () => {
    const row = storedRow({ 'cache-control': 'max-age=60' }, { status: 404 })
    expect(headed({ 'cache-control': 'max-age=60' }, row)).toEqual({ kind: 'outdate', row, why: 'head' })
  })

  it('says nothing of the stored answer when it was redirected', () => {
    const outcome = answered(200, { etag: '"two"' }, { redirected: true })
    expect(settled(PAST_HEAD, outcome, { request: head, stored: ROW })).toEqual({ kind: 'keep', why: 'redirected' })
  })

  it('is not stored', () => {
    expect(settled({ ...MISS, store: false }, answered(200, JSON_TYPE), { request: head })).toEqual({
      kind: 'keep',
      why: 'method',
    })
  })

  it('leaves no part of itself in the store when it says no-store (§5.2.2.5, I5)', () => {
    const kept = { kind: 'keep', why: 'no-store' }
    expect(headed({ etag: '"one"', 'cache-control': 'no-store' })).toEqual(kept)
  })

  it.each([
    ['Cache-Control', requestHead({ 'cache-control': 'no-store' }, { method: 'HEAD' })],
    ['cache mode', requestHead({}, { method: 'HEAD', cache: 'no-store' })],
  ])('leaves no part of itself in the store when the request says no-store by %s (§5.2.1.5)', (_, request) => {
    const outcome = answered(200, { etag: '"one"', 'x-new': '1' })
    expect(settled(PAST, outcome, { request, stored: ROW })).toEqual({ kind: 'keep', why: 'no-store' })
  })

  it.each([500, 401, 206])('leaves the stored answer alone with status %d', (status) => {
    expect(headed({}, ROW, status).kind).toBe('keep')
  })

  it.each([403, 404, 410])('ends the stored answer with status %d', (status) => {
    expect(headed({}, ROW, status).kind).toBe('drop')
  })
})

describe('a whole answer (RFC 9111 §3)', () => {
  it.each([
    ['SERVE', SERVE],
    ['BEHIND', BEHIND],
    ['VALIDATE', VALIDATE],
    ['VALIDATE_GONE', VALIDATE_GONE],
    ['MISS', MISS],
    ['RELOAD', RELOAD],
  ])('is stored where the plan lets it: %s', (_, plan) => {
    expect(settled(plan, answered(200, JSON_TYPE))).toEqual({ kind: 'store', why: 'storable' })
  })

  it('is passed to the page when the plan does not store it', () => {
    expect(settled(PAST, answered(200, JSON_TYPE))).toEqual({ kind: 'keep', why: 'no-store' })
    expect(settled(PAST, answered(304))).toEqual({ kind: 'keep', why: 'no-store' })
  })

  it('that may not be stored ends what is, where it says that there is nothing any more', () => {
    const stored = ROW
    for (const status of [403, 404, 410]) {
      expect(settled(PAST, answered(status), { stored })).toEqual({ kind: 'drop', why: 'no-store' })
      expect(settled(PAST, answered(status, {}, { redirected: true }), { stored }).kind).toBe('keep')
      expect(settled(PAST, answered(status), { stored, unasked: true }).kind).toBe('keep')
    }
    expect(settled(PAST, answered(404)).kind).toBe('keep')
    expect(settled(PAST, answered(500), { stored }).kind).toBe('keep')
  })

  it.each<[rule: string, outcome: Outcome, why: string]>([
    ['redirected', answered(200, JSON_TYPE, { redirected: true }), 'redirected'],
    ['opaque', answered(0, {}, { opaque: true }), 'opaque'],
    ['redirected to a 404', answered(404, {}, { redirected: true }), 'redirected'],
    ['an error', answered(500), 'no-freshness'],
    ['a 401', answered(401), 'no-freshness'],
    ['a 429', answered(429), 'status'],
    ['a part in bytes', answered(206, { 'content-range': 'bytes 0-1/2' }), 'partial'],
  ])('is handed over and leaves the entry alone when it is %s', (_, outcome, why) => {
    expect(settled(VALIDATE, outcome)).toEqual({ kind: 'keep', why })
  })
})

describe('an answer that ends an entry', () => {
  it.each<[rule: string, outcome: Outcome, why: string]>([
    ['is a 403', answered(403), 'no-freshness'],
    ['is a 404', answered(404), 'no-freshness'],
    ['is a 410', answered(410), 'no-freshness'],
    ['is a 404 that says no-store', answered(404, { 'cache-control': 'no-store' }), 'no-store'],
    ['is one that may not be kept any more', answered(200, { ...JSON_TYPE, 'cache-control': 'no-store' }), 'no-store'],
    ['is one that varies on a field the worker cannot see', answered(200, { ...JSON_TYPE, vary: '*' }), 'vary'],
  ])('%s', (_, outcome, why) => {
    const dropped = { kind: 'drop', why }
    expect(settled(VALIDATE, outcome)).toEqual(dropped)
    expect(settled(BEHIND, outcome)).toEqual(dropped)
    // A reload is not answered from the entry, but its answer still shows that the entry is gone.
    expect(settled(RELOAD, outcome, { stored: ROW })).toEqual(dropped)
    // No entry is stored.
    expect(settled(MISS, outcome)).toEqual({ kind: 'keep', why })
    // The worker sent the request, so the entry stays until a page asks.
    expect(settled(VALIDATE, outcome, { unasked: true }).kind).toBe('keep')
  })

  it.each([400, 500])('is none of status %d that says no-store', (status) => {
    const outcome = answered(status, { 'cache-control': 'no-store' })
    expect(settled(VALIDATE, outcome)).toEqual({ kind: 'keep', why: 'no-store' })
  })

  it.each([403, 404, 410])('is stored in its place with status %d where it states its freshness', (status) => {
    const outcome = answered(status, { 'cache-control': 'max-age=60' })
    expect(settled(VALIDATE, outcome)).toEqual({ kind: 'store', why: 'storable' })
    expect(settled(MISS, outcome, { unasked: true })).toEqual({ kind: 'store', why: 'storable' })
  })

  it.each([400, 401, 403, 404, 410, 500])('does not take its place unasked with status %d', (status) => {
    const outcome = answered(status, { 'cache-control': 'max-age=60' })
    expect(settled(VALIDATE, outcome, { unasked: true })).toEqual({ kind: 'keep', why: 'unasked' })
    expect(settled(RELOAD, outcome, { unasked: true, stored: ROW })).toEqual({ kind: 'keep', why: 'unasked' })
  })

  it('stores a success that the worker asked for', () => {
    expect(settled(VALIDATE, answered(200, JSON_TYPE), { unasked: true }).kind).toBe('store')
    expect(settled(VALIDATE, answered(302, { expires: '0' }), { unasked: true }).kind).toBe('store')
  })
})

describe('an answer of an unexpected type', () => {
  const STORED_HTML = storedRow(HTML_TYPE)
  it.each<[rule: string, plan: Plan, fields: Record<string, string>, input: Partial<SettleInput>, kind: string]>([
    ['is HTML where JSON is stored', VALIDATE, HTML_TYPE, {}, 'keep'],
    ['is HTML where JSON is stored, by reload as well', RELOAD, HTML_TYPE, { stored: ROW }, 'keep'],
    ['is HTML in capitals', VALIDATE, { 'content-type': 'Text/HTML' }, {}, 'keep'],
    ['is HTML with a space after it', VALIDATE, { 'content-type': 'text/html ; charset=utf-8' }, {}, 'keep'],
    ['is not HTML where HTML is stored', RELOAD, HTML_TYPE, { stored: STORED_HTML }, 'store'],
    ['is not HTML where the page takes anything', MISS, HTML_TYPE, {}, 'store'],
    [
      'is not HTML where the page takes it',
      MISS,
      HTML_TYPE,
      { request: requestHead({ accept: 'text/html' }) },
      'store',
    ],
    [
      'is not HTML where the page takes any text',
      MISS,
      HTML_TYPE,
      { request: requestHead({ accept: 'text/*' }) },
      'store',
    ],
    [
      'is HTML where the page takes JSON',
      MISS,
      HTML_TYPE,
      { request: requestHead({ accept: 'application/json' }) },
      'keep',
    ],
    ['is HTML where the rule expects JSON', MISS, HTML_TYPE, { expects: JSON_TYPES }, 'keep'],
    [
      'is not JSON where the rule expects it',
      MISS,
      { 'content-type': 'application/json; charset=utf-8' },
      { expects: JSON_TYPES },
      'store',
    ],
    [
      'is not a kind of JSON where the rule expects JSON',
      MISS,
      { 'content-type': 'application/problem+json' },
      { expects: JSON_TYPES },
      'store',
    ],
    ['is text where the rule expects JSON', MISS, { 'content-type': 'text/plain' }, { expects: JSON_TYPES }, 'keep'],
    [
      'is not the type the rule expects',
      MISS,
      { 'content-type': 'Text/CSV; header=present' },
      { expects: /^text\/csv$/ },
      'store',
    ],
    ['is another type than the rule expects', MISS, JSON_TYPE, { expects: /^text\/csv$/ }, 'keep'],
    ['is HTML where the rule expects any type', MISS, HTML_TYPE, { expects: /^/ }, 'store'],
    ['is not one that states no type', MISS, {}, { expects: JSON_TYPES }, 'store'],
    ['is not another type where JSON is stored', VALIDATE, { 'content-type': 'text/csv' }, {}, 'store'],
  ])('%s', (_, plan, fields, input, kind) => {
    const settlement = settled(plan, answered(200, fields), input)
    expect(settlement).toEqual({ kind, why: kind === 'keep' ? 'unexpected-type' : 'storable' })
  })

  it('is not nothing at all where the rule names one', () => {
    expect(settled(MISS, answered(204, {}), { expects: JSON_TYPES })).toEqual({ kind: 'keep', why: 'unexpected-type' })
    expect(settled(MISS, answered(204, {}))).toEqual({ kind: 'store', why: 'storable' })
    expect(settled(MISS, answered(204, {}), { expects: /^/ })).toEqual({ kind: 'store', why: 'storable' })
  })

  it('removes nothing, even with no-store', () => {
    const outcome = answered(200, { ...HTML_TYPE, 'cache-control': 'no-store' })
    expect(settled(VALIDATE, outcome)).toEqual({ kind: 'keep', why: 'unexpected-type' })
  })

  it('is not HTML where the page takes it in capitals', () => {
    const request = requestHead({ accept: 'Text/HTML' })
    expect(settled(MISS, answered(200, HTML_TYPE), { request })).toEqual({ kind: 'store', why: 'storable' })
  })

  it('is a success: a list of choices may be a page', () => {
    expect(settled(VALIDATE, answered(300, HTML_TYPE))).toEqual({ kind: 'store', why: 'storable' })
  })

  it('is no error: a 404 may be a page', () => {
    expect(settled(VALIDATE, answered(404, HTML_TYPE)).kind).toBe('drop')
  })
})

describe('any settlement', () => {
  const row = anyFields.map((fields) => storedRow({ etag: '"one"', ...fields }))
  const made = fc
    .record({
      request: fc
        .constantFrom('default', 'reload', 'no-cache', 'force-cache', 'no-store', 'only-if-cached')
        .map((cache) => requestHead({}, { cache })),
      rule: fc.constantFrom(RULE, { ...RULE, trust: 'rule' as const }, { ...RULE, offline: 'http' as const }),
      row: fc.option(row, { nil: undefined }),
      variants: fc.constant([]),
      partial: fc.constant(false),
      invalidated: fc.boolean(),
      doubted: fc.boolean(),
      reloaded: fc.boolean(),
      now: fc.integer({ min: 0, max: 300 }).map(after),
    })
    .map(plan)
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant(FAILED),
    fc
      .tuple(fc.constantFrom(200, 204, 206, 304, 401, 403, 404, 410, 429, 500, 502, 503, 504), anyFields, fc.boolean())
      .map(([status, fields, redirected]) => answered(status, fields, { redirected })),
  )
  const stored = fc.constantFrom(ROW, undefined)

  it('refreshes only the row of its plan, and serves it offline only when the plan allows it', () => {
    fc.assert(
      fc.property(
        fc.oneof(made, fc.constant(UNSATISFIABLE)),
        outcome,
        stored,
        fc.boolean(),
        (plan, given, other, unasked) => {
          const settlement = settled(plan, given, { stored: other, unasked })
          if (settlement.kind === 'refresh') {
            expect('row' in plan && plan.row === settlement.row).toBe(true)
          }
          if (settlement.kind === 'update' || settlement.kind === 'outdate') {
            expect([other, 'row' in plan ? plan.row : undefined]).toContain(settlement.row)
          }
          if (settlement.kind === 'stand-in') {
            const state = 'standing' in plan ? plan.standing.state : 'gone'
            expect(state !== 'gone' || (plan.kind === 'validate' && plan.forgiving)).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('removes nothing after a request of the worker, and replaces only answers of an origin that is away', () => {
    fc.assert(
      fc.property(made, outcome, stored, (plan, given, other) => {
        expect(settled(plan, given, { stored: other, unasked: true }).kind).not.toBe('drop')
        const { kind } = settled(plan, given, { stored: other })
        if (kind === 'fail') expect(given.kind).toBe('failure')
        if (kind === 'refuse') expect(given.kind).toBe('failure')
        if (kind === 'stand-in' && given.kind === 'response') {
          const forgiven = plan.kind === 'validate' && plan.forgiving ? [500] : []
          expect([...forgiven, 502, 503, 504]).toContain(given.head.status)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps no bytes of an answer that says no-store (I5)', () => {
    fc.assert(
      fc.property(made, fc.constantFrom(200, 304, 404), anyFields, (plan, status, fields) => {
        const { kind } = settled(plan, answered(status, { ...fields, 'cache-control': 'no-store' }))
        expect(['store', 'refresh']).not.toContain(kind)
      }),
      { numRuns: 300 },
    )
  })

  it('gives a reason that Cache-Status can carry as a token (RFC 9211 §2.8)', () => {
    fc.assert(
      fc.property(made, outcome, (plan, given) => {
        expect(settled(plan, given).why).toMatch(/^[a-z][a-z0-9-]*$/)
      }),
      { numRuns: 300 },
    )
  })

  it('is a failure for a plan that sends no request', () => {
    expect(settled(UNSATISFIABLE, FAILED)).toEqual({ kind: 'fail', why: 'network' })
    expect(settled(SERVE, FAILED)).toEqual({ kind: 'fail', why: 'network' })
  })

  it('matches no stored response by a 304 for a plan that sends no request', () => {
    const unknown = { kind: 'refetch', why: 'unknown-304' }
    expect(settled(UNSATISFIABLE, answered(304, { etag: '"one"' }))).toEqual(unknown)
  })
})

describe('a 304 to the conditions of both the page and the layer', () => {
  const request = requestHead({ 'if-none-match': '"theirs"' })
  it.each<[rule: string, fields: Record<string, string>, stored: Record<string, string>, kind: string]>([
    ['is of either when it has a date and ours has none', { 'last-modified': 'Sun' }, { etag: '"one"' }, 'refetch'],
    ['is of either when its tag is none', { etag: 'garbage' }, { etag: '"one"' }, 'refetch'],
    [
      'is of ours when it has our date',
      { 'last-modified': 'Sun' },
      { etag: '"one"', 'last-modified': 'Sun' },
      'refresh',
    ],
    ['is of ours when it has our tag', { etag: '"one"' }, { etag: '"one"' }, 'refresh'],
    ['is of the page’s when it has another tag', { etag: '"theirs"' }, { etag: '"one"' }, 'keep'],
  ])('%s', (_, fields, stored, kind) => {
    expect(settled({ ...VALIDATE, row: storedRow(stored) }, answered(304, fields), { request }).kind).toBe(kind)
  })
})

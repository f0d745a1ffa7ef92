import type {
  Exchange,
  Expected,
  ExpectedFields,
  Fields,
  FieldValue,
  Instant,
  OriginAnswer,
  PageRequest,
  Pass,
  Reply,
  Row,
  Sent,
  Step,
  Together,
} from './row.ts'

/** A piece of an exchange; a step is made of the pieces that differ from what is usual. */
export interface Part {
  readonly path?: string
  readonly request?: PageRequest
  readonly origin?: OriginAnswer | readonly OriginAnswer[]
  readonly expect?: Expected
}

type Extras = Pick<Row, 'dependsOn' | 'departs' | 'only' | 'under'>
type RowMaker = (section: string, id: string, title: string, steps: readonly Step[], extras?: Extras) => Row

const made =
  (binding: Row['binding']): RowMaker =>
  (section, id, title, steps, extras = {}) => ({ id, title, section, binding, steps, ...extras })

/** A MUST. */
export const required = made('required')
/** A SHOULD, or what a good cache does. */
export const optimal = made('optimal')
/** What the text leaves open, and how we decided. */
export const choice = made('choice')

/** Rows that mean nothing where another one does not hold: that nothing is reused, say, by a cache that never does. */
export const needing = (id: string, rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => ({ ...row, dependsOn: [...(row.dependsOn ?? []), id] }))

/** A read that the origin answers with 'one': what is stored, if anything is. */
export const stored = (headers: Fields, ...parts: readonly Part[]): Exchange =>
  answered(reply(headers, { body: 'one' }), ...parts)

/** A read for which nothing is sent: the page gets what is stored. */
export const hit = (...parts: readonly Part[]): Exchange =>
  exchange({ expect: { sent: false, status: 200, body: 'one' } }, ...parts)

/** A read that reaches the origin, whose answer, 'two', the page gets. */
export const asked = (...parts: readonly Part[]): Exchange => answered(reply({}, { body: 'two' }), ...parts)

/** The same, and the origin is asked without conditions: nothing usable was stored. */
export const missed = (...parts: readonly Part[]): Exchange =>
  asked(asking({ 'if-none-match': null, 'if-modified-since': null }), ...parts)

/** A read that the origin answers with 304: the page gets what is stored. */
export const validated = (...parts: readonly Part[]): Exchange =>
  exchange({ origin: { status: 304 }, expect: { sent: {}, status: 200, body: 'one' } }, ...parts)

/** A read that gets what is stored at once, while the origin is asked behind its back and answers 'two'. */
export const hitThenAsked = (...parts: readonly Part[]): Exchange =>
  exchange({ origin: { body: 'two' }, expect: { behind: {}, status: 200, body: 'one' } }, ...parts)

/** A read with the origin away: the page gets what is stored. */
export const stoodIn = (...parts: readonly Part[]): Exchange =>
  exchange({ origin: 'away', expect: { sent: {}, status: 200, body: 'one' } }, ...parts)

/** A read with the origin away: the page's fetch rejects. */
export const failed = (...parts: readonly Part[]): Exchange =>
  exchange({ origin: 'away', expect: { sent: {}, error: true } }, ...parts)

/** A read that the cache refuses by itself: 504 without a word of ours on how it came about (RFC 9211 §2). */
export const refused = (...parts: readonly Part[]): Exchange =>
  exchange({ expect: { status: 504, cacheStatus: null } }, ...parts)

/** A request of any method that reaches the origin, whose answer the page gets. */
export const answered = (...parts: readonly Part[]): Exchange => {
  const { origin = {}, expect, ...rest } = exchange(...parts)
  const last = Array.isArray(origin) ? origin.at(-1) : origin
  const { status = 200, body = '' }: Reply = typeof last === 'object' && !Array.isArray(last) ? last : {}
  const isHead = rest.request?.method === 'HEAD'
  return { ...rest, origin, expect: { sent: {}, status, body: isHead ? '' : body, ...expect } }
}

export const exchange = (...parts: readonly Part[]): Exchange =>
  parts.reduce<Exchange>(merged, { kind: 'exchange', expect: {} })

export const pass = (seconds: number): Pass => ({ kind: 'pass', seconds })

export const together = (...exchanges: readonly Exchange[]): Together => ({ kind: 'together', exchanges })

// What the page does.

export const at = (path: string): Part => ({ path })
export const sending = (headers: Readonly<Record<string, string>>): Part => ({ request: { headers } })
export const using = (cache: RequestCache): Part => ({ request: { cache } })
export const by = (method: string, body?: string): Part => ({
  request: { method, ...(body === undefined ? {} : { body }) },
})

// What the origin does.

export const reply = (headers: Fields, more: Omit<Reply, 'headers'> = {}): Part => ({ origin: { headers, ...more } })
export const replies = (...origin: readonly OriginAnswer[]): Part => ({ origin })
export const status = (code: number, headers: Fields = {}, body = 'two'): Part => reply(headers, { status: code, body })

/** Seconds before the clock's time when it is sent. */
export const ago = (seconds: number, format: Instant['format'] = 'imf-fixdate'): Instant => ({
  inSeconds: 0 - seconds,
  format,
})
/** Seconds after the clock's time when it is sent. */
export const ahead = (seconds: number, format: Instant['format'] = 'imf-fixdate'): Instant => ago(-seconds, format)

// What is expected.

export const gives = (headers: ExpectedFields): Part => ({ expect: { headers } })
export const says = (...cacheStatus: readonly string[]): Part => ({ expect: { cacheStatus } })
export const text = (body: string): Part => ({ expect: { body } })
export const asking = (headers: ExpectedFields): Part => ({
  expect: { sent: { headers } },
})
/** How many requests reach the origin, and what they look like. */
export const inTurn = (...sent: readonly Sent[]): Part => ({ expect: { sent } })
export const behind = (sent: Sent): Part => ({ expect: { behind: sent } })

// Fields that many rows use.

export const cached = (seconds: number): Fields => ({ 'cache-control': `max-age=${seconds}` })
export const control = (directives: FieldValue): Fields => ({ 'cache-control': directives })
/** Stored and validated at each use: whatever is stored shows by its condition. */
export const stale: Fields = { 'cache-control': 'max-age=0', etag: '"one"' }
/** The condition under which `stale` is asked for. */
export const conditional = asking({ 'if-none-match': '"one"' })
export const unconditional = asking({ 'if-none-match': null, 'if-modified-since': null })

function merged(one: Exchange, other: Part): Exchange {
  const { request, origin, expect, ...rest } = other
  return {
    ...one,
    ...rest,
    ...(request === undefined ? {} : { request: withHeaders<PageRequest>(one.request, request) }),
    ...(origin === undefined ? {} : { origin: mergedOrigin(one.origin, origin) }),
    ...(expect === undefined ? {} : { expect: mergedExpected(one.expect, expect) }),
  }
}

type Origin = NonNullable<Exchange['origin']>

const isReply = (origin: Origin | undefined): origin is Reply => typeof origin === 'object' && !Array.isArray(origin)

const mergedOrigin = (one: Origin | undefined, other: Origin): Origin =>
  isReply(one) && isReply(other) ? withHeaders<Reply>(one, other) : other

const isSent = (sent: Expected['sent']): sent is Sent => typeof sent === 'object' && !Array.isArray(sent)

function mergedExpected(one: Expected, other: Expected): Expected {
  const merged = withHeaders<Expected>(one, other)
  const sent = isSent(one.sent) && isSent(other.sent) ? withHeaders<Sent>(one.sent, other.sent) : merged.sent
  return sent === undefined ? merged : { ...merged, sent }
}

/** The second over the first; of their header fields, both. */
function withHeaders<T extends { readonly headers?: object }>(one: T | undefined, other: T): T {
  const headers = { ...one?.headers, ...other.headers }
  return { ...one, ...other, ...(Object.keys(headers).length > 0 ? { headers } : {}) }
}

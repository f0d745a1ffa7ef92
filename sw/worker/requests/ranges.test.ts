import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Plan } from '../../core/plan.ts'
import type { Row } from '../../core/row.ts'
import { STORED_AT, storedRow } from '../../core/stored-row.fixture.ts'
import type { ResponseStore as KeeperClass } from './response-store.ts'
import type { Ranges } from './ranges.ts'
import type { Read } from './read.ts'
import type { Reads as ReadsClass } from './answer-read.ts'
import type { Lookup as LookupClass } from './lookup.ts'
import { PageLoads } from './page-loads.ts'

const URL_ASKED = 'https://app.test/api/film'
const RULE = {
  name: 'film',
  fresh: 600,
  stale: 0,
  offline: 0,
  timeoutMs: 1000,
  retry: 0,
  trust: 'rule',
  keyHeaders: [],
}

/** Four bytes of ten, as a rule with `ranges` has left them. */
const part = (fields: Record<string, string> = {}, other: Partial<Row> = {}): Row =>
  storedRow(
    { etag: '"a"', 'content-range': 'bytes 4-7/10', ...fields },
    { status: 206, body: new TextEncoder().encode('4567').buffer, ...other },
  )

let Reads: typeof ReadsClass
let Lookup: typeof LookupClass
let ResponseStore: typeof KeeperClass
let ranges: Ranges
beforeAll(async () => {
  vi.setSystemTime(STORED_AT)
  vi.stubGlobal('self', globalThis)
  vi.stubGlobal('location', new URL('https://app.test/sw.js'))
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'] })
  ;({ Reads } = await import('./answer-read.ts'))
  ;({ Lookup } = await import('./lookup.ts'))
  ;({ ResponseStore } = await import('./response-store.ts'))
  ;({ ranges } = await import('./ranges.ts'))
})
afterAll(() => {
  vi.useRealTimers()
})

/** What the origin is asked, if at all, and what the page gets. */
interface Asked {
  readonly plan: Plan | undefined
  readonly text: string
}

/** Reads, where these rows are stored. */
async function asked(rows: readonly Row[], fields: Record<string, string>, of: Ranges | undefined): Promise<Asked> {
  let plan: Plan | undefined
  const ports = {
    generations: { watch: () => () => true },
    log: { isInvalidated: () => false },
    lookup: new Lookup({ remembered: () => rows, find: () => Promise.resolve(rows) }),
    urlOf: (url: string) => url,
    eviction: { use: () => undefined },
    statistics: { count: () => undefined },
    identity: { partitionOf: () => 'everyone', isDoubted: () => false },
    flights: {
      storing: () => undefined,
      isAhead: () => false,
      toJoin: () => undefined,
      launch: (_: Read, planned: Plan) => {
        plan = planned
        const response = new Response('from the network')
        return { informed: new Set(), landed: Promise.resolve({ settlement: { kind: 'keep', why: '' }, response }) }
      },
    },
    ranges: of,
    secrets: { hide: (given: unknown) => given },
    loads: new PageLoads(),
    writer: { lostAtMs: -Infinity },
  }
  const reads = new Reads(ports as unknown as ConstructorParameters<typeof Reads>[0])
  const request = new Request(URL_ASKED, { headers: fields })
  const match = { kind: 'read', rule: { ...RULE, ignoreQuery: [] }, tags: [] } as unknown as Parameters<
    ReadsClass['answer']
  >[0]['match']
  const response = await reads.answer({ request, match, clientId: 'a client', waitUntil: () => undefined })
  return { plan, text: await response.text() }
}

describe('a stored part', () => {
  it('answers a request for what it holds', async () => {
    expect(await asked([part()], { range: 'bytes=5-6' }, ranges)).toEqual({ plan: undefined, text: '56' })
  })

  it('answers nothing in a worker whose rules have no ranges any more', async () => {
    const { plan, text } = await asked([part()], {}, undefined)
    expect(plan).toMatchObject({ kind: 'fetch', fwd: 'partial' })
    expect(text).toBe('from the network')
  })
})

describe('a stored part of another variant', () => {
  const other = { vary: 'accept-language', 'content-range': 'bytes 4-7/10', etag: '"a"' }

  it('is not asked about for what it lacks: a 304 that names it would leave nothing to answer with', async () => {
    const { plan } = await asked([part(other, { variant: 'en' })], { range: 'bytes=0-3' }, ranges)
    expect(plan).toMatchObject({ kind: 'fetch', variants: [] })
  })

  it('is asked about for what it holds', async () => {
    const { plan } = await asked([part(other, { variant: 'en' })], { range: 'bytes=4-7' }, ranges)
    expect(plan).toMatchObject({ kind: 'fetch', variants: [{ variant: 'en' }] })
  })
})

describe('a part that has come', () => {
  /** What is committed when it is to be stored. */
  async function committed(fields: Record<string, string>, of: Ranges | undefined): Promise<number | undefined> {
    let row: Row | undefined
    const ports = {
      rows: { commit: (given: Row) => Promise.resolve({ logged: (row = given) && undefined }) },
      urlOf: (url: string) => url,
      channel: { changes: () => undefined },
      eviction: { fits: () => true, makeRoom: () => Promise.resolve() },
      ranges: of,
      obstacles: { meet: () => undefined },
    }
    const read = {
      request: { credentials: 'same-origin' },
      head: { method: 'GET', url: URL_ASKED, fields: new Map(), cache: 'default' },
      rule: RULE,
      tags: [],
      keyOf: () => 'key',
    } as unknown as Read
    const responses = new ResponseStore(ports as unknown as ConstructorParameters<typeof ResponseStore>[0])
    const response = new Response('4567', { status: 206, headers: fields })
    const exchange = { requestedAtMs: STORED_AT, receivedAtMs: STORED_AT } as Parameters<KeeperClass['keep']>[3]
    await responses.keep(read, { kind: 'store', why: '' }, response, exchange, new Set())
    return row?.status
  }

  it('is stored', async () => {
    expect(await committed({ 'content-range': 'bytes 4-7/10' }, ranges)).toBe(206)
  })

  it('is stored as the whole when it is all there is', async () => {
    expect(await committed({ 'content-range': 'bytes 0-3/4' }, ranges)).toBe(200)
  })

  it('is not stored where its fields do not describe it', async () => {
    expect(await committed({ 'content-range': 'bytes 4-9/10' }, ranges)).toBeUndefined()
  })

  it('is not stored in a worker whose rules have no ranges, but for a page in a unit of its own', async () => {
    expect(await committed({ 'content-range': 'bytes 4-7/10' }, undefined)).toBeUndefined()
    expect(await committed({ 'content-range': 'customers 4-7/10' }, undefined)).toBe(206)
  })
})

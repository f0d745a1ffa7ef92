import { describe, expect, it } from 'vitest'
import type { Reason } from '../../core/obstacle.ts'
import { fakeDatabase } from '../store/fake-database.fixture.ts'
import { type Fields, next, type Worker, worker } from './worker.fixture.ts'

// Every way on which an answer is not stored, or is not served although it is: `Cache-Status` and `explain` say why. The
// type has each console's word for it (`app/tab/remedies.ts`) as well.

interface Way {
  readonly rule?: object
  readonly fields?: Fields
  readonly init?: RequestInit
  /** What the origin answers. Default: 200 with a body. */
  readonly answer?: () => Response
  /** What the second read asks with: the first one has been stored. Default: there is no second read. */
  readonly again?: { readonly fields?: Fields; readonly init?: RequestInit }
  readonly given?: Parameters<typeof worker>[0]
  /** The answer is handed over before the reason is known, or untouched. Default: `Cache-Status` says it. */
  readonly isUnsaid?: boolean
}

const answered =
  (fields: Fields = {}, status = 200, body: string | null = 'an answer'): (() => Response) =>
  () =>
    new Response(body, { status, headers: fields })

const as = (properties: Readonly<Record<string, unknown>>): Response => {
  const response = answered()()
  for (const [name, value] of Object.entries(properties)) Object.defineProperty(response, name, { value })
  return response
}

/** A database from which can be read, and to which nothing can be written. */
const full = async (): Promise<Parameters<typeof worker>[0]> => {
  const { use } = await fakeDatabase()
  return {
    database: (mode, work) =>
      mode === 'readwrite' ? Promise.reject(new DOMException('full', 'QuotaExceededError')) : use(mode, work),
  }
}

const NOBODY = {
  partitionOf: () => undefined,
  learn: () => undefined,
  partitionsOf: () => Promise.resolve(['everyone']),
}
const NO_KEY = { ...NOBODY, partitionOf: () => Promise.reject(new Error('no digest')) }

const WAYS: Readonly<Record<Reason, Way | (() => Promise<Way>)>> = {
  disk: async () => ({ given: await full(), isUnsaid: true }),
  'no-store': { answer: answered({ 'cache-control': 'no-store' }) },
  'request-no-store': { init: { cache: 'no-store' } },
  vary: { answer: answered({ vary: '*' }) },
  credential: { answer: answered({ 'x-auth-token': '1' }) },
  status: { answer: answered({}, 429) },
  'no-freshness': { answer: answered({}, 404) },
  partial: { answer: answered({ 'content-range': 'bytes 0-8/100' }, 206) },
  stream: { answer: answered({ 'content-type': 'text/event-stream' }) },
  'unexpected-type': { rule: { expects: /^application\/json$/ }, answer: answered({ 'content-type': 'text/html' }) },
  redirected: { answer: () => as({ redirected: true, url: 'https://app.test/other' }), isUnsaid: true },
  opaque: { answer: () => as({ type: 'opaque' }) },
  'too-large': { given: { maxBytes: 10 }, answer: answered({}, 200, 'x'.repeat(20)), isUnsaid: true },
  'bad-range': {
    fields: { range: 'bytes=0-3' },
    answer: answered({ 'content-range': 'bytes 0-3/100' }, 206, 'longer than it says'),
    isUnsaid: true,
  },
  'unknown-user': { given: { identity: NOBODY } },
  unkeyed: { given: { identity: NO_KEY } },
  'vary-cookie': { rule: { fresh: 600 }, answer: answered({ vary: 'Cookie' }), again: {} },
  'asked-to-validate': { rule: { fresh: 600 }, again: { init: { cache: 'no-cache' } } },
  'max-age-of-request': {
    rule: { fresh: 600 },
    answer: answered({ age: '30' }),
    again: { fields: { 'cache-control': 'max-age=1' } },
  },
  'min-fresh': { rule: { fresh: 600 }, again: { fields: { 'cache-control': 'min-fresh=9999' } } },
}

async function read(by: Worker, at: number, { rule = {}, fields, init, answer = answered() }: Way): Promise<Response> {
  const reading = by.read(rule, fields, init)
  ;(await next(by, at)).answer(answer())
  const response = await reading
  await response.text()
  await Promise.all(by.behind)
  return response
}

/** What the worker says of a way. */
async function said(way: Way): Promise<{ readonly status: string; readonly why: string | undefined }> {
  const by = await worker(way.given)
  let response = await read(by, 0, way)
  if (way.again !== undefined) response = await read(by, 1, { ...way, ...way.again })
  const { obstacle } = await by.explain()
  return { status: response.headers.get('cache-status') ?? '', why: obstacle?.why }
}

describe('the reason why an answer is not stored, or not served', () => {
  it.each(Object.entries(WAYS))('%s', async (why, how) => {
    const way = typeof how === 'function' ? await how() : how
    const { status, why: explained } = await said(way)
    expect(explained).toBe(why)
    if (way.isUnsaid !== true) expect(status).toContain(`detail=${why}`)
  })
})

it('a read for which nothing could be looked up, because the disk fails, says so', async () => {
  const { use } = await fakeDatabase()
  const database: typeof use = (mode, work) =>
    mode === 'readonly' ? Promise.reject(new DOMException('gone', 'UnknownError')) : use(mode, work)
  const { status, why } = await said({ given: { database } })
  expect(status).toContain('fwd=uri-miss; fwd-status=200; detail=disk')
  expect(why).toBe('disk')
})

describe('a read that is forwarded although something is stored says why', () => {
  it.each<[why: string, way: Way]>([
    ['rule', { again: {} }],
    [
      'no-cache',
      { rule: { fresh: 'http', offline: 'http' }, answer: answered({ 'cache-control': 'no-cache' }), again: {} },
    ],
    ['none', { rule: { fresh: 'http', offline: 'http' }, again: {} }],
    ['reload', { rule: { fresh: 600 }, again: { init: { cache: 'reload' } } }],
  ])('%s', async (why, way) =>
    expect((await said(way)).status).toMatch(new RegExp(`fwd=(stale|request);.*detail=${why}; stored$`)),
  )
})

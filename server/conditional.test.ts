import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseList } from 'structured-headers'
import { type Represented, validators } from './conditional.ts'
import type { Database } from './demo/database.ts'
import { openMemoryDatabase } from './demo/memory-database.fixture.ts'
import { SyncClient } from './sync/client.fixture.ts'
import { parseCursor } from './sync/cursor.ts'
import { migration } from './sync/migration.ts'
import { hasReached, transactionOf } from '../sw/core/collections/cursor.ts'
import { writePosition } from './sync/position.ts'
import { sync } from './sync/sync.ts'

const { read, write, etag } = validators({ release: 'r1', echo: 'X-User' })
const AT = new Date('2026-03-01T12:00:00.700Z')
const SHOWN: Represented = { version: AT, user: 'ada', groups: ['products', 'a "b" \\c'] }

const get = (headers: Record<string, string> = {}, method = 'GET'): Request =>
  new Request('http://shop.invalid/products/1', { method, headers })

/** A rendering that counts. */
function rendering(status = 200): { readonly render: () => Response; readonly times: () => number } {
  let times = 0
  return { times: () => times, render: () => (times++, Response.json({ name: 'tea' }, { status })) }
}

describe('a read', () => {
  test('has a strong tag, its groups, its user, and is for no shared cache', async () => {
    const { headers } = await read(get(), SHOWN, rendering().render)
    expect(headers.get('etag')).toMatch(/^"[\w-]{22}"$/)
    expect(headers.get('last-modified')).toBe('Sun, 01 Mar 2026 12:00:00 GMT')
    expect(headers.get('cache-control')).toBe('private, no-cache')
    expect(headers.get('cdn-cache-control')).toBe('no-store')
    expect(headers.get('x-user')).toBe('ada')
    expect(parseList(headers.get('cache-groups') ?? '').map(([name]) => name)).toEqual(SHOWN.groups)
    expect(headers.get('content-type')).toBe('application/json')
  })

  test.each([
    ['the tag', { 'if-none-match': etag(SHOWN) }],
    ['the tag, as a proxy has weakened it', { 'if-none-match': `W/${etag(SHOWN)}` }],
    ['the time', { 'if-modified-since': 'Sun, 01 Mar 2026 12:00:00 GMT' }],
  ])('that holds what is current by %s gets a 304, and nothing is rendered', async (_, headers) => {
    const { render, times } = rendering()
    const response = await read(get(headers), SHOWN, render)
    expect([response.status, times()]).toEqual([304, 0])
    expect(response.headers.get('etag')).toBe(etag(SHOWN))
    expect(response.headers.get('x-user')).toBe('ada')
    expect(response.headers.get('content-type')).toBeNull()
  })

  test.each<[string, Represented]>([
    ['another version', { ...SHOWN, version: new Date(AT.getTime() + 1) }],
    ['another user', { ...SHOWN, user: 'grace' }],
    ['everyone', { version: AT }],
    ['another variant', { ...SHOWN, variant: 'de' }],
    ['a version more', { ...SHOWN, version: [AT, 1] }],
  ])('%s has another tag', (_, shown) => {
    expect(etag(shown)).not.toBe(etag(SHOWN))
  })

  test('another release has another tag', () => {
    expect(validators({ release: 'r2' }).etag(SHOWN)).not.toBe(etag(SHOWN))
  })

  test('versions that are written alike are not mixed up', () => {
    expect(etag({ version: ['1', '23'] })).not.toBe(etag({ version: ['12', '3'] }))
  })

  test('of everyone may be kept by caches on the way, which ask each time', async () => {
    const { headers } = await read(get(), { version: 1n }, rendering().render)
    expect([headers.get('cache-control'), headers.get('cdn-cache-control'), headers.get('x-user')]).toEqual([
      'no-cache',
      null,
      null,
    ])
    expect(headers.get('last-modified')).toBeNull()
  })

  test('what the answer says itself stays', async () => {
    const own = (): Response => new Response('x', { headers: { 'cache-control': 'max-age=5', etag: '"own"' } })
    const { headers } = await read(get(), SHOWN, own)
    expect([headers.get('cache-control'), headers.get('etag')]).toEqual(['max-age=5', '"own"'])
  })

  test.each([404, 500])('an error %i is for no cache, and has no tag', async (status) => {
    const { headers } = await read(get(), SHOWN, rendering(status).render)
    expect([headers.get('cache-control'), headers.get('etag')]).toEqual(['no-store', null])
  })

  test('of nothing renders what says so', async () => {
    const response = await read(get({ 'if-none-match': '*' }), undefined, rendering(404).render)
    expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'no-store'])
  })
})

describe('a write', () => {
  const ok = (): { response: Response } => ({ response: Response.json({}) })

  test.each([
    ['an old tag', SHOWN, { 'if-match': '"old"' }, 412],
    ['the current tag', SHOWN, { 'if-match': etag(SHOWN) }, 200],
    ['a weak tag', SHOWN, { 'if-match': `W/${etag(SHOWN)}` }, 412],
    ['nothing there, where there is something', SHOWN, { 'if-none-match': '*' }, 412],
    ['nothing there', undefined, { 'if-none-match': '*' }, 200],
    ['nothing at all', SHOWN, {}, 200],
  ])('that is based on %s: %#', async (_, current, headers, status) => {
    let done = 0
    const response = await write(get(headers, 'PUT'), current, () => (done++, ok()))
    expect([response.status, done]).toEqual([status, status === 200 ? 1 : 0])
    if (status === 412) expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  test('says what it has made of what', async () => {
    const now = { ...SHOWN, version: 2 }
    const written = { ...ok(), now, invalidates: ['products', 'stock'], position: 'p' }
    const { headers } = await write(get({}, 'PUT'), SHOWN, () => written)
    expect(headers.get('etag')).toBe(etag(now))
    expect(headers.get('cache-group-invalidation')).toBe('"products", "stock"')
    expect(headers.get('freshlayer-position')).toBe('p')
  })

  test('that fails says nothing of the kind', async () => {
    const response = Response.json({}, { status: 422 })
    const { headers } = await write(get({}, 'PUT'), SHOWN, () => ({
      response,
      now: SHOWN,
      invalidates: ['a'],
      position: 'p',
    }))
    expect(['etag', 'cache-group-invalidation', 'freshlayer-position'].map((name) => headers.get(name))).toEqual([
      null,
      null,
      null,
    ])
    expect(headers.get('cache-control')).toBe('no-store')
  })
})

describe('the position of a write', () => {
  let database: Database
  beforeAll(async () => {
    database = await openMemoryDatabase()
    await database.pool.query('create table notes (id integer primary key, text text)')
    await database.pool.query(migration([{ entity: 'notes', table: 'notes' }]))
  })
  afterAll(() => database.close())

  test('is reached by the cursor that has read it, and by none before', async () => {
    const handler = sync<string>({
      pool: database.pool,
      principalOf: () => 'ada',
      entities: { notes: { rows: () => ({ text: 'select * from notes' }) } },
    })
    const client = new SyncClient(handler, 'notes')
    await client.pull()
    const before = client.cursor
    const session = await database.pool.connect()
    await session.query('begin')
    await session.query(`insert into notes values (1, 'a')`)
    const position = await writePosition(session)
    const { rows } = await session.query('select pg_current_xact_id()::text as xid')
    await session.query('commit')
    session.release()
    await client.pull()
    const [at, earlier, later] = [position, before, client.cursor].map((text) => parseCursor(text ?? ''))
    if (at === 'invalid' || earlier === 'invalid' || later === 'invalid') throw new Error('no cursor')
    if (at === undefined || earlier === undefined || later === undefined) throw new Error('no cursor')
    expect([earlier.generation, later.generation]).toEqual([at.generation, at.generation])
    expect(earlier.position.xid <= at.position.xid).toBe(true)
    expect(later.position.xid > at.position.xid).toBe(true)
    expect([before, client.cursor].map((cursor) => hasReached(cursor ?? '', position))).toEqual([false, true])
    // By it the worker knows the app's own write in a hint.
    expect(transactionOf(position)).toBe(rows[0]?.['xid'])
    expect(client.rows.size).toBe(1)
  })
})

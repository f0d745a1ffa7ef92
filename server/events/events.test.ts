import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../demo/database.ts'
import { openMemoryDatabase } from '../demo/memory-database.fixture.ts'
import { migration } from '../sync/migration.ts'
import { beginGeneration, cutLog } from '../sync/upkeep.ts'
import type { MayHear } from './audience.ts'
import { parseEventCursor } from './event-cursor.ts'
import { changeHub, type ChangeHub } from './change-hub.ts'
import { events, type Events, type EventsOptions } from './events.ts'
import { FeedClient } from './feed-client.fixture.ts'

let database: Database
let hub: ChangeHub
const sql = (text: string, values: unknown[] = []): Promise<{ rows: Record<string, unknown>[] }> =>
  database.pool.query(text, values)

beforeAll(async () => {
  database = await openMemoryDatabase()
  await sql('create table products (id integer primary key, name text not null)')
  await sql('create table notes (id integer primary key, owner text, text text)')
  await sql(
    migration([
      { entity: 'products', table: 'products' },
      { entity: 'notes', table: 'notes', scope: 'owner' },
    ]),
  )
  hub = changeHub({ pool: database.pool, listen: database.listen, fold: 5 })
})
afterAll(async () => {
  await hub.close()
  await database.close()
})

const feeds: Events[] = []
const clients: FeedClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  for (const feed of feeds.splice(0)) await feed.close()
})

const MAY_HEAR = (user: string): MayHear => ({
  products: { tags: ['products', 'product:{id}'] },
  ...(user !== 'guest' && { notes: { scopes: [user], tags: ['notes'] } }),
})

function open(options: Partial<EventsOptions<string>> = {}): Events {
  const feed = events<string>({
    hub,
    principalOf: (request) => request.headers.get('x-user') ?? undefined,
    mayHear: MAY_HEAR,
    ...options,
  })
  feeds.push(feed)
  return feed
}

const asked = (query = '', user: string | null = 'ada', init: RequestInit = {}): Request =>
  new Request(`http://shop.invalid/events${query}`, { ...init, headers: user === null ? {} : { 'x-user': user } })

async function listen(feed: Events, query = '', user = 'ada'): Promise<FeedClient> {
  const response = await feed(asked(query, user))
  expect(response.status).toBe(200)
  const client = new FeedClient(response)
  clients.push(client)
  return client.until(({ cursor }) => cursor !== undefined)
}

/** Rows of other tests are told late, so each has ids of its own. */
let last = 0
const add = async (count = 1): Promise<number> => {
  await sql(`insert into products (id, name) select n, 'secret' from generate_series($1::int, $2::int) n`, [
    last + 1,
    last + count,
  ])
  return (last += count)
}
const tagOf = (id: number): string => `product:${id}`

describe('a caller of /events', () => {
  test('is told which tags a commit concerns, and never the data', async () => {
    const client = await listen(open())
    const id = await add()
    await client.until(({ tags }) => tags.includes(tagOf(id)))
    expect(client.tags).toEqual(['products', tagOf(id)])
    expect(JSON.stringify(client.messages)).not.toContain('secret')
  })

  test('gets fields that have no cache and no proxy keep the stream, or hold it back', async () => {
    const response = await open()(asked())
    clients.push(new FeedClient(response))
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'cdn-cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
  })

  test('is told one thing of a transaction of many statements, with its number', async () => {
    const client = await listen(open())
    const before = client.messages.length
    const id = ++last
    await sql(
      `begin; insert into products values (${id}, 'a'); update products set name = 'b' where id = ${id}; commit`,
    )
    await client.until(({ tags }) => tags.includes(tagOf(id)))
    const hints = client.messages.slice(before).map(({ data }) => JSON.parse(data) as unknown)
    const { rows } = await sql('select distinct xid::text as xid from freshlayer.changes where row_id = $1', [
      String(id),
    ])
    expect(hints).toEqual([{ tags: ['products', tagOf(id)], transactions: [rows[0]?.['xid']] }])
  })

  test('hears what only a change of a row concerns when one has changed, and not when one comes or goes', async () => {
    const client = await listen(open({ mayHear: () => ({ products: { tags: ['product:{id}'], updated: ['names'] } }) }))
    const id = await add()
    await client.until(({ tags }) => tags.includes(tagOf(id)))
    expect(client.tags).not.toContain('names')
    await sql(`update products set name = 'another' where id = ${id}`)
    await client.until(({ tags }) => tags.includes('names'))
    const before = client.messages.length
    await sql(`delete from products where id = ${id}`)
    await client.until(({ messages }) => messages.slice(before).some(({ data }) => data.includes(tagOf(id))))
    expect(client.messages.slice(before).some(({ data }) => data.includes('names'))).toBe(false)
  })

  test('hears nothing of what was rolled back', async () => {
    const client = await listen(open())
    const id = ++last
    await sql(`begin; insert into products values (${id}, 'a'); rollback`)
    const next = await add()
    await client.until(({ tags }) => tags.includes(tagOf(next)))
    expect(client.tags).not.toContain(tagOf(id))
  })

  test('hears of its own scope alone, and of what it may hear', async () => {
    const feed = open()
    const [ada, grace, guest] = [await listen(feed), await listen(feed, '', 'grace'), await listen(feed, '', 'guest')]
    await sql(`insert into notes values (1, 'grace', 'hers')`)
    await add()
    for (const client of [ada, grace, guest]) await client.until(({ tags }) => tags.includes('products'))
    expect([ada, grace, guest].map(({ tags }) => tags.includes('notes'))).toEqual([false, true, false])
  })

  test('is told at once what it missed, and then nothing', async () => {
    const feed = open()
    const first = await listen(feed)
    const id = await add()
    const { cursor } = await first.until(({ tags }) => tags.includes(tagOf(id)))
    await first.close()
    const missed = await add()
    const second = await listen(feed, `?since=${cursor}`)
    expect(second.tags).toEqual(['products', tagOf(missed)])
    const third = await listen(feed, `?since=${second.cursor}`)
    expect(third.tags).toEqual([])
  })

  test('is told that everything may have changed, where what it missed is not known any more', async () => {
    const feed = open()
    const { cursor } = await listen(feed)
    expect((await listen(feed, `?since=${cursor}`, 'grace')).isAll).toBe(true)
    expect((await listen(feed, `?since=${cursor}`)).isAll).toBe(false)
    await add()
    await add()
    await cutLog(database.pool, { days: 0 })
    expect((await listen(feed, `?since=${cursor}`)).isAll).toBe(true)
    const { cursor: young } = await listen(feed)
    await beginGeneration(database.pool)
    expect((await listen(feed, `?since=${young}`)).isAll).toBe(true)
  })

  test('is told that everything may have changed, where the rows are too many to be named', async () => {
    const client = await listen(open())
    await add(600)
    await client.until(({ isAll }) => isAll)
    expect(client.tags).toEqual([])
  })
})

test('what a caller has missed is not read where it is very much, whatever cursor it gives: that would cost each time', async () => {
  const client = await listen(open())
  await client.close()
  const other = await listen(open())
  await add(20_001)
  await other.until(({ isAll }) => isAll)
  const cursor = parseEventCursor(client.cursor ?? '')
  const asked: string[] = []
  const counted = changeHub({
    pool: {
      connect: async () => {
        const session = await database.pool.connect()
        return {
          query: (text, values = []) => {
            if (cursor !== 'invalid' && values.includes(cursor.snapshot)) asked.push(text)
            return session.query(text, [...values])
          },
          release: () => session.release(),
        }
      },
    },
    listen: () => undefined,
  })
  const again = await listen(open({ hub: counted }), `?since=${client.cursor}`)
  await counted.close()
  expect(again.isAll).toBe(true)
  expect(asked.filter((text) => text.includes('array_agg'))).toEqual([])
})

test('many callers are asked to read anew over a time, and few are not', async () => {
  const feed = open({ readsPerSecond: 10, limits: { connections: 40 } })
  const spreadOf = ({ messages }: FeedClient): unknown =>
    (JSON.parse(messages.at(-1)?.data ?? '{}') as { spread?: number }).spread
  const first = await listen(feed)
  const id = await add()
  expect(spreadOf(await first.until(({ tags }) => tags.includes(tagOf(id))))).toBeUndefined()
  const all = [first, ...(await Promise.all(Array.from({ length: 29 }, () => listen(feed))))]
  const next = await add()
  for (const client of all) await client.until(({ tags }) => tags.includes(tagOf(next)))
  expect(new Set(all.map(spreadOf))).toEqual(new Set([3000]))
})

describe('a caller behind a proxy that holds streams back', () => {
  test('gets an answer that ends with the first hint', async () => {
    const feed = open()
    const { cursor } = await listen(feed)
    const polling = listen(feed, `?poll=50&since=${cursor}`)
    await polling
    const id = await add()
    const client = await (await polling).over()
    expect(client.tags).toEqual(['products', tagOf(id)])
    const next = await (await listen(feed, `?poll=0&since=${client.cursor}`)).over()
    expect(next.tags).toEqual([])
    expect(next.cursor).toBeDefined()
  })

  test('gets an answer that ends when its time is over', async () => {
    const feed = open()
    const { cursor } = await listen(feed)
    await (await listen(feed, `?poll=1&since=${cursor}`)).over()
  })
})

describe('a request that is refused', () => {
  test.each([
    ['without a user', '', null, 401],
    ['with a cursor that is none', '?since=x', 'ada', 400],
    ['with a snapshot that is none', `?since=${cursorOf('9:3:')}`, 'ada', 400],
    ['with open transactions out of order', `?since=${cursorOf('3:9:5,4')}`, 'ada', 400],
    ['with a time that is none', '?poll=soon', 'ada', 400],
  ])('%s', async (_what, query, user, status) => {
    const response = await open()(asked(query, user))
    expect([response.status, response.headers.get('cache-control')]).toEqual([status, 'no-store'])
  })

  function cursorOf(snapshot: string): string {
    return Buffer.from(JSON.stringify([1, 'g', 'a', snapshot])).toString('base64url')
  }

  test('that writes', async () => {
    expect((await open()(asked('', 'ada', { method: 'POST' }))).status).toBe(405)
  })

  test('of one caller with too many connections, and not of another; a connection that ends makes room', async () => {
    const feed = open({ limits: { connections: 2 } })
    const first = await listen(feed)
    await listen(feed)
    const refused = await feed(asked())
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true])
    await listen(feed, '', 'grace')
    await first.close()
    await listen(feed)
    expect(feed.connections).toBe(3)
  })

  test('of a caller who is gone keeps no connection', async () => {
    const feed = open()
    await feed(asked('', 'ada', { signal: AbortSignal.abort() }))
    expect(feed.connections).toBe(0)
  })

  test('of callers without a sign-in is counted by what names them', async () => {
    const feed = open({ limits: { perMinute: 1 }, callerOf: (_, request) => new URL(request.url).search })
    expect([(await feed(asked('?poll=0&a'))).status, (await feed(asked('?poll=0&b'))).status]).toEqual([200, 200])
    expect((await feed(asked('?poll=0&a'))).status).toBe(429)
  })

  test('of one caller who asks too often', async () => {
    const feed = open({ limits: { perMinute: 2 } })
    for (const _ of [1, 2]) await (await listen(feed, '?poll=0')).over()
    const refused = await feed(asked('?poll=0'))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30'])
  })

  test('while the database is away: later, and no connection is kept', async () => {
    const away = { connect: () => Promise.reject(new Error('away')) }
    const dead = changeHub({ pool: away, listen: () => undefined, report: () => undefined })
    const feed = open({ hub: dead })
    const response = await feed(asked())
    expect([response.status, response.headers.has('retry-after')]).toEqual([503, true])
    expect(feed.connections).toBe(0)
    await dead.close()
  })
})

describe('a server that ends its connections', () => {
  test('tells each when to come back', async () => {
    const feed = open()
    const client = await listen(feed)
    await feed.close()
    await client.over()
    expect(client.messages.at(-1)?.event).toBe('end')
    expect(client.retry).toBeGreaterThan(0)
    expect((await feed(asked())).status).toBe(503)
  })

  test('spreads their return over a time for all of them, also of those that are ended last', async () => {
    const feed = open({ returnsPerSecond: 1, limits: { connections: 40 } })
    const listening = await Promise.all(Array.from({ length: 40 }, () => listen(feed)))
    await feed.close(0, 5000)
    const all = await Promise.all(listening.map((client) => client.over()))
    // One in each second of forty, and none before there is a process that takes it.
    const seconds = all.map(({ retry = 0 }) => Math.floor((retry - 5000) / 1000))
    const turns = seconds.toSorted((one, other) => one - other)
    for (const [at, second] of turns.entries()) expect(Math.abs(second - at)).toBeLessThanOrEqual(1)
    expect(JSON.parse(all[0]?.messages.at(-1)?.data ?? '')).toEqual({ returns: 40_000 })
  })

  test('tells those who may be cut off without a word the same with each heartbeat', async () => {
    const feed = open({ returnsPerSecond: 1, heartbeat: 0.1, limits: { connections: 20 } })
    const listening = await Promise.all(Array.from({ length: 20 }, () => listen(feed)))
    const isTold = ({ messages }: FeedClient): boolean => messages.at(-1)?.event === 'heartbeat'
    await Promise.all(listening.map((client) => client.until(isTold)))
    const turns = listening.map(({ retry = 0 }) => Math.floor((retry - 1) / 1000))
    expect(turns.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, at) => at))
  })

  test('does so with each after its lifetime, so that who they are is asked anew', async () => {
    const feed = open({ lifetime: 0.5 })
    await (await listen(feed)).over()
    expect(feed.connections).toBe(0)
  })
})

test('a silent connection gets signs of life', async () => {
  const feed = open({ heartbeat: 1 })
  const response = await feed(asked())
  const reader = response.body!.getReader()
  let text = ''
  while (!/^retry: \d+\nevent: heartbeat\ndata: {"returns":1000}\n\n/m.test(text))
    text += new TextDecoder().decode((await reader.read()).value)
  await reader.cancel()
  expect(feed.connections).toBe(0)
})

test('a caller who does not read is cut off, and the others are not', async () => {
  const feed = open()
  const response = await feed(asked())
  const reading = await listen(feed)
  while (feed.connections > 1) {
    const id = await add(400)
    await reading.until(({ tags }) => tags.includes(tagOf(id)))
  }
  await response.body?.cancel()
  expect(reading.isOver).toBe(false)
})

import { expect, test } from '@playwright/test'
import { Client } from 'pg'
import { FeedClient } from '../../server/events/feed-client.fixture.ts'
import type { Postgres } from './postgres.ts'
import { startProductsDatabase } from './products-database.ts'
import { Shop } from './shop.ts'

let postgres: Postgres
let one: Shop
let other: Shop

test.beforeAll(async () => {
  postgres = await startProductsDatabase()
  one = await new Shop(postgres.url).start()
  other = await new Shop(postgres.url).start()
})
test.afterAll(async () => {
  await one.stop()
  await other.stop()
  await postgres.remove()
})

const clients: FeedClient[] = []
test.afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

async function listen(shop: Shop, cursor?: string): Promise<FeedClient> {
  const response = await fetch(`${shop.url}/events${cursor === undefined ? '' : `?since=${cursor}`}`)
  expect(response.status).toBe(200)
  const client = new FeedClient(response)
  clients.push(client)
  return client.until((each) => each.cursor !== undefined)
}

const has =
  (id: number) =>
  ({ tags }: FeedClient): boolean =>
    tags.includes(`product:${id}`)

test('a write at one process is told by the other', async () => {
  const client = await listen(one)
  const times: number[] = []
  for (let id = 1; id <= 50; id++) {
    const beganMs = performance.now()
    await other.put(id, 'new')
    await client.until(has(id))
    times.push(performance.now() - beganMs)
  }
  const sorted = times.toSorted((a, b) => a - b)
  console.log(
    `a write told by the other process: ${sorted[25]?.toFixed(0)} ms (median), ${sorted[49]?.toFixed(0)} ms (slowest of 50)`,
  )
})

test('a killed process costs a reconnect: what is written meanwhile is told by another', async () => {
  const client = await listen(one)
  await other.put(101, 'before')
  await client.until(has(101))
  await one.stop()
  await client.over()
  await other.put(102, 'meanwhile')
  const second = await listen(other, client.cursor)
  // It may be told once more by the database.
  expect(new Set(second.tags)).toEqual(new Set(['products', 'product:102']))
  await one.start()
  await other.put(103, 'after')
  await second.until(has(103))
  const third = await listen(one, client.cursor)
  expect(new Set(third.tags)).toEqual(new Set(['products', 'product:102', 'product:103']))
})

test('a process that ends tells its callers when to come back', async () => {
  const client = await listen(one)
  await one.stop('SIGTERM')
  await client.over()
  expect(client.messages.at(-1)?.event).toBe('end')
  expect(client.retry).toBeGreaterThan(0)
  await one.start()
})

test('a database that was away: the connections stay, and nothing that is written then is missed', async () => {
  const clients = [await listen(one), await listen(other)]
  await postgres.kill()
  await postgres.start()
  const writer = new Client({ connectionString: postgres.url })
  await writer.connect()
  // The processes may not listen yet.
  await writer.query(`insert into products values (201, 'by psql')`)
  await writer.end()
  for (const client of clients) await client.until(has(201))
  expect(clients.map(({ isOver }) => isOver)).toEqual([false, false])
})

test('a transaction that stays open holds nothing back, and is told when it ends', async () => {
  const client = await listen(one)
  const slow = new Client({ connectionString: postgres.url })
  await slow.connect()
  await slow.query('begin')
  await slow.query(`insert into products values (301, 'slow')`)
  await other.put(302, 'quick')
  await client.until(has(302))
  expect(has(301)(client)).toBe(false)
  const young = await listen(other)
  await slow.query('commit')
  await slow.end()
  await client.until(has(301))
  await young.until(has(301))
  // Also for one who was away when it ended.
  expect((await listen(other, client.messages.find(({ data }) => data.includes('product:302'))?.id)).tags).toContain(
    'product:301',
  )
})

import { expect, test } from '@playwright/test'
import { Pool } from 'pg'
import { FeedClient } from '../../server/events/feed-client.fixture.ts'
import type { Postgres } from './postgres.ts'
import { startProductsDatabase } from './products-database.ts'
import { type Redis, startRedis } from './redis.ts'
import { Shop } from './shop.ts'
import { StreamMember } from './stream-member.ts'

const STREAM = 'freshlayer:events'

let postgres: Postgres
let redis: Redis
let pool: Pool
test.beforeAll(async () => {
  postgres = await startProductsDatabase()
  redis = await startRedis()
  pool = new Pool({ connectionString: postgres.url })
  // The server may be gone before the last connection has ended.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
})
test.afterAll(async () => {
  await pool.end()
  await redis.remove()
  await postgres.remove()
})

const members: StreamMember[] = []
const shops: Shop[] = []
const clients: FeedClient[] = []
test.afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  for (const shop of shops.splice(0)) await shop.stop()
  await Promise.all(members.splice(0).map((member) => member.close()))
})

/** Processes of which the first tells, as it was there before. */
async function startMembers(count: number): Promise<StreamMember[]> {
  for (let at = 0; at < count; at++) {
    const member = await new StreamMember(postgres.url, redis.url).ready()
    members.push(member)
    await expect.poll(async () => redis.command('EXISTS', `${STREAM}:teller`)).toBe(1)
  }
  const [first] = members
  await write(first!)
  return members
}

let last = 0
/** Inserts a row, by no process at all, and waits until a member has told it. */
async function write(teller: StreamMember, ...others: StreamMember[]): Promise<number> {
  const id = ++last
  await pool.query('insert into products values ($1, $2)', [id, 'new'])
  for (const member of [teller, ...others]) await member.untilTold(id)
  return id
}

const listening = async (): Promise<number> =>
  (await pool.query(`select 1 from pg_stat_activity where query like 'listen%'`)).rows.length

test('one process listens and reads the log, and each tells', async () => {
  const [teller, ...others] = await startMembers(4)
  const before = others.map(({ logReads }) => logReads)
  const times: number[] = []
  const count = process.env['FULL'] === '1' ? 200 : 10
  for (let at = 0; at < count; at++) {
    const beganMs = performance.now()
    await write(teller!, ...others)
    times.push(performance.now() - beganMs)
  }
  expect(others.map(({ logReads }) => logReads)).toEqual(before)
  expect(await listening()).toBe(1)
  const sorted = times.toSorted((a, b) => a - b)
  console.log(
    `a commit told by 4 processes: ${sorted[count / 2]?.toFixed(0)} ms (median), ${sorted.at(-1)?.toFixed(0)} ms (slowest of ${count})`,
  )
})

test('a process that was cut off from Redis and the database catches up from the stream, without the database', async () => {
  const [teller, follower] = await startMembers(2)
  follower!.database = 'cut'
  follower!.cutRedis()
  const missed: number[] = []
  for (let at = 0; at < 20; at++) missed.push(await write(teller!))
  expect(missed.some((id) => follower!.told.has(String(id)))).toBe(false)
  follower!.redis = 'open'
  await follower!.untilTold(...missed)
  // The database is still away for it.
  await write(teller!, follower!)
})

test('a process that was cut off for longer than the stream reaches back catches up from the log', async () => {
  const [teller, follower] = await startMembers(2)
  follower!.database = 'cut'
  follower!.cutRedis()
  const missed: number[] = []
  for (let at = 0; at < 5; at++) missed.push(await write(teller!))
  await expect.poll(() => redis.command('XLEN', STREAM)).toBeGreaterThan(1)
  await redis.command('XTRIM', STREAM, 'MAXLEN', '1')
  follower!.redis = 'open'
  // It has heard the entry that is left, and waits for the next.
  const waiting = async (): Promise<number> =>
    String(await redis.command('CLIENT', 'LIST')).match(/flags=b .* cmd=xread /g)?.length ?? 0
  await expect.poll(waiting).toBe(2)
  follower!.database = 'open'
  await follower!.untilTold(...missed)
})

test('a Redis that is away, and comes back empty: nothing is missed, and one process reads the log again', async () => {
  const [first, second, third] = await startMembers(3)
  await redis.kill()
  await write(first!, second!, third!)
  await redis.start()
  await write(first!, second!, third!)
  await expect.poll(listening).toBe(1)
  const readers = async (): Promise<number> => {
    const before = members.map(({ logReads }) => logReads)
    await write(first!, second!, third!)
    return members.filter(({ logReads }, at) => logReads > before[at]!).length
  }
  await expect.poll(readers).toBe(1)
})

test('an entry of another version, or of something else, has the log read', async () => {
  const [teller, follower] = await startMembers(2)
  for (const entry of [
    '{"version":2}',
    'no JSON',
    '{"version":1,"generation":"x","from":"1","snapshot":"2","changed":[]}',
  ])
    await redis.command('XADD', STREAM, '*', 'entry', entry)
  await redis.command('XADD', STREAM, '*', 'other', 'field')
  await write(teller!, follower!)
})

test('a Redis that takes no more entries costs time and no change', async () => {
  const [first, second] = await startMembers(2)
  await redis.command('CONFIG', 'SET', 'maxmemory', '1')
  await write(first!, second!)
  await redis.command('CONFIG', 'SET', 'maxmemory', '0')
  await write(first!, second!)
})

test('a killed process costs nothing but a reconnect, also the one that reads the log', async () => {
  const [one, other] = [new Shop(postgres.url, '', redis.url), new Shop(postgres.url, '', redis.url)]
  shops.push(one, other)
  await one.start()
  const first = await listen(one)
  await other.start()
  const second = await listen(other)
  await other.put(1001, 'before')
  await Promise.all([first, second].map((client) => client.until(has(1001))))
  // It has no time to say that it ends.
  await one.stop('SIGKILL')
  await other.put(1002, 'meanwhile')
  await second.until(has(1002))
  await one.start()
  const again = await listen(one, first.cursor)
  expect(again.tags).toContain('product:1002')
  // Of the process that tells now, at its end.
  await other.stop('SIGTERM')
  await one.put(1003, 'after')
  await again.until(has(1003))
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

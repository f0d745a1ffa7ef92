import type { PoolClient } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { formatTime, parseTime } from '../../sw/core/outbox/hybrid-clock.ts'
import type { Database } from '../demo/database.ts'
import { openMemoryDatabase } from '../demo/memory-database.fixture.ts'
import { migration } from '../sync/migration.ts'
import { lastWriteWins, type LastWrites, type StampedWrite } from './last-write-wins.ts'

let database: Database
let client: PoolClient

beforeAll(async () => {
  database = await openMemoryDatabase()
  await database.pool.query('create table notes (id integer primary key, name text, price integer)')
  await database.pool.query(migration([{ entity: 'notes', table: 'notes' }]))
  client = await database.pool.connect()
})
afterAll(async () => {
  client.release()
  await database.close()
})
beforeEach(async () => {
  await client.query('truncate notes, freshlayer.stamps')
  await client.query(`insert into notes (id, name, price) values (1, 'first', 1)`)
  await client.query(`alter table notes disable trigger user; update notes set updated_at = now() - interval '3 hours'`)
  await client.query('alter table notes enable trigger user')
})

const HOUR = 3_600_000
const now = (): number => Date.now()
const stamp = (ms: number, node = 'a', count = 0): string => formatTime({ ms, count, node })
const rowNow = async (): Promise<{ name: string; price: number; updated_at: Date }> =>
  (await client.query('select * from notes')).rows[0]

/** A PATCH as a backend does it. */
async function patch(
  given: Readonly<Record<string, unknown>>,
  time: unknown,
  more: Partial<StampedWrite> = {},
): Promise<LastWrites> {
  const { updated_at: updatedAt } = await rowNow()
  const won = await lastWriteWins(client, { entity: 'notes', id: '1', patch: given, stamp: time, updatedAt, ...more })
  if (won.patch === undefined) return won
  const row = { ...(await rowNow()), ...won.patch }
  await client.query('update notes set name = $1, price = $2', [row.name, row.price])
  await won.keep((await rowNow()).updated_at)
  return won
}

describe('of two devices that were offline', () => {
  test.each(['the earlier first', 'the later first'])(
    'and come back, %s, the later write of each field holds',
    async (order) => {
      const earlier = (): Promise<unknown> => patch({ name: 'earlier', price: 10 }, stamp(now() - 2 * HOUR, 'a'))
      const later = (): Promise<unknown> => patch({ name: 'later' }, stamp(now() - HOUR, 'b'))
      for (const write of order === 'the earlier first' ? [earlier, later] : [later, earlier]) await write()
      expect(await rowNow()).toMatchObject({ name: 'later', price: 10 })
    },
  )

  test('the one that is told what was lost', async () => {
    await patch({ name: 'later' }, stamp(now() - HOUR))
    const { lost, patch: won } = await patch({ name: 'earlier', price: 10 }, stamp(now() - 2 * HOUR, 'b'))
    expect([lost, won]).toEqual([['/name'], { price: 10 }])
  })

  test('a write from before the row was written at all holds in nothing', async () => {
    expect(await patch({ name: 'old' }, stamp(now() - 4 * HOUR))).toMatchObject({ patch: undefined, lost: ['/name'] })
  })
})

describe('a clock that is ahead', () => {
  test('counts as now, so that the next write of another device holds', async () => {
    const before = now()
    const { stamp: counted } = await patch({ name: 'ahead' }, stamp(now() + HOUR))
    const time = parseTime(counted)
    if (time === 'invalid') throw new Error(counted)
    expect(time.ms).toBeGreaterThanOrEqual(before - 1000)
    expect(time.ms).toBeLessThanOrEqual(now() + 1000)
    expect(await patch({ name: 'after' }, stamp(now() + 2000, 'b'))).toMatchObject({ lost: [] })
    expect(await rowNow()).toMatchObject({ name: 'after' })
  })

  test('does not lose the order of its own writes', async () => {
    for (const name of ['one', 'two', 'three'])
      expect(await patch({ name }, stamp(now() + HOUR, 'a', 3))).toMatchObject({ lost: [] })
    expect(await rowNow()).toMatchObject({ name: 'three' })
  })

  test('by no more than is believed is believed', async () => {
    const little = stamp(now() + 30_000)
    expect(await patch({ name: 'little' }, little)).toMatchObject({ stamp: little })
    const much = stamp(now() + HOUR)
    expect(await patch({ name: 'much' }, much, { ahead: 7200 })).toMatchObject({ stamp: much })
    expect((await patch({ name: 'none' }, stamp(now() + 30_000), { ahead: 0 })).stamp).not.toBe(little)
  })
})

test('a clock that is behind holds where its user has seen the row as it is', async () => {
  await patch({ name: 'other' }, stamp(now(), 'b'))
  const base = (await rowNow()).updated_at
  const behind = stamp(now() - HOUR)
  expect(await patch({ name: 'unseen' }, behind)).toMatchObject({ patch: undefined })
  expect(await patch({ name: 'seen' }, behind, { base: base.toISOString() })).toMatchObject({ lost: [] })
  // And a client that has not seen that one is earlier than it.
  expect(await patch({ name: 'late' }, stamp(now() - HOUR, 'c'))).toMatchObject({ patch: undefined })
})

test('what writes without a time counts as written when the row says', async () => {
  await patch({ name: 'stamped' }, stamp(now() - HOUR))
  await client.query('update notes set price = 99')
  expect(await patch({ price: 5 }, stamp(now() - 1000, 'b'))).toMatchObject({ patch: undefined, lost: ['/price'] })
  expect(await patch({ price: 5 }, stamp(now() + 5000, 'b'))).toMatchObject({ lost: [] })
  // Once it is known when the fields were written, other ones than these are told apart again.
  expect(await patch({ name: 'x' }, stamp(now() + 1000, 'c'))).toMatchObject({ lost: [] })
})

test('a stamp may be a time of the calendar, and nothing else', async () => {
  expect(await patch({ name: 'iso' }, new Date(now() - HOUR).toISOString())).toMatchObject({ lost: [] })
  await expect(patch({ name: 'x' }, 'yesterday')).rejects.toMatchObject({ status: 400 })
})

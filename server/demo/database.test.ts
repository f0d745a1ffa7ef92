import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claimDataFolder } from './data-folder.ts'
import { type Database, openDatabase, transaction } from './database.ts'
import { errorCode } from './start-error.ts'

let folder: string
let database: Database
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshlayer-data-'))
  database = await openDatabase({ kind: 'folder', path: join(folder, 'shop') })
  await database.pool.query('create table things (id integer primary key)')
  await database.pool.query('insert into things values (1)')
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true })
})

describe('the pool', () => {
  test('queries that fail do not disturb the ones beside them', async () => {
    const { pool } = database
    const rows: readonly (readonly [sql: string, values: unknown[], outcome: unknown])[] = [
      ['insert into things values ($1)', [1], '23505'],
      ['selec $1::int', [1], '42601'],
      ['selec', [], '42601'],
      ['select $1::int as n', ['x'], '22P02'],
      ['select $1::int as n', [7], 7],
    ]
    const mixed = Array.from({ length: 200 }, (_unused, turn) => rows[(turn * 7 + Math.floor(turn / 5)) % rows.length])
    const outcomes = await Promise.all(
      mixed.map((row) =>
        pool.query<{ n: number }>(row?.[0] ?? '', row?.[1]).then((result) => result.rows[0]?.n, errorCode),
      ),
    )
    expect(outcomes).toEqual(mixed.map((row) => row?.[2]))
  })

  test('counts and sums are numbers', async () => {
    const { rows } = await database.pool.query('select count(*) as count, 9007199254740991 as most from things')
    expect(rows).toEqual([{ count: 1, most: Number.MAX_SAFE_INTEGER }])
  })
})

describe('a transaction', () => {
  test('that fails leaves nothing and passes its error on', async () => {
    const failure = new Error('changed our mind')
    const attempt = transaction(database.pool, async (client) => {
      await client.query('insert into things values (2)')
      throw failure
    })
    await expect(attempt).rejects.toBe(failure)
    expect((await database.pool.query('select 1 from things where id = 2')).rowCount).toBe(0)
  })

  test('that loses a deadlock is run again, three times at most', async () => {
    let attempts = 0
    const lose = (wins: number) =>
      transaction(database.pool, async () => {
        attempts++
        if (attempts < wins) throw Object.assign(new Error('deadlock detected'), { code: '40P01' })
        return 'won'
      })
    expect(await lose(4)).toBe('won')
    attempts = 0
    await expect(lose(6)).rejects.toThrow('deadlock detected')
    expect(attempts).toBe(4)
  })
})

describe('the data folder', () => {
  test('is refused while it is in use, and free afterwards', async () => {
    const path = join(folder, 'shared')
    const held = await claimDataFolder(path)
    await expect(claimDataFolder(path)).rejects.toThrow(`in use by process ${process.pid}`)
    await held.release()
    const again = await claimDataFolder(path)
    await again.release()
    expect(await readdir(path)).toEqual([])
  })

  test.each([
    ['of a process that is gone', '2147483646\n'],
    ['of our own id from an earlier life', `${process.pid}\n`],
    ['that was never finished', ''],
  ])('a lock %s is taken over', async (_name, lock) => {
    const path = join(folder, 'stale')
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'lock'), lock)
    const held = await claimDataFolder(path)
    await held.release()
  })

  test('files of a first start that was never completed are thrown away, completed ones are kept', async () => {
    const path = join(folder, 'interrupted')
    const first = await claimDataFolder(path)
    await mkdir(first.databasePath)
    await first.release()
    const second = await claimDataFolder(path)
    expect(await readdir(path)).toEqual(['lock'])
    await mkdir(second.databasePath)
    await second.markComplete()
    await second.release()
    const third = await claimDataFolder(path)
    expect(await readdir(path)).toEqual(['complete', 'lock', 'pglite'])
    await third.release()
  })

  test('a folder that cannot be written is reported with its path', async () => {
    const path = join(folder, 'file')
    await writeFile(path, '')
    await expect(claimDataFolder(join(path, 'below'))).rejects.toThrow(
      /Cannot write to the data folder .*FRESHLAYER_DATA/,
    )
  })
})

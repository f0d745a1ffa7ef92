import type { PoolClient } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SyncProblem } from '../sync/answers.ts'
import { migration } from '../sync/migration.ts'
import type { Database } from '../demo/database.ts'
import { openMemoryDatabase } from '../demo/memory-database.fixture.ts'
import { validators } from '../conditional.ts'
import { lockedRow, type LockedRowOptions } from './locked-row.ts'

let database: Database
let client: PoolClient
const { etag } = validators({ release: '1' })
const tagOf: NonNullable<LockedRowOptions['etag']> = (row) => etag({ version: row['updated_at'] as Date })

beforeAll(async () => {
  database = await openMemoryDatabase()
  await database.pool.query('create table notes (id integer primary key, text text not null, counter integer)')
  await database.pool.query(migration([{ entity: 'notes', table: 'notes' }]))
  client = await database.pool.connect()
})
afterAll(async () => {
  client.release()
  await database.close()
})
beforeEach(async () => {
  await client.query('truncate notes')
  await client.query(`insert into notes (id, text) values (1, 'first')`)
})

const select = (id: number): LockedRowOptions['select'] => ({ text: 'select * from notes where id = $1', values: [id] })
const put = (headers: Record<string, string> = {}, method = 'PUT'): Request =>
  new Request('http://shop.invalid/notes/1', { method, headers })

const rowNow = async (): Promise<Record<string, unknown> & { updated_at: Date }> =>
  (await client.query('select * from notes')).rows[0]

/** The problem that a write gets; undefined: it gets the row. */
async function problemOf(
  request: Request,
  options: Partial<LockedRowOptions> & { id?: number } = {},
): Promise<unknown> {
  const { id = 1, ...others } = options
  try {
    await lockedRow(client, request, { select: select(id), etag: tagOf, ...others })
    return undefined
  } catch (error) {
    if (!(error instanceof SyncProblem)) throw error
    return { status: error.status, ...error.members }
  }
}

describe('If-Match', () => {
  test('holds for the tag that a GET has, in a list too, and for any with *', async () => {
    const tag = etag({ version: (await rowNow()).updated_at })
    for (const value of [tag, `"other", ${tag}`, '*'])
      expect(await problemOf(put({ 'if-match': value }))).toBeUndefined()
  })

  test('does not hold for another tag, a weak one, or none that can be read; the problem has what there is', async () => {
    const { updated_at: at, ...row } = await rowNow()
    const tag = etag({ version: at })
    for (const value of ['"other"', `W/${tag}`, 'x', ''])
      expect(await problemOf(put({ 'if-match': value }))).toEqual({
        status: 412,
        reason: 'changed',
        etag: tag,
        updatedAt: at.toISOString(),
        current: { ...row, updated_at: at },
      })
  })

  test('of a row that is gone does not hold', async () => {
    const gone = { status: 412, reason: 'gone', current: null }
    expect(await problemOf(put({ 'if-match': '*' }), { id: 2 })).toEqual(gone)
  })

  test('without tags of the backend holds for * alone', async () => {
    const options = { select: select(1) }
    expect(await lockedRow(client, put({ 'if-match': '*' }), options)).toMatchObject({ id: 1 })
    await expect(lockedRow(client, put({ 'if-match': '"a"' }), options)).rejects.toMatchObject({ status: 412 })
  })
})

test('If-None-Match: * is for what is not there yet', async () => {
  expect(await problemOf(put({ 'if-none-match': '*' }))).toMatchObject({ status: 412, current: { text: 'first' } })
  expect(await problemOf(put({ 'if-none-match': '*' }), { id: 2 })).toBeUndefined()
})

describe('the version that the user has seen', () => {
  test('is compared with that of the row, from the field or the body', async () => {
    const at = (await rowNow()).updated_at.toISOString()
    const field = (text: string): Request => put({ 'freshlayer-updated-at': encodeURIComponent(text) })
    expect(await problemOf(field(at))).toBeUndefined()
    expect(await problemOf(field(at.replace('Z', '+00:00')))).toBeUndefined()
    expect(await problemOf(put(), { base: at })).toBeUndefined()
    expect(await problemOf(put(), { base: new Date(at) })).toBeUndefined()
    expect(await problemOf(put(), { base: null })).toBeUndefined()
    await client.query(`update notes set text = 'second'`)
    const now = (await rowNow()).updated_at.toISOString()
    for (const request of [field(at), put({ 'freshlayer-updated-at': '%' })])
      expect(await problemOf(request)).toMatchObject({
        status: 409,
        reason: 'changed',
        updatedAt: now,
        current: { text: 'second' },
      })
    expect(await problemOf(put(), { base: at })).toMatchObject({ status: 409 })
  })

  test('of a row that is gone is another one', async () => {
    expect(await problemOf(put(), { base: 'x', id: 2 })).toEqual({ status: 409, reason: 'gone', current: null })
  })

  test('may be any value of the row, such as a counter, and null is none', async () => {
    const version: LockedRowOptions['version'] = (row) => row['counter']
    expect(await problemOf(put(), { base: 'null', version })).toMatchObject({ status: 409 })
    await client.query('update notes set counter = 0')
    expect(await problemOf(put(), { base: 0, version })).toBeUndefined()
    expect(await problemOf(put({ 'freshlayer-updated-at': '0' }), { version })).toBeUndefined()
    expect(await problemOf(put(), { base: 1, version })).toMatchObject({ status: 409, updatedAt: '0' })
  })
})

test('a write that says nothing gets the row, or 428 where it has to say it', async () => {
  expect(await lockedRow(client, put(), { select: select(1) })).toMatchObject({ text: 'first' })
  expect(await lockedRow(client, put(), { select: select(2) })).toBeUndefined()
  expect(await problemOf(put(), { isRequired: true })).toMatchObject({ status: 428 })
  expect(await problemOf(put({ 'if-match': '*' }), { isRequired: true })).toBeUndefined()
})

test('the row in the problem is as the API shows it', async () => {
  const represent: LockedRowOptions['represent'] = async (row) => {
    const { rows } = await client.query('select count(*)::int as count from notes')
    return { note: row['text'], of: rows[0]?.count }
  }
  expect(await problemOf(put({ 'if-match': '"a"' }), { represent })).toMatchObject({
    current: { note: 'first', of: 1 },
  })
})

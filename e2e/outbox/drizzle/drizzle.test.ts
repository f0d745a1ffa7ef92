import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { count, eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/pglite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { browser, newBackend } from '../../../app/tab/records/records-page.fixture.ts'
import { emptyDataFolder } from '../../../server/demo/memory-database.fixture.ts'
import { adapterOf } from './adapter.ts'
import { products } from './schema.ts'

// The example of the guide, with a real database: PostgreSQL in the page.

const textOf = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')
const UUID = (at: number): string => `0b9fc1d6-9f0a-4d3e-8f56-${String(at).padStart(12, '0')}`

let client: PGlite
let backend: ReturnType<typeof newBackend>
let close = (): void => undefined
beforeEach(async () => {
  client = await PGlite.create({ loadDataDir: await emptyDataFolder() })
  backend = newBackend()
  // As it was before the app sent anything.
  await client.exec(`create table products (id text primary key, name text not null, price integer not null);
    insert into products values ('1', 'tea', 300), ('2', 'mint', 200)`)
  for (const [id, name] of [[1, 'tea'] as const, [2, 'mint'] as const])
    backend.products.set(id, { id, name, version: 1 })
})
afterEach(async () => {
  close()
  await client.close()
})

async function app({ isFilled = true } = {}) {
  await client.exec(textOf('migration.postgres.sql'))
  if (isFilled) await client.exec(textOf('backfill.postgres.sql'))
  const db = drizzle(client)
  const { open, ...others } = await browser({ backend, store: adapterOf(db) })
  const { records } = open()
  close = () => records.close()
  const dirty = async (): Promise<number | undefined> =>
    (await db.select({ rows: count() }).from(products).where(eq(products.isDirty, true)))[0]?.rows
  return {
    ...others,
    db,
    records,
    all: () => db.select().from(products).orderBy(products.id),
    synced: () => vi.waitFor(async () => expect(await dirty()).toBe(0), 20_000),
  }
}

describe('the example with Drizzle', () => {
  test('sends what is made, changed and deleted, and is told of it', async () => {
    const { db, records, synced, all } = await app()
    await db.insert(products).values({ id: UUID(1), name: 'oolong', price: 500 })
    await db.update(products).set({ price: 350, isDirty: true }).where(eq(products.id, '1'))
    await records.markDeleted('product', '2')
    await records.send()
    await synced()
    expect([...backend.products.values()]).toMatchObject([
      { id: 1, name: 'tea', price: 350 },
      { id: 7, name: 'oolong', price: 500 },
    ])
    const rows = await all()
    expect(rows).toMatchObject([
      { id: '1', price: 350, isDirty: false, isDeleted: false },
      { id: '7', name: 'oolong', isDirty: false },
    ])
    expect(rows.every(({ lastSyncedAt }) => lastSyncedAt instanceof Date)).toBe(true)
    expect(await records.getDirtyRecordsCount()).toBe(0)
  })

  test('sends an edit that was made while another one was under way after it', async () => {
    const { db, records, synced } = await app()
    const release = backend.hold()
    const rename = (name: string): Promise<unknown> =>
      db.update(products).set({ name, isDirty: true }).where(eq(products.id, '1'))
    await rename('green')
    await records.markDirty('product', '1')
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    await rename('black')
    await records.markDirty('product', '1')
    release()
    await synced()
    expect(backend.products.get(1)).toMatchObject({ name: 'black', version: 3 })
  })

  test('sends a deletion that was taken back as a new record', async () => {
    const { db, records, synced, all } = await app()
    const release = backend.hold()
    await records.markDeleted('product', '1')
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    await db.update(products).set({ isDeleted: false, isDirty: true }).where(eq(products.id, '1'))
    release()
    await synced()
    expect(backend.received.map(({ method }) => method)).toEqual(['DELETE', 'POST'])
    expect((await all()).map(({ name }) => name)).toEqual(['mint', 'tea'])
  })

  test('takes the row of the server in the place of a change that the user discards', async () => {
    const { db, records, synced, all, ask } = await app()
    backend.refused.add('{"id":"1","name":"","price":300}')
    await db.update(products).set({ name: '', isDirty: true }).where(eq(products.id, '1'))
    await records.markDirty('product', '1')
    await vi.waitFor(() => expect(records.state.stuck).toBe(1))
    // While the server is away the row cannot be read, and that is tried again.
    backend.isAway = true
    await ask({ ask: 'steer-outbox', place: 1, how: 'discard' })
    await vi.waitFor(() => expect(records.state.state).toBe('failed'))
    backend.isAway = false
    await synced()
    expect((await all())[0]).toMatchObject({ id: '1', name: 'tea', isDirty: false })
  })
})

describe('the migration', () => {
  test('with the backfill: what is adopted is clean, and what is new from then on is dirty', async () => {
    const { records, db } = await app()
    await records.send()
    expect(backend.received).toEqual([])
    await db.insert(products).values({ id: UUID(1), name: 'oolong', price: 500 })
    expect(await records.getDirtyRecordsCount('product')).toBe(1)
  })

  test('without it: what is adopted is dirty once', async () => {
    const { synced, records } = await app({ isFilled: false })
    await synced()
    expect(backend.received.map(({ method }) => method)).toEqual(['POST', 'POST'])
    await records.send()
    expect(backend.received).toHaveLength(2)
  })
})

test('the guide shows this code', () => {
  const guide = textOf('../../../docs/guide/records.md')
  for (const file of [
    'schema.ts',
    'adapter.ts',
    'migration.postgres.sql',
    'migration.sqlite.sql',
    'backfill.postgres.sql',
    'backfill.sqlite.sql',
  ]) {
    const shown = textOf(file).replace('../../../app/tab/records/index.ts', 'freshlayer/records').trimEnd()
    expect(guide, file).toContain(shown)
  }
})

import { describe, expect, test } from 'vitest'
import { Backend } from './backend.fixture.ts'
import { collectionWorker } from './collection.fixture.ts'

function filled(count: number): Backend {
  const backend = new Backend()
  for (let id = 1; id <= count; id++) backend.put(id, `product ${id}`)
  return backend
}

/** What the list has to be, in the order of its ids. */
const listOf = (backend: Backend) => ({
  items: [...backend.rows.values()].toSorted((one, other) => one.id - other.id),
  total: backend.rows.size,
  page: 1,
})

describe('a collection', () => {
  test('is loaded behind the first read, and then its list and its items are answered from the rows', async () => {
    const backend = filled(25)
    const worker = await collectionWorker({ backend })
    expect((await worker.get('/api/products')).how).toBe('network')
    await worker.settle()
    expect(backend.at('/sync').length).toBe(4)
    const before = backend.arrived.length
    const list = await worker.get('/api/products')
    expect(list.how).toMatch(/^Freshlayer; hit; ttl=\d+; detail=collection$/)
    expect(list.value).toEqual(listOf(backend))
    expect((await worker.get('/api/products/7')).value).toEqual(backend.rows.get(7))
    expect(backend.arrived.length).toBe(before)
  })

  test('has a state and counts', async () => {
    const worker = await collectionWorker({ backend: filled(25) })
    const [state] = await worker.sync()
    expect(state).toMatchObject({ entity: 'products', state: 'idle', rows: 25, isLoaded: true })
    const progress = worker.told.filter(({ say }) => say === 'sync')
    expect(progress).toMatchObject([
      { state: { state: 'syncing', rows: 0 } },
      { state: { state: 'syncing', rows: 10, isLoaded: false } },
      { state: { state: 'syncing', rows: 20 } },
      { state: { state: 'syncing', rows: 25 } },
      { state: { state: 'idle', rows: 25, isLoaded: true } },
    ])
    expect(await worker.stats()).toMatchObject({ runs: 1, requests: 4, rowsWritten: 25, drift: 0, failures: {} })
  })

  test('gets what changes, and names it to the tabs once', async () => {
    const backend = filled(5)
    const worker = await collectionWorker({ backend })
    await worker.get('/api/products')
    await worker.settle()
    backend.put(6, 'new')
    backend.put(1, 'other')
    backend.delete(2)
    await worker.sync()
    expect((await worker.get('/api/products')).value).toEqual(listOf(backend))
    const changes = worker.told.filter(({ kind }) => kind === 'changed')
    expect(changes).toMatchObject([
      {
        cause: 'sync',
        diff: { added: ['6'], updated: ['1'], removed: ['2'] },
        targets: expect.arrayContaining([
          'url https://app.test/api/products',
          'tag products',
          'tag product:1',
        ]) as never,
      },
    ])
    // What it has itself invalidated are other answers.
    const before = backend.at('/sync').length
    expect((await worker.get('/api/products')).how).toContain('hit')
    expect(backend.at('/sync').length).toBe(before)
  })
})

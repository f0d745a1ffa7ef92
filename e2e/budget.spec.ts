import type { Page } from '@playwright/test'
import { expect, read, stopWorkers, test, workerOf } from './support/test.ts'

const stateOf = (page: Page, path: string): Promise<string> =>
  page.evaluate((path) => window.layer.explain(path).then(({ state }) => state), path)

/** Reads, and waits until the answer is stored. */
async function keep(page: Page, path: string): Promise<void> {
  await read(page, path)
  await expect.poll(() => stateOf(page, path)).not.toBe('absent')
}

test('what is over its rule’s budget makes room: the least recently used goes, what was used stays', async ({
  origin,
  open,
}) => {
  const filler = 'x'.repeat(10_000)
  for (let id = 1; id <= 12; id++) origin.json(`/api/limited/${id}`, () => ({ id, filler }))
  origin.json('/api/fresh/1', () => ({ filler }))
  const page = await open()
  await keep(page, '/api/fresh/1')
  for (let id = 1; id <= 12; id++) {
    await keep(page, `/api/limited/${id}`)
    // The first one is used again and again, also by a worker that has just started.
    if (id === 5) await stopWorkers(page)
    await read(page, '/api/limited/1')
  }
  const states = await Promise.all([1, 2, 3, 12].map((id) => stateOf(page, `/api/limited/${id}`)))
  expect(states).toEqual(['fresh', 'absent', 'absent', 'fresh'])
  expect(await stateOf(page, '/api/fresh/1')).toBe('fresh')
})

test('an eviction costs what it evicts, however much is stored', async ({ origin, open }) => {
  test.setTimeout(90_000)
  const filler = 'x'.repeat(10_000)
  const costs: number[] = []
  for (const count of [100, 20_000]) {
    for (let id = 1; id <= 12; id++) origin.json(`/api/limited/${count}-${id}`, () => ({ id, filler }))
    const page = await open()
    await keep(page, `/api/limited/${count}-1`)
    await multiply(page, count)
    await stopWorkers(page)
    for (let id = 2; id <= 8; id++) await keep(page, `/api/limited/${count}-${id}`)
    // From here on every operation on the database is counted; the last two answers are over the budget.
    const worker = await workerOf(page, origin)
    await worker.evaluate(() => {
      const scope = globalThis as unknown as { operations: number }
      scope.operations = 0
      for (const name of ['get', 'getAll', 'put', 'delete', 'openCursor'] as const) {
        const method = IDBObjectStore.prototype[name] as (...given: unknown[]) => unknown
        Object.assign(IDBObjectStore.prototype, {
          [name](...given: unknown[]) {
            scope.operations++
            return method.apply(this, given)
          },
        })
      }
      const { continue: next } = IDBCursor.prototype
      IDBCursor.prototype.continue = function (...given) {
        scope.operations++
        return next.apply(this, given)
      }
    })
    for (const id of [9, 10]) await keep(page, `/api/limited/${count}-${id}`)
    await expect.poll(() => stateOf(page, `/api/limited/${count}-1`)).toBe('absent')
    costs.push(await worker.evaluate(() => (globalThis as unknown as { operations: number }).operations))
  }
  console.log(`operations for the same evictions at 100 and at 20,000 stored answers: ${costs.join(' and ')}`)
  expect(costs[1]).toBeLessThan(costs[0]! * 1.5)
})

/** Fills the store with copies of the one answer that is in it, under a rule of their own. */
const multiply = (page: Page, count: number): Promise<void> =>
  page.evaluate(async (count) => {
    await window.inDatabase((store) => {
      const rows = store.getAll(IDBKeyRange.bound('everyone\nrow\n', 'everyone\nrow\n\uffff'))
      const keys = store.getAllKeys(IDBKeyRange.bound('everyone\nrow\n', 'everyone\nrow\n\uffff'))
      const entries = store.getAll(IDBKeyRange.bound('everyone\nindex\n', 'everyone\nindex\n\uffff'))
      entries.onsuccess = () => {
        const [row, entry, key] = [rows.result[0], entries.result[0], String(keys.result[0])]
        for (let copy = 0; copy < count; copy++) {
          const elsewhere = (text: string): string => text.replace('/limited/', `/copies/${copy}/`)
          const own = { rule: 'copies', key: elsewhere(row.key), url: elsewhere(row.url) }
          store.put({ ...row, ...own, body: new ArrayBuffer(0) }, elsewhere(key))
          store.put({ ...entry, ...own, size: 10 }, elsewhere(key).replace('\nrow\n', '\nindex\n'))
        }
      }
    })
  }, count)

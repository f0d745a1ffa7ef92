import type { ConsoleMessage, Page } from '@playwright/test'
import { expect, read, stopWorkers, test } from './support/test.ts'

/** Keeps an answer of so many bytes, and waits until it is served from store. */
async function keep(page: Page, path: string): Promise<void> {
  await read(page, path)
  await expect.poll(() => read(page, path).then(({ headers }) => headers['cache-status'])).toContain('hit')
}

/** Harm that storage may come to, done to the layer's database behind its back. */
const harm = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await window.inDatabase((store) => {
      const request = store.getAllKeys()
      request.onsuccess = () => {
        const of = (prefix: string, path: string): string =>
          request.result.map(String).find((key) => key.startsWith(prefix) && key.includes(path)) ?? ''
        // Half-written; of another shape; under the key of another; without a place in the order of use; and what nobody
        // has written.
        const half = of('row ', '/api/fresh/1')
        const other = of('row ', '/api/fresh/2')
        store.put({ shape: 1, key: 'half' }, half)
        const older = store.get(other)
        older.onsuccess = () => store.put({ ...older.result, shape: 0 }, other)
        const third = store.get(of('row ', '/api/fresh/3'))
        third.onsuccess = () => store.put(third.result, 'row of another\n\n')
        store.delete(of('place ', '/api/fresh/3'))
        store.put('nobody’s', 'of another version')
        const meta = store.get('meta')
        meta.onsuccess = () => store.put({ ...meta.result, sizes: { gone: 1e9 } }, 'meta')
      }
    })
    // The body of a row is gone; and there is one of no row.
    const bodies = await caches.open('freshlayer-bodies-v1')
    for (const body of await bodies.keys()) await bodies.delete(body)
    await bodies.put('/__freshlayer/garbage', new Response('nobody’s'))
  })

/** What is stored by now: rows by path, their places, everything else by its key's first word, and sizes. */
const stored = (page: Page) =>
  page.evaluate(async () => {
    const [found, meta] = await window.inDatabase((store) => [store.getAllKeys(), store.get('meta')] as const)
    const keys = found.result.map(String)
    const paths = (kind: string): string[] =>
      keys
        .filter((key) => key.startsWith(kind))
        .map((key) => /\/api\/\S+/.exec(key)?.[0] ?? key)
        .toSorted()
    return {
      rows: paths('row '),
      places: paths('place '),
      used: paths('used ').length,
      strangers: keys.filter((key) => key.startsWith('of ')),
      sizes: Object.keys(meta.result.sizes),
      bodies: (await (await caches.open('freshlayer-bodies-v1')).keys()).length,
    }
  })

test('harm that storage has come to is put right at idle, and said once', async ({ origin, open, browserContext }) => {
  const said: string[] = []
  const listen = (message: ConsoleMessage): void => void (message.text().includes('audit') && said.push(message.text()))
  browserContext.on('console', listen)
  for (const id of [1, 2, 3]) origin.json(`/api/fresh/${id}`, () => ({ id }))
  origin.json('/api/fresh/large', () => 'x'.repeat(50_000))
  const page = await open()
  for (const id of [1, 2, 3, 'large']) await keep(page, `/api/fresh/${id}`)
  expect(await stored(page)).toMatchObject({
    rows: { length: 4 },
    places: { length: 4 },
    used: 4,
    bodies: 1,
  })
  await harm(page)
  await stopWorkers(page)
  await read(page, '/api/fresh/3')
  await expect.poll(() => said, { timeout: 20_000 }).toHaveLength(1)
  expect(said[0]).toContain('3 rows that could not be read or lay under another key, removed')
  expect(said[0]).toContain('1 rows without a body, removed')
  expect(said[0]).toContain('1 bodies without a row, removed')
  expect(said[0]).toContain('entries in the order of use, put right')
  expect(await stored(page)).toEqual({
    rows: ['/api/fresh/3'],
    places: ['/api/fresh/3'],
    used: 1,
    strangers: [],
    sizes: ['/api/fresh/:id'],
    bodies: 0,
  })
  // The one that was whole is still served, and the next worker has nothing to put right.
  await stopWorkers(page)
  await page.evaluate(async () => {
    await (await caches.open('freshlayer-bodies-v1')).put('/__freshlayer/second', new Response('nobody’s'))
  })
  expect((await read(page, '/api/fresh/3')).headers['cache-status']).toContain('hit')
  await expect.poll(() => said, { timeout: 20_000 }).toHaveLength(2)
  expect(said[1]).toContain('audit 1 bodies without a row, removed')
  browserContext.off('console', listen)
})

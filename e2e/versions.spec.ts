import { expect, read, stopWorkers, test } from './support/test.ts'

test('an equal version costs a light request and no full one; another fetches, and names the items', async ({
  origin,
  open,
}) => {
  let items = [
    { id: 1, updatedAt: '2026-01-01' },
    { id: 2, updatedAt: '2026-01-01' },
  ]
  origin.json('/api/versions', () => ({ a: items, b: 'x' }))
  origin.json('/api/versioned/list', () => ({ items }))
  const page = await open()
  const asked = (path: string): number => origin.received.filter((each) => each.path.startsWith(path)).length
  const list = (): ReturnType<typeof read> => read(page, '/api/versioned/list')

  await list()
  await list()
  expect([asked('/api/versions'), asked('/api/versioned')]).toEqual([1, 2])
  const same = await list()
  expect(same.headers['cache-status']).toContain('detail=same-version')
  expect(JSON.parse(same.text)).toEqual({ items })
  expect(asked('/api/versioned')).toBe(2)
  // The list lies on disk when the worker is stopped.
  const keys = (): Promise<string[]> =>
    page.evaluate(async () => {
      const asked = await window.inDatabase((store) => store.getAllKeys())
      return asked.result.map(String)
    })
  await expect.poll(async () => (await keys()).filter((key) => key.includes('\nversions a '))).not.toEqual([])
  await stopWorkers(page)
  items = [
    { id: 2, updatedAt: '2026-01-02' },
    { id: 3, updatedAt: '2026-01-02' },
  ]
  const other = await open()
  const changed = await read(other, '/api/versioned/list')
  expect(JSON.parse(changed.text)).toEqual({ items })
  // The other page is told of what it has not read itself.
  await expect
    .poll(() => page.evaluate(() => window.heard.at(-1)?.diff))
    .toEqual({ added: ['3'], updated: ['2'], removed: ['1'] })
})

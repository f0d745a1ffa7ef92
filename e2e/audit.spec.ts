import type { ConsoleMessage, Page } from '@playwright/test'
import { kindsIn, putRecord } from './support/database.ts'
import { expect, read, stopWorkers, test } from './support/test.ts'

/** Keeps an answer, and waits until it is served from store. */
async function keep(page: Page, path: string): Promise<void> {
  await read(page, path)
  await expect.poll(() => read(page, path).then(({ headers }) => headers['cache-status'])).toContain('hit')
}

/** Deletes the one record whose key has all of these. */
const deleteRecord = (page: Page, ...parts: string[]): Promise<void> =>
  page.evaluate(async (parts) => {
    const keys = (await window.inDatabase((store) => store.getAllKeys())).result.map(String)
    const key = keys.find((each) => parts.every((part) => each.includes(part))) ?? ''
    await window.inDatabase((store) => store.delete(key))
  }, parts)

test('harm that storage has come to is put right at idle, and said once; what is not known is left alone', async ({
  origin,
  open,
  browserContext,
}) => {
  const said: string[] = []
  const listen = (message: ConsoleMessage): void => void (message.text().includes('audit') && said.push(message.text()))
  browserContext.on('console', listen)
  for (const id of [1, 2, 3]) origin.json(`/api/fresh/${id}`, () => ({ id }))
  origin.json('/api/fresh/large', () => 'x'.repeat(50_000))
  const page = await open()
  for (const id of [1, 2, 3, 'large']) await keep(page, `/api/fresh/${id}`)
  expect(await kindsIn(page)).toMatchObject({ row: 4, index: 4, body: 1 })
  // What the worker does at idle comes between otherwise.
  await stopWorkers(page)
  await deleteRecord(page, 'index', '/api/fresh/1')
  await deleteRecord(page, 'row', '/api/fresh/2')
  for (const key of ['of another version', '!unheard of', 'everyone\nunheard of\n1']) {
    await putRecord(page, key, { kind: 'unheard of' })
  }
  await read(page, '/api/fresh/3')
  await expect.poll(() => said, { timeout: 20_000 }).toHaveLength(1)
  expect(said[0]).toContain('2 rows or entries that did not belong together, removed')
  expect(await kindsIn(page)).toMatchObject({ row: 2, index: 2, body: 1, of: 1, '!unheard': 1, 'unheard of': 1 })
  // What was whole is still served, and the next worker has nothing to put right.
  await stopWorkers(page)
  for (const id of [3, 'large']) {
    expect((await read(page, `/api/fresh/${id}`)).headers['cache-status']).toContain('hit')
  }
  browserContext.off('console', listen)
})

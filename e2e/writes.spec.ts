import type { ServerResponse } from 'node:http'
import type { Page } from '@playwright/test'
import { holdDatabase } from './support/database.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { expect, read, stopWorkers, test } from './support/test.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

const post = (page: Page, path: string, method = 'POST'): Promise<number> =>
  page.evaluate(
    async ([path, method]) =>
      (await fetch(path, { method, body: '{}', headers: { 'content-type': 'application/json' } })).status,
    [path, method] as const,
  )

/** Answers a path only when the test says so; each request waits for its own release. */
function held(origin: ScriptedOrigin, path: string): ((body: string) => void)[] {
  const releases: ((body: string) => void)[] = []
  origin.on(path, (_request, response: ServerResponse) => {
    releases.push((body) => void response.writeHead(200, JSON_TYPE).end(body))
  })
  return releases
}

test('a write ends the freshness of its own URL, with any query, and of its rule’s tags and patterns', async ({
  origin,
  open,
}) => {
  for (const path of ['/api/items', '/api/items/1', '/api/rules/a', '/api/fresh/1']) origin.json(path, () => ({ path }))
  const page = await open()
  const paths = ['/api/items?page=2', '/api/items/1', '/api/rules/a', '/api/fresh/1']
  for (const path of paths) await read(page, path)
  await post(page, '/api/items')
  const statuses = []
  for (const path of paths) statuses.push((await read(page, path)).headers['cache-status']?.split('; ')[1])
  expect(statuses).toEqual(['fwd=stale', 'fwd=stale', 'fwd=stale', 'hit'])
  // Once validated they are fresh again.
  expect((await read(page, '/api/items?page=2')).headers['cache-status']).toContain('; hit')
})

test('a write without a rule of its own takes the tags of the route at its path', async ({ origin, open }) => {
  for (const path of ['/api/fresh/1', '/api/fresh/2']) origin.json(path, () => ({ path }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await read(page, '/api/fresh/2')
  await post(page, '/api/fresh/1', 'PUT')
  expect((await read(page, '/api/fresh/2')).headers['cache-status']).toContain('fwd=stale')
})

test('a colon or a star in the URL of a write is text: it ends that URL and not its neighbours', async ({
  origin,
  open,
}) => {
  for (const path of ['/api/rules/7:archive', '/api/rules/8']) origin.json(path, () => ({ path }))
  const page = await open()
  for (const path of ['/api/rules/7:archive', '/api/rules/8']) await read(page, path)
  await post(page, '/api/rules/7:archive')
  expect((await read(page, '/api/rules/7:archive')).headers['cache-status']).toContain('fwd=stale')
  expect((await read(page, '/api/rules/8')).headers['cache-status']).toContain('; hit')
  await post(page, '/api/rules/*')
  expect((await read(page, '/api/rules/8')).headers['cache-status']).toContain('; hit')
})

test('a refused write changes nothing; one whose outcome is unknown counts as written', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/items/1', () => ({ value }))
  const page = await open()
  await read(page, '/api/items/1')
  origin.on('/api/items', (_request, response) => void response.writeHead(422, JSON_TYPE).end('{}'))
  expect(await post(page, '/api/items')).toBe(422)
  expect((await read(page, '/api/items/1')).headers['cache-status']).toContain('; hit')
  value = 2
  origin.on('/api/items', (request) => void request.socket.destroy())
  await expect(post(page, '/api/items')).rejects.toThrow('Failed to fetch')
  expect((await read(page, '/api/items/1')).text).toBe('{"value":2}')
})

test('a failed precondition shows that the stored answer is outdated', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/items/1', () => ({ value }))
  const page = await open()
  await read(page, '/api/items/1')
  value = 2
  origin.on('/api/items', (_request, response) => void response.writeHead(412, JSON_TYPE).end('{}'))
  expect(await post(page, '/api/items')).toBe(412)
  expect((await read(page, '/api/items/1')).text).toBe('{"value":2}')
})

test('a read that began before a write and ends after it is not served as fresh afterwards', async ({
  origin,
  open,
}) => {
  const reads = held(origin, '/api/items')
  origin.on('/api/items/1', (_request, response) => void response.writeHead(204).end())
  const page = await open()
  const early = read(page, '/api/items')
  await expect.poll(() => reads.length).toBe(1)
  await post(page, '/api/items/1', 'PUT')
  reads[0]?.('{"before":true}')
  expect((await early).text).toBe('{"before":true}')
  const late = read(page, '/api/items')
  await expect.poll(() => reads.length).toBe(2)
  reads[1]?.('{"after":true}')
  expect((await late).text).toBe('{"after":true}')
})

test('a read that begins after a write’s answer does not join a read from before it', async ({ origin, open }) => {
  const reads = held(origin, '/api/items')
  origin.on('/api/items/1', (_request, response) => void response.writeHead(204).end())
  const page = await open()
  const early = read(page, '/api/items')
  await expect.poll(() => reads.length).toBe(1)
  await post(page, '/api/items/1', 'PUT')
  const late = read(page, '/api/items')
  await expect.poll(() => reads.length).toBe(2)
  reads[1]?.('{"after":true}')
  expect((await late).text).toBe('{"after":true}')
  // The one from before is answered last, and must not replace what came after it.
  reads[0]?.('{"before":true}')
  expect((await early).text).toBe('{"before":true}')
  expect((await read(page, '/api/items')).text).toBe('{"after":true}')
  expect(reads).toHaveLength(2)
})

test('while a write is under way, reads of what it touches come from the network and are not kept as fresh', async ({
  origin,
  open,
}) => {
  let value = 1
  origin.json('/api/items', () => ({ value }))
  const page = await open()
  await read(page, '/api/items')
  let answer = (): void => undefined
  origin.on('/api/items/1', (_request, response) => {
    answer = () => void response.writeHead(204).end()
  })
  const writing = post(page, '/api/items/1', 'PUT')
  await expect.poll(() => origin.of('/api/items/1').length).toBe(1)
  expect((await read(page, '/api/items')).headers['cache-status']).toContain('fwd=stale')
  value = 2
  answer()
  expect(await writing).toBe(204)
  expect((await read(page, '/api/items')).text).toBe('{"value":2}')
})

test('a write in one tab is seen by the next read in another, which is told', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/items', () => ({ value }))
  origin.on('/api/items/1', (_request, response) => {
    value = 2
    response.writeHead(204).end()
  })
  const [writer, reader] = [await open('/a'), await open('/b')]
  await read(reader, '/api/items')
  await post(writer, '/api/items/1', 'PUT')
  expect((await read(reader, '/api/items')).text).toBe('{"value":2}')
  await expect
    .poll(() => reader.evaluate(() => window.heard.filter(({ kind }) => kind === 'invalidated')))
    .toEqual([
      { kind: 'invalidated', urls: [`${origin.url}/api/items/1`], tags: ['items'], all: false, cause: 'write' },
    ])
})

test('the browser’s own cache does not answer after a write, though the list was storable for it', async ({
  origin,
  open,
}) => {
  let value = 1
  origin.json('/api/items', () => ({ value }), { 'cache-control': 'max-age=300' })
  origin.on('/api/items/1', (_request, response) => {
    value = 2
    response.writeHead(204).end()
  })
  const page = await open()
  await read(page, '/api/items')
  // Evicted from us: only the browser's cache could still have it.
  expect(await page.evaluate(() => window.layer.remove({ all: true }))).toBe(1)
  await post(page, '/api/items/1', 'PUT')
  expect((await read(page, '/api/items')).text).toBe('{"value":2}')
  expect(origin.of('/api/items')).toHaveLength(2)
})

/** Opens a page with a worker of its own: as during an update, two workers are alive on the same data. */
async function openBesideAnother(open: (path: string) => Promise<Page>): Promise<Page> {
  const page = await open('/sub/')
  await page.waitForFunction(() => navigator.serviceWorker.controller?.scriptURL.endsWith('?sub'))
  return page
}

test('two workers alive: what the old one still holds back is not stored as fresh after a write through the new one', async ({
  origin,
  open,
}) => {
  const reads = held(origin, '/api/items')
  origin.on('/api/items/1', (_request, response) => void response.writeHead(204).end())
  const old = await open()
  const early = read(old, '/api/items')
  await expect.poll(() => reads.length).toBe(1)
  const page = await openBesideAnother(open)
  await post(page, '/api/items/1', 'PUT')
  reads[0]?.('{"before":true}')
  expect((await early).text).toBe('{"before":true}')
  const late = read(page, '/api/items')
  await expect.poll(() => reads.length).toBe(2)
  reads[1]?.('{"after":true}')
  expect((await late).text).toBe('{"after":true}')
  expect((await read(old, '/api/items')).text).toBe('{"after":true}')
})

test('two workers alive: a write through one is seen by the next read through the other', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/items', () => ({ value }))
  origin.on('/api/items/1', (_request, response) => {
    value++
    response.writeHead(204).end()
  })
  const one = await open()
  const other = await openBesideAnother(open)
  for (const [writer, reader] of [
    [one, other],
    [other, one],
    [one, other],
  ] as const) {
    expect((await read(reader, '/api/items')).text).toBe(JSON.stringify({ value }))
    expect((await read(writer, '/api/items')).text).toBe(JSON.stringify({ value }))
    await post(writer, '/api/items/1', 'PUT')
    expect((await read(reader, '/api/items')).text).toBe(JSON.stringify({ value }))
  }
})

test('two workers alive: a write through one is seen through the other before the disk knows that it has ended', async ({
  origin,
  open,
}) => {
  let value = 1
  origin.json('/api/items', () => ({ value }))
  const writes = held(origin, '/api/items/1')
  const one = await open()
  const other = await openBesideAnother(open)
  for (const page of [one, other]) expect((await read(page, '/api/items')).text).toBe('{"value":1}')
  const written = post(one, '/api/items/1', 'PUT')
  await expect.poll(() => writes.length).toBe(1)
  const release = await holdDatabase(one)
  value = 2
  writes[0]?.('{}')
  await written
  expect((await read(other, '/api/items')).text).toBe('{"value":2}')
  await release()
})

test('a write whose worker was stopped before the answer leaves nothing fresh behind that it touches', async ({
  origin,
  open,
}) => {
  origin.json('/api/items', () => ({ value: 1 }))
  origin.on('/api/items/1', () => undefined)
  const [reader, writer] = [await open('/a'), await open('/b')]
  await read(reader, '/api/items')
  expect((await read(reader, '/api/items')).headers['cache-status']).toContain('; hit')
  // The page does not wait for the write any more, else the browser would send it again to the next worker.
  await writer.evaluate(() => void fetch('/api/items/1', { method: 'PUT' }))
  await expect.poll(() => origin.of('/api/items/1').length).toBe(1)
  await writer.close()
  await stopWorkers(reader)
  expect((await read(reader, '/api/items')).headers['cache-status']).toContain('fwd=stale')
})

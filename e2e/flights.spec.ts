import { expect, read, stopWorkers, test } from './support/test.ts'

test('on a network that does not answer, each read of a URL waits once, and one request is sent for all', async ({
  origin,
  open,
}) => {
  origin.json('/api/slow/1', () => ({ value: 1 }))
  const page = await open()
  await read(page, '/api/slow/1')
  await expect
    .poll(() => page.evaluate(() => window.layer.explain('/api/slow/1').then(({ state }) => state)))
    .toBe('offline')
  origin.on('/api/slow/1', () => undefined)
  const before = origin.of('/api/slow/1').length
  const all = await Promise.all(Array.from({ length: 6 }, () => read(page, '/api/slow/1')))
  for (const { text, headers } of all) {
    expect(text).toBe('{"value":1}')
    expect(headers['cache-status']).toContain('detail=timeout')
  }
  expect(origin.of('/api/slow/1').length - before).toBe(1)
})

test('reads of an answer that may not be stored run side by side from the second time on', async ({ origin, open }) => {
  const waiting: (() => void)[] = []
  origin.on('/api/always/1', (_request, response) => {
    waiting.push(() => response.writeHead(200, { 'cache-control': 'no-store' }).end('{}'))
  })
  const page = await open()
  const readAll = () => Promise.all([1, 2, 3].map(() => read(page, '/api/always/1')))
  const first = readAll()
  // The followers hear that they have to ask for themselves.
  await expect.poll(() => waiting.length).toBe(1)
  waiting[0]?.()
  await expect.poll(() => waiting.length).toBe(3)
  for (const answer of waiting.slice(1)) answer()
  await first
  const second = readAll()
  await expect.poll(() => waiting.length).toBe(6)
  for (const answer of waiting.slice(3)) answer()
  await second
})

test('a stream without an end is given up once its page has left it', async ({ origin, open }) => {
  let isOpen = false
  origin.on('/api/fresh/1', (_request, response) => {
    isOpen = true
    response.on('close', () => (isOpen = false))
    response.writeHead(200, { 'content-type': 'application/json' }).write('{')
  })
  const page = await open()
  await page.evaluate(async () => {
    const { body } = await fetch('/api/fresh/1')
    const reader = body?.getReader()
    await reader?.read()
    await reader?.cancel()
  })
  await expect.poll(() => isOpen, { timeout: 15_000 }).toBe(false)
})

test('an answer whose length is not said reaches page and store whole', async ({ origin, open }) => {
  const part = 'x'.repeat(70_000)
  origin.on('/api/fresh/1', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    for (let at = 0; at < 5; at++) response.write(part)
    response.end('end')
  })
  const page = await open()
  const whole = part.repeat(5) + 'end'
  expect((await read(page, '/api/fresh/1')).text === whole).toBe(true)
  await expect.poll(async () => (await read(page, '/api/fresh/1')).headers['cache-status']).toContain('hit')
  await stopWorkers(page)
  const stored = await read(page, '/api/fresh/1')
  expect(stored.headers['cache-status']).toContain('hit')
  expect(stored.text === whole).toBe(true)
})

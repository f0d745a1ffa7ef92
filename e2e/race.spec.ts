import { expect, read, stopWorkers, test } from './support/test.ts'

/** A worker that takes this long to start, each time: longer than the origin takes to answer. */
const SLOW_START = 'for (const end = Date.now() + 1500; Date.now() < end; );\n'

test('while the worker is stopped the network answers a rule with a race, and the worker answers all others', async ({
  origin,
  open,
}) => {
  origin.script = SLOW_START + origin.script
  for (const path of ['/api/raced/1', '/api/raced-files', '/api/raced-files/a/b', '/api/fresh/1']) {
    origin.json(path, () => ({ path }))
  }
  const page = await open()
  for (const [path, isRaced] of [
    ['/api/raced/1', true],
    ['/api/raced-files', true],
    ['/api/raced-files/a/b', true],
    ['/api/fresh/1', false],
  ] as const) {
    const running = await read(page, path)
    expect(running.headers, `${path}, worker running`).toHaveProperty('cache-status')
    await stopWorkers(page)
    const { text, headers } = await read(page, path)
    expect(JSON.parse(text)).toEqual({ path })
    expect('cache-status' in headers, `${path}, worker stopped`).toBe(!isRaced)
    // The worker was started all the same, and keeps what it gets.
    await expect.poll(async () => (await read(page, path)).headers).toHaveProperty('cache-status')
  }
})

test('where the origin is away a race is won by the worker, with what is stored', async ({ origin, open }) => {
  origin.json('/api/raced/1', () => ({ id: 1 }))
  const page = await open()
  // Storing goes on behind the answer: a worker that is stopped before has nothing.
  await expect
    .poll(async () => (await read(page, '/api/raced/1')).headers['cache-status'], { timeout: 10_000 })
    .toContain('hit')
  await origin.stop()
  await stopWorkers(page)
  const { text, headers } = await read(page, '/api/raced/1')
  expect(JSON.parse(text)).toEqual({ id: 1 })
  expect(headers).toHaveProperty('cache-status')
})

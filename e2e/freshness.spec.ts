import { expect, read, stopWorkers, test } from './support/test.ts'

test('a fresh answer is served without a request, also by a worker that has just started', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ value: 1 }))
  const page = await open()
  const first = await read(page, '/api/fresh/1')
  expect(first.headers['cache-status']).toBe('Freshlayer; fwd=uri-miss; fwd-status=200; stored')
  const second = await read(page, '/api/fresh/1')
  expect(second.text).toBe('{"value":1}')
  expect(second.headers['cache-status']).toMatch(/^Freshlayer; hit; ttl=\d+; detail=rule$/)
  await stopWorkers(page)
  expect((await read(page, '/api/fresh/1')).headers['cache-status']).toMatch(/^Freshlayer; hit/)
  expect(origin.of('/api/fresh/1')).toHaveLength(1)
})

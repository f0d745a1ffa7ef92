import { afterEach, beforeEach, expect, it, vi } from 'vitest'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { Bodies } = await import('./bodies.ts')

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('a body that cannot be removed keeps nobody waiting for more than a second', async () => {
  vi.stubGlobal('caches', { open: () => Promise.resolve({ delete: () => new Promise(() => undefined) }) })
  const removed = vi.fn()
  void new Bodies().remove([{ body: { url: 'https://app.test/__freshlayer/1' } }]).then(removed)
  await vi.advanceTimersByTimeAsync(1000)
  expect(removed).toHaveBeenCalled()
})

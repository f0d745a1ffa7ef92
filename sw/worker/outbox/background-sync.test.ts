import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { OUTBOX_TAG } from '../../../config/names.ts'
import { CONFIG, outboxWorker, pages } from './outbox.fixture.ts'

let listeners: ((event: unknown) => void)[]
let register: ReturnType<typeof vi.fn<(tag: string) => Promise<void>>>
beforeEach(() => {
  listeners = []
  register = vi.fn(() => Promise.resolve())
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
  vi.stubGlobal('registration', { scope: 'https://app.test/', sync: { register } })
  vi.stubGlobal('addEventListener', (type: string, listener: (event: unknown) => void) => {
    if (type === 'sync') listeners.push(listener)
  })
  pages.clear()
  pages.add('a tab')
})
afterEach(() => {
  vi.useRealTimers()
  // What it plans would reach the backend of the next test.
  stop()
})
let stop = (): unknown => undefined

/** An outbox with writes that were made while the origin was away; the tab is closed, and the origin is there. */
async function waiting(count: number, given: Parameters<typeof outboxWorker>[0] = {}) {
  const worker = await listening(given)
  worker.backend.isAway = true
  for (let at = 0; at < count; at++) await worker.write('POST', '/api/products', { name: `tea ${at}` })
  await worker.rest()
  worker.backend.isAway = false
  pages.clear()
  return worker
}

/** The browser fires the event. What it waits for; undefined: nothing. */
function fire(tag = OUTBOX_TAG): Promise<unknown> | undefined {
  let waited: Promise<unknown> | undefined
  for (const listener of listeners) listener({ tag, waitUntil: (work: Promise<unknown>) => (waited = work) })
  return waited
}

const COOKIE = {
  partitionOf: () => 'user/ada',
  partitionsOf: () => Promise.resolve(pages.size === 0 ? [] : ['user/ada']),
}

async function listening(given: Parameters<typeof outboxWorker>[0] = {}) {
  const worker = await outboxWorker(given)
  stop = worker.stop
  const activate = vi.fn(() => worker.outbox.activate())
  worker.outbox.listen(activate)
  return { ...worker, activate }
}

describe('the browser is asked to start the worker', () => {
  test('once for a thousand writes that wait, and again after its event', async () => {
    const { write, rest, backend } = await listening()
    backend.isAway = true
    for (let at = 1; at <= 1000; at++) await write('PUT', `/api/products/${at}`, { name: 'x' })
    await rest()
    expect(register.mock.calls).toEqual([[OUTBOX_TAG]])
    await expect(fire()).rejects.toThrow('left')
    await write('PUT', '/api/products/1', { name: 'y' })
    expect(register).toHaveBeenCalledTimes(2)
  })

  test('not for a write that the origin has answered', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
    const { write, rest } = await listening()
    expect((await write('POST', '/api/products', { name: 'x' })).status).toBe(201)
    await rest()
    expect(register).not.toHaveBeenCalled()
  })

  test('and what it refuses is asked again with the next write', async () => {
    register.mockRejectedValueOnce(new DOMException('no window', 'InvalidAccessError'))
    const { write, rest } = await listening()
    for (const name of ['x', 'y', 'z']) {
      expect((await write('POST', '/api/products', { name })).status).toBe(202)
      await rest()
    }
    expect(register).toHaveBeenCalledTimes(2)
  })

  test('nowhere but in browsers that can', async () => {
    vi.stubGlobal('registration', { scope: 'https://app.test/' })
    const { write } = await listening()
    expect((await write('POST', '/api/products', { name: 'x' })).status).toBe(202)
  })
})

describe('a sync event', () => {
  test('has all of the worker active, and sends what waits without a page', async () => {
    const { backend, activate, writes } = await waiting(300)
    await fire()
    expect(activate).toHaveBeenCalled()
    expect([...backend.products.values()]).toHaveLength(300)
    expect(await writes()).toEqual([])
  })

  test('of another tag is not the layer’s', async () => {
    const { backend } = await waiting(1)
    expect(fire('of the app')).toBeUndefined()
    expect(backend.received).toEqual([])
  })

  test('tries again at once what a network that is just back has failed', async () => {
    const { backend } = await waiting(1)
    backend.faults.push('cut')
    await fire()
    expect(backend.received).toHaveLength(2)
    expect(backend.products.size).toBe(1)
  })

  test('fails while the origin is away, after a few attempts: the browser comes again', async () => {
    const { backend, writes } = await waiting(1)
    backend.isAway = true
    await expect(fire()).rejects.toThrow('left')
    const [{ attempts } = { attempts: 0 }] = await writes()
    expect(attempts).toBeGreaterThan(1)
    expect(attempts).toBeLessThan(5)
    backend.isAway = false
    await fire()
    expect(backend.products.size).toBe(1)
  })

  test('sends nothing of a user whom a cookie names, and asks for no further one: that needs a page', async () => {
    const { backend } = await waiting(1, { identity: COOKIE })
    await fire()
    expect(backend.received).toEqual([])
    pages.add('a tab')
    await fire()
    expect(backend.received).toHaveLength(1)
  })

  test('that is refused with 401 pauses, and asks for no further one', async () => {
    const { backend, writes } = await waiting(2, {
      config: { ...CONFIG, outbox: { ...CONFIG.outbox, lanes: 1 } } as never,
    })
    backend.faults.push(401)
    await fire()
    expect(backend.received).toHaveLength(1)
    expect((await writes()).map(({ state }) => state.kind)).toEqual(['waiting', 'waiting'])
  })

  test('begins nothing that the browser would cut off, and has it come again', async () => {
    const { writes } = await waiting(200)
    let sent = 0
    vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
    vi.stubGlobal('fetch', () => {
      sent++
      vi.setSystemTime(Date.now() + 2000)
      return Promise.resolve(Response.json({ id: sent }, { status: 201 }))
    })
    await expect(fire()).rejects.toThrow('left')
    // 150 s of 2 s each, and what was under way by then.
    expect(sent).toBeLessThan(80)
    expect(await writes()).toHaveLength(200 - sent)
    // The browser comes again.
    let events = 0
    for (; (await writes()).length > 0 && events < 20; events++) await fire()?.catch(() => undefined)
    expect(events).toBeGreaterThan(1)
    expect(sent).toBe(200)
  })
})

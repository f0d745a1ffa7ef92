import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { envelope } from '../protocol.ts'
import { compileRules } from '../../config/language/index.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
vi.stubGlobal('navigator', { onLine: true })
vi.stubGlobal('BroadcastChannel', undefined)
vi.stubGlobal('IDBKeyRange', { bound: () => undefined })
vi.stubGlobal('registration', { scope: 'https://app.test/' })
vi.stubGlobal('caches', { keys: () => Promise.resolve([]) })
const listeners = new Map<string, (event: never) => void>()
vi.stubGlobal('addEventListener', (kind: string, listener: (event: never) => void) => listeners.set(kind, listener))
const { startKillable } = await import('./kill.ts')
const { everyone } = await import('./identity/everyone.ts')
const { precache } = await import('./lifecycle/precache.ts')

const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  said.mockClear()
})

const RULES = compileRules({
  version: '1',
  identity: 'none',
  kill: { url: '/freshlayer-kill.json' },
  routes: [{ match: '/api/**', fresh: '10m' }],
})

/** A database that opens, and answers nothing else. */
const hanging = {
  open() {
    const request = Object.assign(new EventTarget(), {
      result: Object.assign(new EventTarget(), {
        objectStoreNames: { contains: () => true },
        transaction: () => ({ abort: () => undefined, objectStore: () => ({ transaction: hanging, get: () => ({}) }) }),
      }),
    })
    queueMicrotask(() => request.dispatchEvent(new Event('success')))
    return request
  },
}

/** A database that cannot be opened. */
const failing = {
  open() {
    const request = Object.assign(new EventTarget(), { error: new Error('the browser gave no reason') })
    queueMicrotask(() => request.dispatchEvent(new Event('error')))
    return request
  },
}

/** What the page gets for a request, once it gets it. */
function ask(path: string): { response: Response | undefined } {
  const got: { response: Response | undefined } = { response: undefined }
  const event = {
    request: new Request(`https://app.test${path}`),
    clientId: 'a tab',
    waitUntil: () => undefined,
    respondWith: (answer: Promise<Response>) => void answer.then((response) => (got.response = response)),
  }
  listeners.get('fetch')?.(event as never)
  return got
}

it('a record that is not read in a second keeps no request waiting for longer, and none after it', async () => {
  vi.stubGlobal('indexedDB', hanging)
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('from the network')))
  startKillable(RULES, { identity: everyone })
  const first = ask('/api/1')
  await vi.advanceTimersByTimeAsync(999)
  expect(first.response).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect(await first.response?.text()).toBe('from the network')
  // The record is looked for again behind the answers.
  for (const path of ['/api/1', '/api/2']) {
    const next = ask(path)
    await vi.advanceTimersByTimeAsync(0)
    expect(await next.response?.text()).toBe('from the network')
  }
})

it('idle time after a kill makes no cache of files anew', async () => {
  class Client {
    readonly id = 'a tab'
  }
  vi.stubGlobal('Client', Client)
  vi.stubGlobal('indexedDB', failing)
  vi.stubGlobal('caches', { keys: () => Promise.resolve([]), delete: () => Promise.resolve(true) })
  const unregister = vi.fn(() => Promise.resolve(true))
  vi.stubGlobal('registration', { unregister, scope: 'https://app.test/' })
  vi.stubGlobal('clients', { matchAll: () => Promise.resolve([]) })
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ kill: true })))
  const tidy = vi.fn(() => Promise.resolve())
  startKillable(RULES, { identity: everyone, files: { ...precache([]), tidy } })
  const data = envelope({ ask: 'probe' })
  listeners.get('message')?.({ data, source: new Client(), ports: [], waitUntil: () => undefined } as never)
  void ask('/elsewhere')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(unregister).toHaveBeenCalled()
  expect(tidy).not.toHaveBeenCalled()
})

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { compileRules } from '../../../config/language/index.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('navigator', { onLine: true })
vi.stubGlobal('BroadcastChannel', undefined)
vi.stubGlobal('IDBKeyRange', { bound: () => undefined })
vi.stubGlobal('clients', { get: () => Promise.resolve() })
vi.spyOn(console, 'warn').mockImplementation(() => undefined)
const listeners = new Map<string, (event: never) => void>()
vi.stubGlobal('addEventListener', (kind: string, listener: (event: never) => void) => listeners.set(kind, listener))
const { start } = await import('../main.ts')
const { everyone } = await import('../identity/everyone.ts')

const RULES = compileRules({ version: '1', identity: 'none', routes: [{ match: '/api/**', fresh: '10m' }] })

/** What was removed. */
let removed: string[]
/** The requests of the network, by path. */
let asked: string[]
/** What the origin says to a request for the worker's script. */
let script: () => Promise<Response>

const says = (status: number, type: string) => (): Promise<Response> =>
  Promise.resolve(new Response('', { status, headers: { 'content-type': type } }))

beforeEach(() => {
  removed = []
  asked = []
  // A database that cannot be opened: nothing is stored, and the layer answers all the same.
  vi.stubGlobal('indexedDB', {
    open: () => {
      const request = Object.assign(new EventTarget(), { error: new Error('the browser gave no reason') })
      queueMicrotask(() => request.dispatchEvent(new Event('error')))
      return request
    },
    deleteDatabase: (name: string) => removed.push(name),
  })
  vi.stubGlobal('caches', {
    keys: () => Promise.resolve([]),
    delete: (name: string) => Promise.resolve(removed.push(name)),
  })
  vi.stubGlobal('fetch', (given: Request | string) => {
    const { pathname } = new URL(typeof given === 'string' ? given : given.url)
    asked.push(pathname)
    return pathname === '/sw.js' ? script() : says(200, 'application/json')()
  })
})

/** Starts a worker that is served by a host. */
function serve(host = 'localhost:3000', parts = {}): void {
  vi.stubGlobal('location', new URL(`http://${host}/sw.js`))
  const unregister = (): Promise<unknown> => Promise.resolve(removed.push('registration'))
  vi.stubGlobal('registration', { scope: `http://${host}/`, unregister })
  start(RULES, { identity: everyone, ...parts })
}

/** Whether a request is answered by the layer; undefined: it is not, and the browser asks the network. */
async function ask(path: string, mode = 'cors'): Promise<boolean | undefined> {
  let answer: Promise<Response> | undefined
  const request = Object.defineProperty(new Request(new URL(path, location.href)), 'mode', { value: mode })
  const event = {
    request,
    clientId: '',
    resultingClientId: '',
    waitUntil: () => undefined,
    respondWith: (given: Promise<Response>) => (answer = given),
  }
  listeners.get('fetch')?.(event as never)
  return answer?.then(({ headers }) => headers.has('cache-status'))
}

const GONE = ['freshlayer-cache-v1 /', 'freshlayer-precache-v1 /', 'registration']

describe('a worker on this machine', () => {
  it.each<[string, () => Promise<Response>, boolean]>([
    ['is gone where its script is', says(404, 'text/plain'), true],
    ['is gone where its script is for good', says(410, 'text/plain'), true],
    ['is gone where a page is served in place of its script', says(200, 'text/html; charset=utf-8'), true],
    ['stays where its script is served', says(200, 'text/javascript'), false],
    ['stays where its script is served by an older name', says(200, 'application/x-javascript'), false],
    ['stays where the server fails', says(500, 'text/html'), false],
    ['stays where the server wants a sign-in', says(401, 'text/html'), false],
    ['stays where the server is down, or redirects', () => Promise.reject(new TypeError('Failed to fetch')), false],
  ])('%s', async (_, said, isGone) => {
    script = said
    serve()
    // Asked before the look has ended: it waits, and is not answered by a worker that is gone.
    const answers = await Promise.all([ask('/', 'navigate'), ask('/api/1'), ask('/other')])
    expect(answers).toEqual([undefined, !isGone, undefined])
    await vi.waitFor(() => expect(removed).toEqual(isGone ? expect.arrayContaining(GONE) : []))
    expect(await ask('/api/2')).toBe(!isGone)
    expect(asked.filter((path) => path === '/sw.js')).toHaveLength(1)
  })

  it('looks at each page load, and for no other request', async () => {
    script = says(200, 'text/javascript')
    serve('127.0.0.1:8080')
    expect(await ask('/api/1')).toBe(true)
    expect(asked).toEqual(['/api/1'])
    for (const page of ['/', '/other']) {
      await ask(page, 'navigate')
      expect(await ask('/api/2')).toBe(true)
    }
    expect(asked.filter((path) => path === '/sw.js')).toHaveLength(2)
  })

  it('that has work of its own loses the layer alone', async () => {
    script = says(404, 'text/plain')
    serve('app.localhost', { reportConflicts: () => undefined })
    await ask('/', 'navigate')
    expect(await ask('/api/1')).toBe(false)
    await vi.waitFor(() => expect(removed).toContain('freshlayer-precache-v1 /'))
    expect(removed).not.toContain('registration')
  })
})

it('a worker in production never looks', async () => {
  script = says(404, 'text/plain')
  serve('app.test')
  expect(await ask('/', 'navigate')).toBeUndefined()
  expect(await ask('/api/1')).toBe(true)
  expect([asked, removed]).toEqual([['/api/1'], []])
})

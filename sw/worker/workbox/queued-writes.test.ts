import { beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { ask, origin, said, sent, textOf, written } from './workbox.fixture.ts'

const { registerRoute } = await import('workbox-routing')
const { configure, Freshlayer, outbox } = await import('./index.ts')

/** A machine with other work may be slow. */
const SOON = { timeout: 30_000 }

let isAway = false
const hooked: string[] = []
const hooks = {
  requestWillFetch: ({ request }: { request: Request }) => {
    const headers = new Headers(request.headers)
    headers.set('x-app', 'shop')
    return Promise.resolve(new Request(request, { headers }))
  },
  fetchDidSucceed: ({ request, response }: { request: Request; response: Response }) => {
    hooked.push(`${request.method} ${new URL(request.url).pathname}`)
    return Promise.resolve(response)
  },
}

const token = {
  requestWillFetch: ({ request }: { request: Request }) => {
    const headers = new Headers(request.headers)
    headers.set('authorization', 'Bearer a')
    return Promise.resolve(new Request(request, { headers }))
  },
}

beforeEach(() => {
  isAway = false
  sent.length = hooked.length = 0
  origin.respond = ({ method }) => {
    if (isAway) throw new TypeError('Failed to fetch')
    return method === 'GET' ? Response.json([{ id: 1, name: 'tea' }]) : Response.json({ id: 7 }, { status: 201 })
  }
})

beforeAll(() => {
  configure(
    {
      version: '1',
      identity: 'none',
      writes: [
        { match: 'POST /api/items', invalidates: ['items'], offline: 'queue', idempotent: true },
        { match: 'POST /api/orders', offline: 'queue', idempotent: true },
        { match: 'POST /api/notes', invalidates: ['notes'], offline: 'queue', idempotent: true },
      ],
      outbox: { firstWait: '100ms', longestWait: '200ms' },
    },
    { outbox },
  )
  registerRoute(/\/api\/(items|notes)$/, new Freshlayer({ fresh: '5m', offline: '7d', tags: ['{1}'], retry: 0 }))
  registerRoute(/\/api\/notes$/, new Freshlayer({ plugins: [hooks] }), 'POST')
  registerRoute(/\/api\/orders$/, new Freshlayer({ plugins: [token] }), 'POST')
})

const writes = (): Request[] => sent.filter(({ method }) => method === 'POST')
const keyOf = ({ headers }: Request): string | null => headers.get('idempotency-key')

it('a write without a route is queued while the origin is away, is shown in reads, and is sent once when it is back', async () => {
  expect(await textOf('/api/items')).toContain('tea')
  isAway = true
  const queued = await ask('/api/items', written('POST', { name: 'milk' }))
  expect([queued?.status, queued?.headers.get('freshlayer-outbox')]).toEqual([202, expect.stringMatching(/^\d+/)])
  expect(await textOf('/api/items')).toContain('milk')
  isAway = false
  const tried = writes().length
  await vi.waitFor(() => expect(writes().length).toBeGreaterThan(tried), SOON)
  expect(new Set(writes().map(keyOf))).toEqual(new Set([keyOf(writes()[0]!)]))
  expect(keyOf(writes()[0]!)).not.toBeNull()
})

it('a write by a strategy is queued, and sent by its plugins, also later', async () => {
  isAway = true
  expect((await ask('/api/notes', written('POST', { name: 'a note' })))?.status).toBe(202)
  isAway = false
  await vi.waitFor(() => expect(hooked).toEqual(['POST /api/notes']), SOON)
  expect(writes().map(({ headers }) => headers.get('x-app'))).toEqual(writes().map(() => 'shop'))
})

it('the console says nothing of it', () => {
  // There is no BroadcastChannel here.
  expect(said.mock.calls.map(([line]) => String(line)).filter((line) => !line.includes('tabs cannot be told'))).toEqual(
    [],
  )
})

it('a plugin that changes the token does not make an answer out of a page that stands in for it (I4)', async () => {
  origin.respond = () =>
    Object.defineProperties(Response.json({ signedIn: false }), {
      redirected: { value: true },
      url: { value: 'https://portal.test/' },
    })
  await ask('/api/orders', written('POST', { name: 'an order' }))
  origin.respond = () => Response.json({ id: 8 }, { status: 201 })
  const tried = writes().length
  await vi.waitFor(() => expect(writes().length).toBeGreaterThan(tried), SOON)
})

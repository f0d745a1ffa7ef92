import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { compileRules, matcherOf, type WriteMatch } from '../../../config/language/index.ts'
import { lineOf } from '../../fetch/matching.ts'
import { CONFIG, outboxWorker } from './outbox.fixture.ts'

/** What is used of Node's server. Tests of the worker know no types of Node. */
interface ServerRequest {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string | undefined>
  resume(): { on(event: 'end', then: () => void): void }
}
interface ServerResponse {
  writeHead(status: number, fields?: Record<string, string>): { end(text?: string): void }
}
interface Server {
  listen(port: number, host: string, then: () => void): void
  address(): { readonly port: number }
  close(then: (error?: Error) => void): void
  closeAllConnections(): void
}
const NODE_HTTP: string = 'node:http'
const { createServer } = (await import(NODE_HTTP)) as {
  createServer: (answer: (request: ServerRequest, response: ServerResponse) => void) => Server
}

/** Follows redirects as browsers do. */
const realFetch = fetch

/** What the origin does with a request, by its line; undefined: 404. */
const origin: Record<string, (response: ServerResponse) => void> = {}
const received: { line: string; fields: ServerRequest['headers'] }[] = []
const server = createServer((request, response) => {
  const line = `${request.method} ${request.url}`
  received.push({ line, fields: request.headers })
  request.resume().on('end', () => (origin[line] ?? ((each) => each.writeHead(404).end()))(response))
})

beforeEach(async () => {
  for (const line of Object.keys(origin)) delete origin[line]
  received.length = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
})
afterEach(async () => {
  vi.stubGlobal('location', new URL('https://app.test/sw.js'))
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const to =
  (location: string, status = 303) =>
  (response: ServerResponse) =>
    response.writeHead(status, { location }).end()
const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json', etag: '"other"' }).end(JSON.stringify(value))
const html = (response: ServerResponse): void =>
  response.writeHead(200, { 'content-type': 'text/html' }).end('<form>Sign in</form>')

/** A worker of a page at the server's origin. */
async function pageAtServer() {
  const home = `http://127.0.0.1:${server.address().port}`
  vi.stubGlobal('location', new URL('/sw.js', home))
  // A write is not tried again by itself in a test.
  const config = { ...CONFIG, outbox: { firstWait: '1h', longestWait: '1h' } } as const
  const worker = await outboxWorker({ config })
  vi.stubGlobal('fetch', realFetch)
  const match = matcherOf(compileRules(config))
  return {
    ...worker,
    home,
    send: async (method: string, path: string, given: RequestInit = {}) => {
      const headers = { 'content-type': 'application/json', accept: 'application/json', ...given.headers }
      const body = method === 'DELETE' ? undefined : JSON.stringify({ name: 'tea' })
      const request = new Request(home + path, { method, ...(body !== undefined && { body }), ...given, headers })
      return worker.outbox.answer(request, match(lineOf(request)) as WriteMatch, 'a tab', (work) =>
        worker.behind.push(work),
      )
    },
  }
}

describe('a write that is redirected', () => {
  test('to the new item was performed: its page reads the item, and later writes have the id', async () => {
    const { send, rest, writes } = await pageAtServer()
    origin['POST /api/products'] = to('/api/products/7')
    origin['GET /api/products/7'] = json({ id: 7, name: 'tea' })
    const answer = await send('POST', '/api/products')
    expect(answer.redirected).toBe(true)
    expect(await answer.json()).toEqual({ id: 7, name: 'tea' })
    await rest()
    expect(await writes()).toEqual([])
    expect(received.map(({ line }) => line)).toEqual(['POST /api/products', 'GET /api/products/7'])
  })

  test('once its page has heard that it is queued: what goes on with the temporary id finds the item', async () => {
    const { send, rest, writes, outbox } = await pageAtServer()
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
    origin['POST /api/products'] = to('/api/products/7')
    origin['GET /api/products/7'] = json({ id: 7, name: 'tea' })
    origin['PUT /api/products/7'] = json({ id: 7, name: 'tea' })
    const { id } = (await (await send('POST', '/api/products')).json()) as { id: string }
    await rest()
    await send('PUT', `/api/products/${id}`)
    await rest()
    await outbox.drain(true)
    expect(await writes()).toEqual([])
    expect(received.at(-1)?.line).toBe('PUT /api/products/7')
  })

  test.each([
    ['from a row to its list', 'DELETE', '/api/products/7', '/api/products', json([{ id: 8 }])],
    ['from a row to itself', 'PUT', '/api/products/7', '/api/products/7?shown=1', json({ id: 7 })],
  ])('%s was performed', async (_, method, path, location, given) => {
    const { send, rest, writes } = await pageAtServer()
    origin[`${method} ${path}`] = to(location)
    origin[`GET ${location}`] = given
    await send(method, path)
    await rest()
    expect(await writes()).toEqual([])
  })

  test('that was redirected to a list has not its tag: the next write of the row is not refused', async () => {
    const { send, rest } = await pageAtServer()
    origin['PUT /api/products/7'] = to('/api/products')
    origin['GET /api/products'] = json([{ id: 7 }])
    await send('PUT', '/api/products/7')
    await rest()
    await send('PUT', '/api/products/7')
    await rest()
    expect(received.filter(({ line }) => line.startsWith('PUT')).map(({ fields }) => fields['if-match'])).toEqual([
      undefined,
      undefined,
    ])
  })

  test.each([
    ['a sign-in page', '/login', html],
    ['a sign-in page below it', '/api/products/login', html],
    ['the session as JSON', '/api/session', json({ id: 5, user: null })],
    ['an item that cannot be read', '/api/products/7', json({}, 500)],
    ['an item that is not there yet', '/api/products/7', json({}, 404)],
    ['a sign-in that refuses', '/api/login', json({}, 401)],
    ['the start page', '/', json({ id: 1 })],
  ])('to %s is not acknowledged', async (_, location, given) => {
    const { send, rest, writes } = await pageAtServer()
    origin['POST /api/products'] = to(location)
    origin[`GET ${location}`] = given
    expect((await send('POST', '/api/products')).status).toBe(202)
    await rest()
    expect((await writes()).map(({ state, wasUnsure }) => [state.kind, wasUnsure])).toEqual([['waiting', true]])
  })

  test('with its method (307) and answered there was not performed where it was sent', async () => {
    const { send, rest, writes } = await pageAtServer()
    origin['POST /api/products'] = to('/elsewhere', 307)
    origin['POST /elsewhere'] = json({ id: 7 }, 201)
    expect((await send('POST', '/api/products')).status).toBe(202)
    await rest()
    expect(await writes()).toHaveLength(1)
  })

  test('of a page that follows none by itself: it gets the redirect, and nothing is kept', async () => {
    const { send, rest, writes } = await pageAtServer()
    origin['POST /api/products'] = to('/login')
    // Node shows what browsers hide.
    vi.stubGlobal('fetch', async (request: Request) => {
      const response = await realFetch(request)
      return response.status === 303
        ? Object.defineProperties(Response.error(), { type: { value: 'opaqueredirect' } })
        : response
    })
    expect((await send('POST', '/api/products', { redirect: 'manual' })).type).toBe('opaqueredirect')
    await rest()
    expect(await writes()).toEqual([])
    expect(received.map(({ line }) => line)).toEqual(['POST /api/products'])
  })
})

describe('options of a page’s request', () => {
  test('are those of the request that sends it later', async () => {
    const { send, rest, outbox, home, writes } = await pageAtServer()
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
    const requests: Request[] = []
    vi.stubGlobal('fetch', (request: Request) => {
      requests.push(request)
      return Promise.reject(new TypeError('Failed to fetch'))
    })
    await send('PUT', '/api/products/1', {
      redirect: 'error',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      mode: 'cors',
    })
    await send('PUT', '/api/products/2', { redirect: 'manual', mode: 'same-origin', keepalive: true })
    await rest()
    await outbox.drain(true)
    const sent = new Map(requests.map((each) => [each.url.replace(home, ''), each]))
    expect(sent.get('/api/products/1')).toMatchObject({
      redirect: 'error',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      mode: 'cors',
    })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 7_200_000 })
    vi.stubGlobal('fetch', (request: Request) => {
      requests.push(request)
      return Promise.resolve(Response.json({}))
    })
    await outbox.drain(true)
    expect(await writes()).toEqual([])
    // No page waits for it: what becomes of the write is seen where the redirect leads.
    expect(requests.findLast(({ url }) => url.endsWith('/2'))).toMatchObject({
      redirect: 'follow',
      mode: 'same-origin',
      keepalive: false,
    })
    vi.useRealTimers()
  })
})

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask, origin, said, sent, statusOf, textOf } from './workbox.fixture.ts'

const { registerRoute } = await import('workbox-routing')
const { NetworkOnly } = await import('workbox-strategies')
const { ExpirationPlugin } = await import('workbox-expiration')
const { configure, Freshlayer } = await import('./index.ts')
const { configuredRoutes } = await import('./configure.ts')

let answers = 0
beforeEach(() => {
  sent.length = 0
  origin.respond = () => new Response(`answer ${++answers}`, { headers: { 'content-type': 'text/plain' } })
})

describe('without configure', () => {
  it('a strategy cannot be made, and the error says what to call', () => {
    expect(() => new Freshlayer()).toThrow("call configure({ version: '1', identity: … }) before")
  })

  it('a wrong setting is refused with its place, and may be mended', () => {
    expect(() => configure({ version: '1', identity: 'nobody' as never })).toThrow(/identity/)
  })
})

/** The hooks that were called, in order. */
const called: string[] = []
const hooks = {
  handlerWillStart: async () => void called.push('handlerWillStart'),
  requestWillFetch: async ({ request }: { request: Request }) => (called.push('requestWillFetch'), request),
  fetchDidSucceed: async ({ response }: { response: Response }) => (called.push('fetchDidSucceed'), response),
  fetchDidFail: async () => void called.push('fetchDidFail'),
  handlerWillRespond: async ({ response }: { response: Response }) => (called.push('handlerWillRespond'), response),
  handlerDidRespond: async () => void called.push('handlerDidRespond'),
  handlerDidComplete: async () => void called.push('handlerDidComplete'),
  handlerDidError: async () => (called.push('handlerDidError'), new Response('from the plugin')),
}

describe('configured, among routes of Workbox', () => {
  beforeAll(() => {
    configure({
      version: '1',
      identity: 'none',
      writes: [
        { match: 'POST /api/sales', invalidates: ['products'] },
        { match: 'POST /api/orders', invalidates: [(answer) => [(answer as { tag: string }).tag]] },
        { match: 'POST /api/later', offline: 'queue', idempotent: true },
        { match: 'GET /api/products/leave', invalidates: ['stock:9'], session: 'sign-out' },
      ],
      budget: '1MB',
    })
    registerRoute(
      ({ url }) => url.pathname.startsWith('/api/products'),
      new Freshlayer({ fresh: '5m', tags: ['products'] }),
    )
    registerRoute(/\/api\/stock\/(\d+)$/, new Freshlayer({ fresh: '5m', tags: ['stock:{1}'] }))
    registerRoute(
      ({ url }) => /^\/api\/of\/(?<who>\w+)/.exec(url.pathname)?.groups ?? false,
      new Freshlayer({ fresh: '5m', tags: ['of:{who}'] }),
    )
    registerRoute(
      ({ url }) => url.pathname.startsWith('/api/hooked'),
      new Freshlayer({ fresh: '5m', retry: 0, plugins: [hooks] }),
    )
    registerRoute(({ url }) => url.pathname.startsWith('/api/hooked'), new Freshlayer({ plugins: [hooks] }), 'POST')
    registerRoute(({ url }) => url.pathname.startsWith('/api/queued'), new Freshlayer({ fresh: '5m' }))
    registerRoute(({ url }) => url.pathname.startsWith('/api/queued'), new NetworkOnly(), 'POST')
    registerRoute(
      ({ url }) => url.pathname === '/api/secret',
      new Freshlayer({
        fresh: '5m',
        plugins: [
          {
            requestWillFetch: ({ request }) =>
              Promise.resolve(
                new Request(request, {
                  headers: { ...Object.fromEntries(request.headers), authorization: 'Bearer a' },
                }),
              ),
          },
        ],
      }),
    )
    registerRoute(
      ({ url }) => url.pathname === '/graphql',
      new Freshlayer({ fresh: '5m', reads: 'graphql', plugins: [hooks] }),
      'POST',
    )
    registerRoute(
      ({ request }) => request.mode === 'cors' && new URL(request.url).pathname === '/other',
      new NetworkOnly(),
    )
  })

  it('a write that is to be queued goes straight through without the part for it, and the console says what to do', async () => {
    expect(said.mock.calls.flat().join(' ')).toContain('configure(settings, { outbox })')
    origin.respond = () => Promise.reject(new TypeError('Failed to fetch'))
    expect((await ask('/api/later', { method: 'POST', body: '{}', headers: JSON_TYPE }))?.type).toBe('error')
  })

  it('a read comes from the store the second time, and says so', async () => {
    const first = await ask('/api/products/1')
    expect(statusOf(first)).toMatch(/^Freshlayer; fwd=uri-miss/)
    const second = await ask('/api/products/1')
    expect(statusOf(second)).toMatch(/^Freshlayer; hit/)
    expect(await second!.text()).toBe(await first!.text())
    expect(sent).toHaveLength(1)
  })

  it('strategies share one engine: reads at once are one request', async () => {
    const texts = await Promise.all(Array.from({ length: 300 }, () => textOf('/api/products/burst')))
    expect(new Set(texts).size).toBe(1)
    expect(sent).toHaveLength(1)
  })

  it('a write that the settings name ends what its tags reach, though no route of the app has it', async () => {
    const before = await textOf('/api/products/2')
    expect(statusOf(await ask('/api/sales', { method: 'POST', body: '{}', headers: JSON_TYPE }))).toContain(
      'fwd=method',
    )
    expect(await textOf('/api/products/2')).not.toBe(before)
  })

  it('a function of the settings makes tags of a write’s answer', async () => {
    const before = await textOf('/api/products/3')
    origin.respond = ({ method }) => (method === 'POST' ? Response.json({ tag: 'products' }) : new Response('anew'))
    await ask('/api/orders', { method: 'POST', body: '{}', headers: JSON_TYPE })
    expect([before, await textOf('/api/products/3')]).toEqual([before, 'anew'])
  })

  it.each([
    ['/api/stock/7', '/api/stock/8'],
    ['/api/of/ada', '/api/of/grace'],
  ])('a write without a word of the settings ends the tags of its own path alone: %s', async (written, other) => {
    const [before, otherBefore] = [await textOf(written), await textOf(other)]
    await ask(written, { method: 'PUT', body: '{}', headers: JSON_TYPE })
    expect(await textOf(written)).not.toBe(before)
    expect(await textOf(other)).toBe(otherBefore)
  })

  it('a write to a URL that was never read ends the tags of the route that would read it', async () => {
    const before = await textOf('/api/products/9')
    await ask('/api/products/never-read', { method: 'DELETE' })
    expect(await textOf('/api/products/9')).not.toBe(before)
  })

  it('a link that the settings name as a write is one, though a strategy matches its URL (I3)', async () => {
    const before = await textOf('/api/stock/9')
    expect(statusOf(await ask('/api/products/leave'))).toContain('fwd=method')
    expect(await textOf('/api/stock/9')).not.toBe(before)
  })

  it('the same link is no read for what the worker asks by itself, such as what a page has read before it (I3)', () => {
    const line = { method: 'GET', origin: 'https://app.test', sameOrigin: true, search: '' }
    const { match } = configuredRoutes()
    expect(match({ ...line, pathname: '/api/products/leave' })?.kind).toBe('write')
    expect(match({ ...line, pathname: '/api/products/7' })?.kind).toBe('read')
  })

  it('what no route of the layer has stays the app’s, or the network’s', async () => {
    expect(statusOf(await ask('/other', { mode: 'cors' }))).toBe('none')
    expect(sent).toHaveLength(1)
    expect(await ask('/unknown')).toBeUndefined()
    expect(await ask('/unknown', { method: 'POST', body: '{}', headers: JSON_TYPE })).toBeUndefined()
  })

  it('hooks are called where Workbox calls them: at a miss those of the network, at a hit none of these', async () => {
    called.length = 0
    await ask('/api/hooked/1')
    const around = ['handlerWillRespond', 'handlerDidRespond', 'handlerDidComplete']
    expect(called).toEqual(['handlerWillStart', 'requestWillFetch', 'fetchDidSucceed', ...around])
    called.length = 0
    await ask('/api/hooked/1')
    expect(called).toEqual(['handlerWillStart', ...around])
  })

  it('a failure without a stored answer is the plugin’s to answer; with one the layer answers', async () => {
    called.length = 0
    origin.respond = () => Promise.reject(new TypeError('Failed to fetch'))
    expect(await textOf('/api/hooked/failing')).toBe('from the plugin')
    expect(called.filter((hook) => /Fail|Error/.test(hook))).toEqual(['fetchDidFail', 'handlerDidError'])
  })

  it('a write by a strategy of its own is sent by its plugins, once, and ends what its path reads', async () => {
    const before = await textOf('/api/hooked/2')
    called.length = 0
    sent.length = 0
    await ask('/api/hooked/2', { method: 'POST', body: '{}', headers: JSON_TYPE })
    expect(sent).toHaveLength(1)
    expect(called).toContain('requestWillFetch')
    expect(await textOf('/api/hooked/2')).not.toBe(before)
  })

  it('a write that another strategy of the app answers is sent once, and the console names it', async () => {
    await ask('/api/queued/1')
    said.mockClear()
    sent.length = 0
    await ask('/api/queued/1', { method: 'POST', body: '{}', headers: JSON_TYPE })
    expect(sent).toHaveLength(1)
    expect(said.mock.calls.flat().join(' ')).toContain('POST https://app.test/api/queued/1')
  })

  it('a GraphQL query is a read, and a mutation a write, by the plugins both (I1)', async () => {
    const asked = (query: string): RequestInit => ({
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ query }),
    })
    const first = await textOf('/graphql', asked('{ items { id } }'))
    expect(await textOf('/graphql', asked('{ items { id } }'))).toBe(first)
    called.length = 0
    expect(statusOf(await ask('/graphql', asked('mutation { buy }')))).toContain('fwd=method')
    expect(called).toContain('requestWillFetch')
    expect(await textOf('/graphql', asked('{ items { id } }'))).not.toBe(first)
  })

  it('an answer that a plugin has asked for as another user is never stored (I3)', async () => {
    const first = await textOf('/api/secret')
    const second = await ask('/api/secret')
    expect(statusOf(second)).toContain('detail=no-store')
    expect(await second!.text()).not.toBe(first)
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer a', 'Bearer a'])
  })

  it('never asks the browser’s own cache (I1)', async () => {
    await ask('/api/products/cache-mode')
    expect(sent[0]!.cache).toBe('no-store')
  })

  it.each([
    ['an unknown option', { fresh: '5m', cacheName: 'products' }, /cacheName/],
    ['a wrong duration', { fresh: '5mins' }, /Did you mean '5m'/],
    ['a cache mode', { fetchOptions: { cache: 'default' } }, /fetchOptions\.cache/],
    ['a plugin for Cache Storage', { plugins: [new ExpirationPlugin({ maxEntries: 5 })] }, /ExpirationPlugin.*budget/s],
  ])('%s is refused at once, and the error says what there is instead', (_, options, error) => {
    expect(() => new Freshlayer(options as never)).toThrow(error)
  })

  it('takes what the guide says to write', async () => {
    const { default: guide } = (await import(GUIDE)) as { default: string }
    const written = [...guide.matchAll(/new Freshlayer\((\{.*?\})\)/g)].map(([, options = '']) => options)
    expect(written.length).toBeGreaterThan(6)
    for (const options of written) {
      // oxlint-disable-next-line typescript/no-implied-eval -- the guide's own text
      const given = new Function('sync', `return ${options}`)({ fetchDidFail: () => Promise.resolve() }) as never
      expect(new Freshlayer(given).rule.name, options).not.toBe('')
    }
    const alone = [...guide.matchAll(/\| `(name|budget|ranges|ignoreQuery|preset|expects): ([^`]*)`/g)]
    for (const [text, option = '', value = ''] of alone) {
      expect(new Freshlayer({ [option]: JSON.parse(value.replaceAll("'", '"')) }).rule.name, text).not.toBe('')
    }
    expect(alone.length).toBeGreaterThan(3)
  })

  it('collections are refused, and the error says which way in has them', () => {
    const settings = {
      version: '1',
      identity: 'none',
      sync: { url: '/api/sync' },
      collections: { products: { list: '/api/products' } },
    }
    expect(() => configure(settings as never)).toThrow('attach(self, rules, { collections })')
  })

  it('is configured once', () => {
    expect(() => configure({ version: '1', identity: 'none' })).toThrow('once')
  })
})

const JSON_TYPE = { 'content-type': 'application/json' }

// Vite gives the text.
const GUIDE: string = '../../../docs/guide/workbox.md?raw'

// @vitest-environment happy-dom
import { act, Component, createElement as h, type ReactNode, Suspense } from 'react'
import { renderToString } from 'react-dom/server'
import { beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { type FakePage, settled } from '../page.fixture.ts'
import { cacheQuery, type CachedQuery, type QueryOptions, useCachedQuery, useRefresh } from './index.ts'
import {
  api,
  connected,
  hydrate,
  loadPage,
  page,
  pageForEachTest,
  place,
  said,
  show,
  text,
  unmount,
} from './page.fixture.ts'

vi.mock('../connect.ts', async () => (await import('./page.fixture.ts')).connecting)
pageForEachTest()

interface Product {
  readonly price: number
}

let query: CachedQuery<Product>
let rendered: number

const answer = (...given: Parameters<FakePage['answer']>): Promise<void> => act(() => page.answer(...given))
const change = (...given: Parameters<FakePage['change']>): Promise<void> => act(() => page.change(...given))

interface Props extends QueryOptions<Product> {
  readonly url: string | undefined
}

function Price({ url, ...options }: Props): ReactNode {
  rendered++
  query = useCachedQuery<Product>(url, options)
  const { data, isSyncing, error } = query
  return `${data?.price ?? 'none'}${isSyncing ? ' syncing' : ''}${error === undefined ? '' : ` ${error.name}`};`
}

function Waiting({ url, ...options }: Props & { readonly url: string }): ReactNode {
  return useCachedQuery<Product>(url, { ...options, suspense: true, enabled: true }).data.price
}

class Boundary extends Component<{ readonly children: ReactNode }, { readonly error?: Error | undefined }> {
  override state: { readonly error?: Error | undefined } = {}
  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error }
  }
  override render(): ReactNode {
    const { error } = this.state
    return error === undefined
      ? this.props.children
      : h('button', { onClick: () => this.setState({ error: undefined }) }, `failed: ${error.message}`)
  }
}

beforeEach(() => {
  rendered = 0
})

describe('useCachedQuery()', () => {
  it('shows the answer, by one request under StrictMode and for two components', async () => {
    await show([h(Price, { key: 1, url: '/api/products/1' }), h(Price, { key: 2, url: api('/api/products/1') })])
    expect(text()).toBe('none syncing;none syncing;')
    expect(page.asked).toHaveLength(1)
    await answer({ price: 10 })
    expect(text()).toBe('10;10;')
    expect(page.asked).toHaveLength(1)
    expect(query).toMatchObject({ isStale: false, isOffline: false, updatedAt: Date.now(), error: undefined })
    expect(said).toEqual([])
  })

  it('follows the changes of its URL, and keeps its data meanwhile', async () => {
    await show(h(Price, { url: '/api/products/1' }))
    await answer({ price: 10 })
    await change({ urls: [api('/api/products/1')] })
    expect(text()).toBe('10 syncing;')
    await answer({ price: 11 })
    expect(text()).toBe('11;')
  })

  it('is rendered anew twice for a change, and gives the same object for the same bytes', async () => {
    await show(h(Price, { url: '/api/products/1' }))
    await answer({ price: 10 })
    const { data, refresh } = query
    const before = rendered
    await change({ urls: [api('/api/products/1')] })
    await answer({ price: 10 })
    // StrictMode renders each time twice.
    expect(rendered - before).toBeLessThanOrEqual(4)
    expect(query.data).toBe(data)
    expect(query.refresh).toBe(refresh)
  })

  it('follows another URL, and shows nothing of the one before', async () => {
    await show(h(Price, { url: '/api/products/1' }))
    await answer({ price: 10 })
    await show(h(Price, { url: '/api/products/2' }))
    expect(text()).toBe('none syncing;')
    await answer({ price: 20 })
    expect(text()).toBe('20;')
    await change({ urls: [api('/api/products/1')] })
    expect(text()).toBe('20;')
    await show(h(Price, { url: '/api/products/2' }))
    expect(page.asked.map(({ url }) => url)).toEqual(['/api/products/1', '/api/products/2'])
  })

  it('an answer to the URL before comes too late', async () => {
    await show(h(Price, { url: '/api/products/1' }))
    const [first] = page.asked
    await show(h(Price, { url: '/api/products/2' }))
    await answer({ price: 20 })
    await act(async () => {
      first?.answer({ price: 10 })
      await settled()
    })
    expect(text()).toBe('20;')
  })

  it('gives up what it reads when it is gone', async () => {
    await show(h(Price, { url: '/api/products/1' }))
    await show(null)
    await vi.advanceTimersByTimeAsync(1)
    expect(page.asked[0]?.init.signal?.aborted).toBe(true)
    expect(said).toEqual([])
  })

  it.each<[string, Props]>([
    ['without a URL', { url: undefined }],
    ['that is not enabled', { url: '/api/products/1', enabled: false }],
  ])('reads nothing %s, and does once it has one', async (_, props) => {
    await show(h(Price, props))
    expect(text()).toBe('none;')
    await expect(query.refresh()).resolves.toBeUndefined()
    expect(page.asked).toEqual([])
    await show(h(Price, { url: '/api/products/1' }))
    await answer({ price: 10 })
    expect(text()).toBe('10;')
  })

  it('has the error beside what data there is, and recovers', async () => {
    await show(h(Price, { url: '/api/products/1' }))
    await answer({ title: 'busy' }, { status: 503 })
    expect(text()).toBe('none AnswerError;')
    await change({ kind: 'reset', all: true, cause: 'reset' })
    await answer({ price: 10 })
    expect(text()).toBe('10;')
    await change({ kind: 'reset', all: true, cause: 'reset' })
    await answer({ title: 'busy' }, { status: 503 })
    expect(text()).toBe('10 AnswerError;')
  })

  it('refresh() has the origin asked, and settles with its answer', async () => {
    await show(h(Price, { url: '/api/products/1' }))
    await answer({ price: 10 })
    const settledWith = vi.fn()
    await act(async () => void query.refresh().then(settledWith))
    expect(page.asked[1]?.init.cache).toBe('no-cache')
    expect(settledWith).not.toHaveBeenCalled()
    await answer({ price: 11 })
    expect(text()).toBe('11;')
    expect(settledWith).toHaveBeenCalledOnce()
  })

  it('makes of the body what `parse` says, once for each body', async () => {
    const parse = vi.fn((body: unknown): Product => ({ price: (body as Product).price * 2 }))
    await show(h(Price, { url: '/api/products/1', parse }))
    await answer({ price: 10 })
    expect(text()).toBe('20;')
    const calls = parse.mock.calls.length
    await show(h(Price, { url: '/api/products/1', parse }))
    expect(parse).toHaveBeenCalledTimes(calls)
    await show(h(Price, { url: '/api/products/1', parse: () => ({ price: 3 }) }))
    expect(text()).toBe('3;')
  })

  it('has as its error what `parse` throws', async () => {
    const parse = (): never => {
      throw new RangeError('no price')
    }
    await show(h(Price, { url: '/api/products/1', parse }))
    await answer({ price: 10 })
    expect(text()).toBe('none RangeError;')
  })

  it('is read by the function of the newest render', async () => {
    const by = (token: string) => ({
      url: '/api/products/1',
      fetch: (url: string, init: RequestInit) => fetch(url, { ...init, headers: { authorization: token } }),
    })
    await show(h(Price, by('one')))
    await answer({ price: 10 })
    await show(h(Price, by('two')))
    expect(page.asked).toHaveLength(1)
    await change({ urls: [api('/api/products/1')] })
    expect(page.asked.map(({ init }) => init.headers)).toEqual([{ authorization: 'one' }, { authorization: 'two' }])
  })

  it('says where no layer is connected', async () => {
    connected.layer = undefined
    await show(h(Boundary, null, h(Price, { url: '/api/products/1' })))
    expect(text()).toBe(
      'failed: freshlayer: useCachedQuery() needs a layer: call connect() before, where the app starts',
    )
  })
})

describe('with suspense', () => {
  const tree = (url = '/api/products/1'): ReactNode =>
    h(Boundary, null, h(Suspense, { fallback: 'waiting' }, h(Waiting, { url })))

  it('waits for the data, by one request', async () => {
    await show(tree())
    expect(text()).toBe('waiting')
    await answer({ price: 10 })
    expect(text()).toBe('10')
    expect(page.asked).toHaveLength(1)
    await change({ urls: [api('/api/products/1')] })
    expect(text()).toBe('10')
    await answer({ price: 11 })
    expect(text()).toBe('11')
    expect(page.asked).toHaveLength(2)
  })

  it('does not wait where the data was read before', async () => {
    const reading = cacheQuery('/api/products/1')
    await settled()
    await page.answer({ price: 10 })
    await reading
    await show(tree())
    expect(text()).toBe('10')
    expect(page.asked).toHaveLength(1)
  })

  it('shows a body of which `parse` makes nothing: it waits for the body alone', async () => {
    const parse = (): undefined => undefined
    const Empty = (): ReactNode =>
      String(useCachedQuery('/api/products/1', { parse, suspense: true }).data ?? 'nothing of it')
    await show(h(Suspense, { fallback: 'waiting' }, h(Empty)))
    await answer({ price: 10 })
    expect(text()).toBe('nothing of it')
  })

  it('hands an error to its boundary, and reads again when that is tried again', async () => {
    await show(tree())
    await answer({ title: 'busy' }, { status: 503 })
    expect(text()).toBe('failed: /api/products/1 was answered with 503')
    await vi.advanceTimersByTimeAsync(3000)
    await act(async () => place.querySelector('button')?.click())
    expect(text()).toBe('waiting')
    await answer({ price: 10 })
    expect(text()).toBe('10')
  })
})

describe('useRefresh()', () => {
  function Button(): ReactNode {
    const { refresh, isFetching } = useRefresh()
    return h('button', { onClick: () => void refresh() }, isFetching ? 'busy' : 'idle')
  }

  it('asks about all that the page shows, and says that it is under way', async () => {
    const asked = vi.fn(() => Promise.reject(new Error('no worker answers')))
    Object.assign(page.layer, { refresh: asked })
    await show(h(Button))
    await act(async () => place.querySelector('button')?.click())
    expect(asked).toHaveBeenCalledExactlyOnceWith()
    await act(async () => page.set({ isFetching: true }))
    expect(text()).toBe('busy')
    await act(async () => page.set({ isFetching: false }))
    expect(text()).toBe('idle')
  })

  it('does nothing where no layer is connected', async () => {
    connected.layer = undefined
    await show(h(Button))
    await act(async () => place.querySelector('button')?.click())
    expect(text()).toBe('idle')
    expect(said).toEqual([])
  })
})

describe('on a server', () => {
  const node = h('p', null, h(Price, { url: '/api/products/1' }))

  it('nothing is read, and the page takes over what it has rendered without a warning', async () => {
    vi.stubGlobal('document', undefined)
    connected.layer = undefined
    const html = renderToString(node)
    vi.unstubAllGlobals()
    vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
    loadPage()
    expect(html).toBe('<p>none syncing;</p>')
    expect(page.asked).toEqual([])
    await unmount()
    place.innerHTML = html
    const reading = cacheQuery('/api/products/1')
    await page.answer({ price: 10 })
    await reading
    await hydrate(node)
    expect(text()).toBe('10;')
    expect(said).toEqual([])
    expect(page.asked).toHaveLength(1)
  })

  it('a component that waits has its fallback rendered', () => {
    vi.stubGlobal('document', undefined)
    expect(renderToString(h(Suspense, { fallback: 'waiting' }, h(Waiting, { url: '/a' })))).toContain('waiting')
    expect(page.asked).toEqual([])
  })

  it('cacheQuery() says that it reads in a page', async () => {
    vi.stubGlobal('document', undefined)
    await expect(cacheQuery('/api/products/1')).rejects.toThrow('reads in a page')
  })
})

describe('cacheQuery()', () => {
  it('gives what `parse` makes of the body, and shares the request of a component', async () => {
    await show(h(Price, { url: '/api/products/1' }))
    const price = cacheQuery('/api/products/1', { parse: (body) => (body as Product).price })
    await answer({ price: 10 })
    expect(await price).toBe(10)
    expect(page.asked).toHaveLength(1)
  })

  it('rejects with the error of the origin, or of the network', async () => {
    const one = cacheQuery('/api/products/1').catch((error: unknown) => error)
    await page.answer('no', { status: 404, type: 'text/plain' })
    expect(await one).toMatchObject({ name: 'AnswerError', status: 404, body: 'no' })
    const other = cacheQuery('/api/products/2').catch((error: unknown) => error)
    page.asked.at(-1)?.fail()
    expect(await other).toBeInstanceOf(TypeError)
  })

  it('goes on when the component that shows it as well is gone', async () => {
    await show(h(Price, { url: '/api/products/1' }))
    const reading = cacheQuery<Product>('/api/products/1')
    await show(null)
    await vi.advanceTimersByTimeAsync(1)
    await answer({ price: 10 })
    expect(await reading).toEqual({ price: 10 })
  })
})

it('types: data is unknown, what the app says, or what `parse` gives', () => {
  // Compiled, and never called.
  const typed = (url: string): unknown[] => {
    const parse = (body: unknown): Product => body as Product
    const unknownData = useCachedQuery(url)
    expectTypeOf(unknownData.data).toBeUnknown()
    expectTypeOf(useCachedQuery<Product>(url).data).toEqualTypeOf<Product | undefined>()
    expectTypeOf(useCachedQuery(url, { parse }).data).toEqualTypeOf<Product | undefined>()
    expectTypeOf(useCachedQuery(url, { parse, suspense: true }).data).toEqualTypeOf<Product>()
    expectTypeOf(useCachedQuery(url, { parse, suspense: true, enabled: Math.random() > 1 }).data).toEqualTypeOf<
      Product | undefined
    >()
    expectTypeOf(useCachedQuery(url || undefined, { parse }).data).toEqualTypeOf<Product | undefined>()
    expectTypeOf(cacheQuery(url)).toEqualTypeOf<Promise<unknown>>()
    expectTypeOf(cacheQuery(url, { parse })).toEqualTypeOf<Promise<Product>>()
    return [
      // @ts-expect-error a number is no URL
      useCachedQuery(7),
      // @ts-expect-error no such option
      useCachedQuery(url, { select: parse }),
      // @ts-expect-error there may be no data yet
      useCachedQuery<Product>(url).data.price,
    ]
  }
  expect(typed).toBeTypeOf('function')
})

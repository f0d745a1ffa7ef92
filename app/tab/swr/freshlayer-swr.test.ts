// @vitest-environment happy-dom
import { act, createElement as h, type ReactNode, StrictMode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import useSWR, { SWRConfig } from 'swr'
import useSWRInfinite from 'swr/infinite'
import useSWRMutation from 'swr/mutation'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakePage } from '../page.fixture.ts'
import { freshlayerSwr, type SwrOptions } from './index.ts'

interface Product {
  readonly price: number
}

let page: FakePage
let place: HTMLElement
let root: Root
let config: ReturnType<typeof freshlayerSwr>
let cache: Map<string, object>

const api = (path: string): string => new URL(path, document.baseURI).href
const text = (): string => place.textContent ?? ''
const fetcher = async (url: string): Promise<unknown> => {
  const response = await fetch(url)
  if (!response.ok) throw new Error(String(response.status))
  return response.json()
}
const provider = (): never => cache as never
const show = (...nodes: readonly ReactNode[]): Promise<void> =>
  act(async () => root.render(h(StrictMode, null, h(SWRConfig, { value: { ...config, fetcher, provider } }, ...nodes))))
const change = (...given: Parameters<FakePage['change']>): Promise<void> => act(() => page.change(...given))
const asked = (): string[] => page.asked.map(({ url }) => url)
/** The requests from the `from`th on, each answered with the price. */
const answerAll = (from: number, price: number): Promise<void> =>
  act(async () => {
    for (const each of page.asked.slice(from)) each.answer({ price })
    await vi.advanceTimersByTimeAsync(1)
  })

function Price({ of }: { readonly of: string | null | (() => string) | readonly [string, number] }): ReactNode {
  const { data, error } = useSWR<Product, Error>(of)
  return `${data?.price ?? error?.message ?? 'none'};`
}

function Pages(): ReactNode {
  const { data } = useSWRInfinite<Product>((index: number) => `/api/products?page=${index + 1}`, { initialSize: 2 })
  return `${data?.map(({ price }) => price).join(' ') ?? 'none'};`
}

function use(options?: SwrOptions): void {
  config = freshlayerSwr(page.layer, options)
}

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  vi.useFakeTimers()
  page = new FakePage()
  cache = new Map()
  use()
  place = document.body.appendChild(document.createElement('main'))
  root = createRoot(place)
})
afterEach(async () => {
  await act(async () => root.unmount())
  place.remove()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a change', () => {
  it('revalidates the key of its URL, once for all its hooks, and no other', async () => {
    await show(
      h(Price, { of: '/api/products/1' }),
      h(Price, { of: '/api/products/1' }),
      h(Price, { of: '/api/stock/1' }),
    )
    await answerAll(0, 10)
    expect(asked()).toEqual(['/api/products/1', '/api/stock/1'])
    expect(text()).toBe('10;10;10;')
    await change({ urls: [api('/api/products/1')] })
    expect(asked().slice(2)).toEqual(['/api/products/1'])
    await answerAll(2, 11)
    expect(text()).toBe('11;11;10;')
  })

  it('revalidates the keys whose URLs have its tag', async () => {
    page.explain = (url) => ({ tags: url.includes('products') ? ['products'] : ['stock'] })
    await show(h(Price, { of: '/api/products/1' }), h(Price, { of: '/api/stock/1' }))
    await answerAll(0, 10)
    await change({ kind: 'invalidated', tags: ['stock'], cause: 'write' })
    expect(asked().slice(2)).toEqual(['/api/stock/1'])
  })

  it('revalidates keys that are functions and lists; a function whose key is not there yet waits', async () => {
    const notYet = (): string => {
      throw new Error('not yet')
    }
    await show(h(Price, { of: () => '/api/products/1' }), h(Price, { of: notYet }), h(Price, { of: null }))
    await answerAll(0, 10)
    await change({ kind: 'reset', all: true, cause: 'reset' })
    expect(asked()).toEqual(['/api/products/1', '/api/products/1'])
  })

  it('revalidates what the map says of keys that are no URLs', async () => {
    use({ urls: (key) => (Array.isArray(key) && key[0] === 'product' ? `/api/products/${String(key[1])}` : undefined) })
    await show(h(Price, { of: ['product', 1] }), h(Price, { of: ['other', 1] }), h(Price, { of: '/api/stock/1' }))
    await answerAll(0, 10)
    const before = page.asked.length
    await change({ urls: [api('/api/products/1')] })
    await change({ urls: [api('/api/stock/1')] })
    expect(page.asked).toHaveLength(before + 1)
  })

  it('that the map throws at harms no hook (I6)', async () => {
    vi.stubGlobal('reportError', vi.fn())
    use({
      urls: () => {
        throw new TypeError('of the app')
      },
    })
    await show(h(Price, { of: '/api/products/1' }))
    await answerAll(0, 10)
    await change({ kind: 'removed', urls: ['*'], all: true, cause: 'sign-out' })
    expect(text()).toBe('10;')
  })

  it('revalidates a list of pages where one of them has changed', async () => {
    await show(h(Pages))
    for (let pages = 0; pages < 4; pages++) await answerAll(0, 10)
    const before = page.asked.length
    expect(text()).toBe('10 10;')
    await change({ urls: [api('/api/products?page=2')] })
    for (let pages = before; pages < before + 2; pages++) await answerAll(pages, 11)
    expect(asked().slice(before)).toContain('/api/products?page=2')
    expect(text()).toBe('11 11;')
    await change({ urls: [api('/api/stock')] })
    expect(page.asked).toHaveLength(before + 2)
  })

  it('that tells of a first answer revalidates only what has no data', async () => {
    await show(h(Price, { of: '/api/products/1' }))
    await change({ kind: 'first', urls: [api('/api/products/1')] })
    expect(page.asked).toHaveLength(1)
    await answerAll(0, 10)
    await change({ kind: 'first', urls: [api('/api/products/1')] })
    expect(page.asked).toHaveLength(1)
  })

  it('that tells of a first answer revalidates what was asked for before the worker was there, once', async () => {
    page.set({ controlled: false })
    await show(h(Price, { of: '/api/products/1' }), h(Price, { of: '/api/stock/1' }), h(Pages))
    await answerAll(0, 10)
    await answerAll(3, 10)
    page.set({ controlled: true })
    await change({ kind: 'first', urls: [api('/api/products/1')] })
    expect(asked().slice(4)).toEqual(['/api/products/1'])
    await answerAll(4, 11)
    expect(text()).toBe('11;10;10 10;')
    await change({ kind: 'first', urls: [api('/api/products?page=2')] })
    await answerAll(5, 12)
    await answerAll(6, 12)
    expect(text()).toBe('11;10;12 12;')
    const before = page.asked.length
    await change({ kind: 'first', urls: [api('/api/products/1'), api('/api/products?page=2')] })
    expect(page.asked).toHaveLength(before)
  })

  it('that tells of a first answer revalidates what was asked for before the worker was there and is on its way', async () => {
    page.set({ controlled: false })
    await show(h(Price, { of: '/api/products/1' }))
    page.set({ controlled: true })
    await change({ kind: 'first', urls: [api('/api/products/1')] })
    await act(async () => {
      page.asked[0]?.answer({ price: 10 })
      page.asked[1]?.answer({ price: 11 })
      await vi.advanceTimersByTimeAsync(1)
    })
    expect(text()).toBe('11;')
  })

  it('of the user drops the data of the layer’s keys, shown or not, and no other', async () => {
    await show(h(Price, { of: '/api/products/1' }), h(Price, { of: '/api/stock/1' }))
    await answerAll(0, 10)
    cache.set('theme', { data: 'dark', _k: 'theme' })
    await show(h(Price, { of: '/api/products/1' }))
    await change({ kind: 'removed', urls: ['*'], all: true, cause: 'sign-out' })
    expect(text()).toBe('none;')
    expect(cache.get('/api/stock/1')).toMatchObject({ data: undefined })
    expect(cache.get('theme')).toMatchObject({ data: 'dark' })
    expect(asked().slice(2)).toEqual(['/api/products/1'])
  })

  it('of the user takes the data also from hooks that keep what they showed before (I3)', async () => {
    const keeping = (page: number): ReactNode =>
      h(SWRConfig, { value: { keepPreviousData: true } }, h(Price, { of: `/api/products?page=${page}` }))
    await show(keeping(1))
    await answerAll(0, 10)
    await show(keeping(2))
    expect(text()).toBe('10;')
    await change({ kind: 'removed', urls: ['*'], all: true, cause: 'sign-out' })
    expect(text()).toBe('none;')
    await answerAll(1, 20)
    expect(text()).toBe('20;')
    await show(keeping(3))
    expect(text()).toBe('20;')
    await change({ kind: 'removed', urls: ['*'], all: true, cause: 'sign-out' })
    expect(text()).toBe('none;')
    await show(keeping(4))
    expect(text()).toBe('none;')
  })

  it('reaches no hook that is gone, nor one that only writes', async () => {
    function Sell(): ReactNode {
      useSWRMutation('/api/sales', fetcher)
      return null
    }
    await show(h(Price, { of: '/api/products/1' }), h(Sell))
    await answerAll(0, 10)
    await show(h(Sell))
    await change({ kind: 'reset', all: true, cause: 'reset' })
    expect(page.asked).toHaveLength(1)
  })
})

describe('focus and reconnect', () => {
  it('revalidate nothing by SWR; what was out of sight for a while is read once', async () => {
    let isHidden = false
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => isHidden)
    const look = (hidden: boolean): Promise<void> =>
      act(async () => {
        isHidden = hidden
        document.dispatchEvent(new Event('visibilitychange'))
        if (!hidden) window.dispatchEvent(new Event('focus'))
        await vi.advanceTimersByTimeAsync(0)
      })
    await show(h(Price, { of: '/api/products/1' }))
    await answerAll(0, 10)
    await vi.advanceTimersByTimeAsync(10_000)
    await act(async () => {
      window.dispatchEvent(new Event('focus'))
      window.dispatchEvent(new Event('online'))
    })
    expect(page.asked).toHaveLength(1)
    await look(true)
    await change({ urls: [api('/api/products/1')] })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(page.asked).toHaveLength(1)
    await look(false)
    expect(page.asked).toHaveLength(2)
  })
})

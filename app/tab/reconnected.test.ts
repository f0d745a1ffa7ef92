// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, createElement as h, type ReactNode, StrictMode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import useSWR, { SWRConfig } from 'swr'
import { connect, connectedLayer } from './connect.ts'
import { observe } from './observe.ts'
import { FakePage } from './page.fixture.ts'
import { useCachedQuery, useRefresh, useSync } from './react/index.ts'
import type { SyncState } from './syncing.ts'
import { freshlayerSwr } from './swr/index.ts'
import { bindQueryClient } from './tanstack-query/index.ts'

let page: FakePage
let place: HTMLElement
let root: Root

/** As a page without a worker: all comes from the network, and the connection is the real one. */
beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  vi.spyOn(console, 'info').mockImplementation(() => undefined)
  page = new FakePage()
  place = document.body.appendChild(document.createElement('main'))
  root = createRoot(place)
})
afterEach(async () => {
  await act(async () => root.unmount())
  await vi.advanceTimersByTimeAsync(120_000)
  connectedLayer()?.close()
  place.remove()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const text = (): string => place.textContent ?? ''
const answer = (body: unknown): Promise<void> => act(() => page.answer(body))

function Price(): ReactNode {
  const { data, isSyncing } = useCachedQuery<{ price: number }>('/api/products/1')
  return `${data?.price ?? 'none'}${isSyncing ? ' syncing' : ''};`
}

const read = async (url: string): Promise<{ price: number }> => (await fetch(url)).json() as Promise<{ price: number }>

function QueryPrice(): ReactNode {
  const { data } = useQuery({ queryKey: ['price'], queryFn: () => read('/api/products/1') })
  return `${data?.price ?? 'none'};`
}

function SwrPrice(): ReactNode {
  return `${useSWR<{ price: number }>('/api/products/1').data?.price ?? 'none'};`
}

const render = (): Promise<void> => act(async () => root.render(h(StrictMode, null, h(Price))))

describe('a hook of a page that was closed and connected anew', () => {
  const ofLayer: SyncState = { entity: 'products', state: 'idle', rows: 3, isLoaded: true }
  const shown: string[] = []

  function Both(): ReactNode {
    const { isFetching } = useRefresh()
    const { collections } = useSync()
    shown.push(`${collections.map(({ rows }) => rows).join()} ${isFetching ? 'busy' : 'idle'}`)
    return shown.at(-1)
  }

  it('useSync() and useRefresh() follow the new layer', async () => {
    const first = connect()
    const states = vi.spyOn(Object.getPrototypeOf(first) as typeof first, 'syncState')
    states.mockResolvedValue([ofLayer])
    await act(async () => root.render(h(StrictMode, null, h(Both))))
    expect(text()).toBe('3 idle')
    first.close()
    states.mockResolvedValue([{ ...ofLayer, rows: 4 }])
    await act(async () => void connect())
    expect(text()).toBe('4 idle')
    shown.length = 0
    await act(async () => void (await connectedLayer()?.refresh()))
    expect(shown).toContain('4 busy')
    expect(text()).toBe('4 idle')
  })

  it('useSync() follows a layer that is connected after it is shown', async () => {
    const first = connect()
    const states = vi.spyOn(Object.getPrototypeOf(first) as typeof first, 'syncState')
    states.mockResolvedValue([ofLayer])
    first.close()
    await act(async () => root.render(h(StrictMode, null, h(Both))))
    await act(async () => void connect())
    expect(text()).toBe('3 idle')
  })
})

describe('what a page shows while it connects once more', () => {
  it('stays, where it connects a second time', async () => {
    connect()
    await render()
    await answer({ price: 10 })
    expect(text()).toBe('10;')
    await act(async () => void connect({ mayUpdate: () => true }))
    await render()
    expect(text()).toBe('10;')
    expect(page.asked).toHaveLength(1)
  })

  it('is read anew, where it was closed between, and follows the new connection', async () => {
    connect().close()
    const seen: unknown[] = []
    connect()
    await render()
    const leave = observe('/api/stock/1', ({ data }) => seen.push(data))
    await answer({ left: 3 })
    await act(async () => page.asked[0]?.answer({ price: 10 }))
    await act(() => vi.advanceTimersByTimeAsync(1))
    expect(text()).toBe('10;')
    connectedLayer()?.close()
    await render()
    expect(text(), 'closed').toBe('10;')
    await act(async () => void connect())
    await render()
    expect(text()).toBe('none syncing;')
    expect(page.asked.map(({ url }) => url)).toEqual(
      Array.from({ length: 2 }, () => ['/api/products/1', '/api/stock/1']).flat(),
    )
    await act(async () => page.asked[2]?.answer({ price: 11 }))
    await act(async () => page.asked[3]?.answer({ left: 2 }))
    await act(() => vi.advanceTimersByTimeAsync(1))
    expect(text()).toBe('11;')
    expect(seen.at(-1)).toEqual({ left: 2 })
    // A change is heard by the new connection: without a worker, that the browser is online again.
    await act(async () => {
      window.dispatchEvent(new Event('online'))
      await vi.advanceTimersByTimeAsync(1)
    })
    expect(page.asked).toHaveLength(6)
    leave()
  })

  it.each<[string, () => { readonly node: () => ReactNode; readonly leave?: () => void }]>([
    [
      'TanStack Query',
      () => {
        const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
        const rules = { version: '1', identity: { by: ['identify'] }, routes: [{ match: '/api/**' }] } as const
        const binding = bindQueryClient(client, rules)
        return { node: () => h(QueryClientProvider, { client }, h(QueryPrice)), leave: () => binding.close() }
      },
    ],
    [
      'SWR',
      () => {
        const value = { ...freshlayerSwr(connect()), provider: () => new Map<string, object>(), fetcher: read }
        return { node: () => h(SWRConfig, { value }, h(SwrPrice)) }
      },
    ],
  ])('of %s is read anew, where it was closed between, and follows the new connection', async (_, bound) => {
    connect({ identify: () => 'ada' })
    const { node, leave } = bound()
    const show = (): Promise<void> => act(async () => root.render(node()))
    await show()
    await answer({ price: 10 })
    await act(() => vi.advanceTimersByTimeAsync(1))
    expect(text()).toBe('10;')
    connectedLayer()?.close()
    await act(async () => void connect({ identify: () => 'grace' }))
    await act(() => vi.advanceTimersByTimeAsync(1))
    await show()
    expect(text(), 'of a user who may be gone (I3)').toBe('none;')
    await answer({ price: 11 })
    await act(() => vi.advanceTimersByTimeAsync(1))
    expect(text()).toBe('11;')
    const before = page.asked.length
    await act(async () => {
      await connectedLayer()?.identify('grace')
      await connectedLayer()?.identify('ada')
      await vi.advanceTimersByTimeAsync(1)
    })
    expect(text(), 'the new connection tells of the next user').toBe('none;')
    expect(page.asked.length).toBe(before + 1)
    leave?.()
  })
})

// @vitest-environment happy-dom
import { act, createElement as h, type ReactNode, StrictMode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect, connectedLayer } from './connect.ts'
import { observe } from './observe.ts'
import { FakePage } from './page.fixture.ts'
import { useCachedQuery } from './react/index.ts'

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

const render = (): Promise<void> => act(async () => root.render(h(StrictMode, null, h(Price))))

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
})

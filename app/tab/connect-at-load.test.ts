import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectAtLoad } from './connect-at-load.ts'
import { connect, connectedLayer, standIn } from './connect.ts'

vi.mock('./connect.ts', { spy: true })

beforeEach(() => void vi.spyOn(console, 'info').mockImplementation(() => undefined))
afterEach(() => {
  connectedLayer()?.close()
  delete (globalThis as Record<symbol, unknown>)[Symbol.for('freshlayer')]
  vi.unstubAllGlobals()
  vi.clearAllMocks()
})

const OPTIONS = { worker: '/sw.js' }

/** A page that has been loaded, or fires its event later. */
function page(isLoaded: boolean): EventTarget {
  const target = new EventTarget()
  vi.stubGlobal('document', { readyState: isLoaded ? 'complete' : 'interactive' })
  vi.stubGlobal('addEventListener', target.addEventListener.bind(target))
  return target
}

describe('a page that its app does not connect', () => {
  it('is connected when it is loaded', () => {
    const target = page(false)
    connectAtLoad(OPTIONS)
    expect(connectedLayer()).toBeUndefined()
    target.dispatchEvent(new Event('load'))
    expect(connectedLayer()).toBeDefined()
    expect(vi.mocked(standIn).mock.calls).toEqual([[expect.objectContaining(OPTIONS)]])
  })

  it('does not say that no user is signed in: it does not know', () => {
    page(true)
    connectAtLoad(OPTIONS)
    const [options] = vi.mocked(standIn).mock.calls[0] ?? []
    expect(options?.identify).toBeTypeOf('function')
    expect(options?.identify?.()).toBeUndefined()
  })
})

it('a page that its app has connected by then is left alone', () => {
  const target = page(false)
  const theirs = connect()
  connectAtLoad(OPTIONS)
  target.dispatchEvent(new Event('load'))
  expect(connectedLayer()).toBe(theirs)
  expect(vi.mocked(standIn).mock.results).toEqual([{ type: 'return', value: undefined }])
})

it('an app that connects later, as in a part that it loads, takes over the connection and says what it knows', () => {
  page(true)
  connectAtLoad(OPTIONS)
  const first = connectedLayer()
  expect(connect({ identify: () => 'ada' })).toBe(first)
  expect(connectedLayer()).toBe(first)
})

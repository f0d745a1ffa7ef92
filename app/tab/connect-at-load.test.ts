import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect, connectedLayer } from './connect.ts'
import { connectAtLoad } from './connect-at-load.ts'

vi.mock('./connect.ts', () => ({ connect: vi.fn(), connectedLayer: vi.fn() }))

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetAllMocks()
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
    expect(connect).not.toHaveBeenCalled()
    target.dispatchEvent(new Event('load'))
    expect(connect).toHaveBeenCalledTimes(1)
    expect(vi.mocked(connect).mock.calls[0]?.[0]).toMatchObject(OPTIONS)
  })

  it('does not say that no user is signed in: it does not know', () => {
    page(true)
    connectAtLoad(OPTIONS)
    const [options] = vi.mocked(connect).mock.calls[0] ?? []
    expect(options?.identify).toBeTypeOf('function')
    expect(options?.identify?.()).toBeUndefined()
  })
})

it('a page that its app has connected by then is left alone', async () => {
  vi.spyOn(console, 'info').mockImplementation(() => undefined)
  const theirs = (await vi.importActual<typeof import('./connect.ts')>('./connect.ts')).connect()
  const target = page(false)
  connectAtLoad(OPTIONS)
  vi.mocked(connectedLayer).mockReturnValue(theirs)
  target.dispatchEvent(new Event('load'))
  expect(connect).not.toHaveBeenCalled()
})

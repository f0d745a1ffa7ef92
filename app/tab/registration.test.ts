import { afterEach, describe, expect, it, vi } from 'vitest'
import { Registration } from './registration.ts'

vi.mock('./built-worker.ts', () => ({
  BUILT_WORKER: { worker: '/app/dev-sw.js?dev-sw', scope: '/app/', type: 'module' },
}))

afterEach(() => void vi.unstubAllGlobals())

/** What is asked of the browser for these options of a page. */
function asked(options: { readonly worker?: string; readonly scope?: string }): unknown[] {
  const register = vi.fn(() => new Promise(() => undefined))
  vi.stubGlobal('document', { baseURI: 'http://localhost/app/orders/7' })
  vi.stubGlobal('navigator', { serviceWorker: { register } })
  const registration = new Registration(options, {
    signal: new AbortController().signal,
    onWaiting: () => undefined,
    onNone: () => undefined,
  })
  registration.register()
  return [...register.mock.calls.flat(), registration.scope]
}

describe('the worker of a page', () => {
  it('is the one of its build where the page names none, with its scope and type', () => {
    const given = { worker: '/app/dev-sw.js?dev-sw', scope: '/app/', type: 'module' }
    expect(asked({})).toEqual(['/app/dev-sw.js?dev-sw', given, '/app/'])
  })

  it('is the one that the page names, of which the build says nothing', () => {
    expect(asked({ worker: '/sw.js' })).toEqual(['/sw.js', { worker: '/sw.js' }, '/'])
  })

  it('has the scope that the page names', () => {
    expect(asked({ scope: '/app/shop/' })).toEqual([
      '/app/dev-sw.js?dev-sw',
      { worker: '/app/dev-sw.js?dev-sw', scope: '/app/shop/', type: 'module' },
      '/app/shop/',
    ])
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { compileRules } from '../../../config/language/index.ts'
import { STALLED_MS } from '../store/database.ts'
import { isPageLoad, navigate } from './navigation.ts'

const RULES = compileRules({ version: '1', identity: 'none', routes: [] })

afterEach(() => void vi.unstubAllGlobals())

describe('a page load of an app that lives below a path', () => {
  const isOurs = (path: string, scope = '/app/'): boolean => {
    vi.stubGlobal('location', { origin: 'https://app.test' })
    vi.stubGlobal('registration', { scope: `https://app.test${scope}` })
    const url = new URL(path, 'https://app.test')
    return isPageLoad({ mode: 'navigate', method: 'GET' } as Request, url, RULES)
  }

  it.each(['/app/api/export', '/app/login', '/app/auth/callback', '/app/%6Cogin', '/login', '/app/report.pdf'])(
    'is never answered from store: %s',
    (path) => expect(isOurs(path)).toBe(false),
  )

  it.each(['/app/', '/app/products', '/app/products/login', '/app/logins'])('is answered: %s', (path) =>
    expect(isOurs(path)).toBe(true),
  )

  it('is looked at below the worker’s folder where the scope has no slash at its end', () => {
    expect(isOurs('/app/login', '/app/x')).toBe(false)
  })

  it.each(['/app/login', '/app/api/export'])(
    'is looked at below the scope itself where that has no slash at its end: %s',
    (path) => {
      expect(isOurs(path, '/app')).toBe(false)
    },
  )

  it('is looked at below the root where the app lives there', () => {
    expect([isOurs('/login', '/'), isOurs('/app/login', '/')]).toEqual([false, true])
  })
})

describe('a page load whose answer is late', () => {
  /** Where a sign-in is needed, the page arrives when the time is up, while the worker asks. */
  const load = async (isNeeded: boolean): Promise<string> => {
    let arrive = (): void => undefined
    const preloadResponse = new Promise((resolve) => (arrive = () => resolve(new Response('page'))))
    const event = { preloadResponse, waitUntil: () => undefined } as unknown as FetchEvent
    const needsSignIn = (): Promise<boolean> => {
      if (isNeeded) arrive()
      return Promise.resolve(isNeeded)
    }
    const shell = (): Promise<Response> => Promise.resolve(new Response('shell'))
    return (await navigate(event, 1, { pages: undefined, shell }, { needsSignIn })).text()
  }

  it('is answered by the shell', async () => expect(await load(false)).toBe('shell'))

  it('is answered by the network where the origin redirects to a sign-in', async () =>
    expect(await load(true)).toBe('page'))
})

describe('a page load without an answer from the network, on a slow disk', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  type Late = Promise<Response | undefined>

  /** What a page gets, with whatever network `fetch` is. It waits a second for that. */
  const shown = (stored: { readonly shell?: Late; readonly page?: Late }): Promise<string> => {
    const pages = stored.page && { begin: () => () => Promise.resolve(), match: () => stored.page }
    const shell = (): Late => stored.shell ?? Promise.resolve(undefined)
    const event = { request: new Request('https://app.test/a'), waitUntil: () => undefined }
    const reachability = { needsSignIn: () => Promise.resolve(false) }
    return navigate(event as never, 1000, { pages, shell } as never, reachability).then(
      (response) => response.text(),
      String,
    )
  }
  const after = (ms: number, text?: string): Late =>
    new Promise((resolve) => setTimeout(() => resolve(text === undefined ? undefined : new Response(text)), ms))
  const never: Late = new Promise(() => undefined)

  it.each<[stored: string, of: () => Parameters<typeof shown>[0], text: string]>([
    ['the shell', () => ({ shell: after(3000, 'the shell') }), 'the shell'],
    ['the page', () => ({ page: after(3000, 'the page'), shell: after(0, 'the shell') }), 'the page'],
    ['the shell, where no page is', () => ({ page: after(3000), shell: after(3000, 'the shell') }), 'the shell'],
    ['the shell, where the database hangs', () => ({ page: never, shell: after(3000, 'the shell') }), 'the shell'],
  ])('is answered by what is stored: %s', async (_, stored, text) => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
    const answer = shown(stored())
    await vi.advanceTimersByTimeAsync(STALLED_MS)
    expect(await answer).toBe(text)
  })

  it('is answered by what is stored where the network is slower still', async () => {
    vi.stubGlobal('fetch', () => after(6000, 'of now'))
    const answer = shown({ shell: after(4000, 'the shell') })
    await vi.advanceTimersByTimeAsync(6000)
    expect(await answer).toBe('the shell')
  })

  it('is answered by the network where that comes before the disk', async () => {
    vi.stubGlobal('fetch', () => after(2000, 'of now'))
    const answer = shown({ shell: never })
    await vi.advanceTimersByTimeAsync(2000)
    expect(await answer).toBe('of now')
  })

  it('waits for the disk where a gateway answers late', async () => {
    vi.stubGlobal('fetch', () => after(2000).then(() => new Response('closed', { status: 503 })))
    const answer = shown({ shell: after(4000, 'the shell') })
    await vi.advanceTimersByTimeAsync(4000)
    expect(await answer).toBe('the shell')
  })

  it('fails as the network has where the disk hangs', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
    const answer = shown({ page: never, shell: never })
    await vi.advanceTimersByTimeAsync(STALLED_MS)
    expect(await answer).toBe('TypeError: Failed to fetch')
  })
})

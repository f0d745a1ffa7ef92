import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { STALLED_MS } from '../store/database.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
vi.stubGlobal('registration', { scope: 'https://app.test/' })
vi.spyOn(console, 'warn').mockImplementation(() => undefined)
const { asFile, precache } = await import('./precache.ts')

const URL_ASKED = 'https://app.test/a-12345678.js'

describe('a file of the app that the network does not bring', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  })
  afterEach(() => void vi.useRealTimers())

  /** What a page gets, with a Cache Storage that takes so long. */
  const shown = (match: () => Promise<Response>): Promise<string> => {
    vi.stubGlobal('caches', { match })
    const { route } = precache(['/a-12345678.js'])
    const request = new Request(URL_ASKED)
    const event = { request, waitUntil: () => undefined } as never
    const answer = route.handler.handle({ request, url: new URL(URL_ASKED), event })
    return answer.then((response) => response.text(), String)
  }

  it('is the stored one, on a disk that takes 3 s', async () => {
    const stored = new Promise<Response>((resolve) => setTimeout(() => resolve(new Response('the script')), 3000))
    const answer = shown(() => stored)
    await vi.advanceTimersByTimeAsync(3000)
    expect(await answer).toBe('the script')
  })

  it('fails as the network has, on a disk that hangs', async () => {
    const answer = shown(() => new Promise(() => undefined))
    await vi.advanceTimersByTimeAsync(2 * STALLED_MS)
    expect(await answer).toBe('TypeError: Failed to fetch')
  })
})

describe('a file of the app that is kept', () => {
  it('answers every request for it, whatever its `Vary` says, and keeps its other fields', async () => {
    const kept = new Map<string, Response>()
    const cache = { keys: () => Promise.resolve([]), put: (key: string, file: Response) => void kept.set(key, file) }
    vi.stubGlobal('caches', { open: () => Promise.resolve(cache) })
    const headers = { vary: 'Origin', 'content-type': 'text/javascript' }
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('the script', { headers })))
    await precache(['/a-12345678.js']).install()
    const file = kept.get(URL_ASKED)
    expect([file?.headers.get('vary'), file?.headers.get('content-type')]).toEqual([null, 'text/javascript'])
    expect(await file?.text()).toBe('the script')
  })
})

it('keeps the answer of a server that has nothing to send for an empty file', async () => {
  // As Chromium has it: a body of no bytes.
  const headers = new Headers({ vary: 'Origin', etag: '"1"' })
  const given = { body: new Response('').body, status: 204, statusText: '', headers } as Response
  const kept = asFile(given)
  expect([kept.status, kept.body, [...kept.headers]]).toEqual([204, null, [['etag', '"1"']]])
})

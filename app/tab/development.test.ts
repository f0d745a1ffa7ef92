import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Explanation } from '../../sw/protocol.ts'
import { speakUp } from './development.ts'

const HOME = 'https://app.test'

let entries: (requests: readonly (readonly [initiator: string, url: string])[]) => void = () => undefined
const isWatching = vi.fn<() => void>()

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('location', new URL(HOME))
  vi.stubGlobal(
    'PerformanceObserver',
    class {
      constructor(tell: (list: object) => void) {
        entries = (requests) =>
          tell({ getEntries: () => requests.map(([initiatorType, name]) => ({ initiatorType, name: HOME + name })) })
      }
      observe = isWatching
      disconnect = (): void => void (entries = () => undefined)
    },
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

type About = Partial<Explanation>

/** What the console says of a page, where the worker explains URLs as told; others are unmatched. */
function page(explanations: Readonly<Record<string, About>>): {
  readonly said: () => string[]
  readonly asks: (...requests: (readonly [initiator: string, url: string])[]) => Promise<void>
  readonly close: () => void
} {
  const said: string[] = []
  for (const level of ['warn', 'info'] as const)
    vi.spyOn(console, level).mockImplementation((text) => void said.push(`${level} ${text}`))
  const closing = new AbortController()
  speakUp({
    explain: (url) => {
      const { pathname, search } = new URL(url)
      const state = explanations[pathname + search] === undefined ? 'unmatched' : 'absent'
      return Promise.resolve({ url, state, why: '', ...explanations[pathname + search] })
    },
    signal: closing.signal,
  })
  return {
    said: () => said,
    asks: async (...requests) => {
      entries(requests)
      await vi.runAllTimersAsync()
    },
    close: () => closing.abort(),
  }
}

describe('a page in development', () => {
  it('hears once per rule why it does nothing, by which field, and what would change it', async () => {
    const obstacle = { why: 'no-store', field: 'cache-control: private, no-store' }
    const { said, asks } = page({ '/api/a': { rule: 'items', obstacle }, '/api/b': { rule: 'items', obstacle } })
    await asks(['fetch', '/api/a'], ['fetch', '/api/b'])
    await asks(['fetch', '/api/a'])
    expect(said()).toEqual([
      expect.stringMatching(
        /^warn .*rule 'items' stores nothing.*`cache-control: private, no-store`.*change the header.*\/api\/a$/,
      ),
    ])
  })

  it.each([
    [['authorization'], 'Send its token in Authorization'],
    [['identify'], 'Give connect() the option `identify`'],
    [['echo', 'identify'], '`identity.echo`'],
  ] as const)('hears how its user would be known, where users are told apart by %j', async (identifiedBy, words) => {
    const { said, asks } = page({ '/api/a': { rule: 'items', identifiedBy, obstacle: { why: 'unknown-user' } } })
    await asks(['fetch', '/api/a'])
    expect(said()).toEqual([expect.stringContaining(words)])
  })

  it.each(['away', 'no-freshness', 'status', 'other-user'])('hears nothing of what passes: %s', async (why) => {
    const { said, asks } = page({ '/api/a': { rule: 'items', obstacle: { why } } })
    await asks(['fetch', '/api/a'])
    expect(said()).toEqual([])
  })

  it('hears which of its requests no rule covers, each once', async () => {
    const { said, asks } = page({ '/api/a': { rule: 'items' }, '/api/save': { state: 'unmatched', rule: 'items' } })
    await asks(['fetch', '/api/a'], ['fetch', '/api/b?page=1'], ['xmlhttprequest', '/api/c'], ['fetch', '/api/save'])
    await asks(['fetch', '/api/b?page=2'], ['fetch', '/api/d'])
    expect(said()).toEqual([
      expect.stringMatching(/^info .*: \/api\/b, \/api\/c$/),
      expect.stringMatching(/: \/api\/d$/),
    ])
  })

  it('hears nothing of what the proxy of a try has in it', async () => {
    const { said, asks } = page({})
    await asks(['fetch', '/__freshlayer/status.json'], ['script', '/__freshlayer/strip.js'])
    expect(said()).toEqual([])
  })

  it('hears of files that no rule covers where the worker keeps files, and else not', async () => {
    const { said, asks } = page({ '/app.js': { state: 'file' } })
    await asks(['script', '/help.js'], ['img', '/icon.svg'], ['iframe', '/frame'], ['beacon', '/log'])
    expect(said()).toEqual([])
    await asks(['script', '/app.js'])
    expect(said()).toEqual([expect.stringMatching(/: \/help\.js, \/icon\.svg$/)])
  })

  it('hears of an element that asks for what a token alone makes personal', async () => {
    const { said, asks } = page({
      '/photo': { rule: 'photos', identifiedBy: ['authorization'] },
      '/file': { rule: 'files', identifiedBy: ['authorization', 'identify'] },
      '/logo': { rule: 'logos' },
    })
    await asks(['fetch', '/photo'], ['img', '/file'], ['img', '/logo'])
    expect(said()).toEqual([])
    await asks(['img', '/photo'])
    expect(said()).toEqual([expect.stringMatching(/rule 'photos' is personal.*\(img\).*public: true/)])
  })

  it('hears once per rule that a duration has the last word over what the origin says', async () => {
    const { said, asks } = page({
      '/api/a': { rule: 'a', state: 'fresh', why: 'rule', cacheControl: 'max-age=0, private, must-revalidate' },
      '/api/b': { rule: 'b', state: 'fresh', why: 'rule', cacheControl: 'max-age=60' },
      '/api/c': { rule: 'c', state: 'stale', why: 'no-cache', cacheControl: 'no-cache' },
    })
    await asks(['fetch', '/api/a'], ['fetch', '/api/b'], ['fetch', '/api/c'])
    await asks(['fetch', '/api/a'])
    expect(said()).toEqual([
      expect.stringMatching(/^info .*these rules have the last word.*: 'a' \(max-age=0, private, must-revalidate\)$/),
    ])
  })

  it('also hears of requests from before, and of none once it is closed', async () => {
    const { said, asks, close } = page({})
    expect(isWatching).toHaveBeenLastCalledWith({ type: 'resource', buffered: true })
    close()
    await asks(['fetch', '/api/a'])
    expect(said()).toEqual([])
  })
})

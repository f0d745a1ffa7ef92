import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Explanation, Stats } from '../../sw/protocol.ts'
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
          tell({
            getEntries: () =>
              requests.map(([initiatorType, name]) => ({ initiatorType, name: new URL(name, HOME).href })),
          })
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

const NO_COUNTS = {
  reads: 0,
  hits: 0,
  validations: 0,
  notModified: 0,
  misses: 0,
  standIns: 0,
  collapsed: 0,
  requestsSaved: 0,
  bytesSaved: 0,
  obstacles: {},
  occasions: {},
}

/**
 * What the console says of a page, where the worker explains URLs as told; others are unmatched.
 *
 * @param stats what the worker has. Default: the page has no worker, and then nothing says that the layer is on.
 */
function page(
  explanations: Readonly<Record<string, About>>,
  stats?: () => Promise<Pick<Stats, 'routes' | 'stored'>>,
): {
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
      const given = explanations[url.replace(HOME, '')]
      return Promise.resolve({ url, state: given === undefined ? 'unmatched' : 'absent', why: '', ...given })
    },
    stats: async () => stats && { total: NO_COUNTS, rules: {}, ...(await stats()) },
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

describe('a page in development hears once that the layer is on', () => {
  it.each<[stats: Pick<Stats, 'routes' | 'stored'>, ages: readonly number[], line: string]>([
    [{ routes: 12, stored: 0 }, [], 'on, 12 rules, nothing stored yet'],
    [{ routes: 1, stored: 1 }, [], 'on, 1 rule, 1 answer stored'],
    [{ routes: 12, stored: 38 }, [3, 250], 'on, 12 rules, 38 answers stored, those of this page up to 4 min old'],
    [{ routes: 12, stored: 38 }, [7.5], 'on, 12 rules, 38 answers stored, those of this page up to 7 s old'],
    [{ routes: 12, stored: 38 }, [200_000], 'on, 12 rules, 38 answers stored, those of this page up to 2 days old'],
  ])('%j', async (stats, ages, line) => {
    const explanations = ages.map(
      (ageSeconds, at) => [`/api/${at}`, { rule: 'items', state: 'fresh', ageSeconds }] as const,
    )
    const { said, asks } = page(Object.fromEntries(explanations), () => Promise.resolve(stats))
    await asks(...explanations.map(([path]) => ['fetch', path] as const))
    await asks(['fetch', '/api/0'])
    expect(said().filter((text) => text.includes('] on'))).toEqual([`info [freshlayer] ${line}`])
  })

  it('also where it asks for nothing', async () => {
    const { said } = page({}, () => Promise.resolve({ routes: 2, stored: 3 }))
    await vi.runAllTimersAsync()
    expect(said()).toEqual(['info [freshlayer] on, 2 rules, 3 answers stored'])
  })

  it('or why its worker does not understand it', async () => {
    const { said } = page({}, () => Promise.reject(new Error('the page speaks version 1')))
    await vi.runAllTimersAsync()
    expect(said()).toEqual(['warn [freshlayer] the page speaks version 1'])
  })
})

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

  it.each(['status', 'no-freshness'])(
    'hears without a warning of an answer that is meant to be an error: %s',
    async (why) => {
      const { said, asks } = page({ '/api/a': { rule: 'items', obstacle: { why, field: 'status: 404' } } })
      await asks(['fetch', '/api/a'])
      expect(said()).toEqual([expect.stringMatching(/^info .*rule 'items' .*`status: 404`/)])
    },
  )

  it.each<[cacheControl: string | undefined, why: string, words: string]>([
    ['no-cache, private', 'no-cache', 'the answer says `Cache-Control: no-cache, private`. Give `fresh` a duration'],
    ['max-age=0', 'max-age', 'the answer says `Cache-Control: max-age=0`'],
    [undefined, 'none', 'the answer does not say how long it is fresh'],
  ])('hears of a rule that leaves its freshness to HTTP, which gives it none: %s', async (field, why, words) => {
    const windows = { fresh: 'http', stale: 'http', offline: 60 } as const
    const cacheControl = field === undefined ? {} : { cacheControl: field }
    const { said, asks } = page({
      '/api/a': { rule: 'items', state: 'offline', why, windows, ...cacheControl },
      '/api/b': { rule: 'others', state: 'offline', why: 'max-age', windows, cacheControl: 'max-age=60' },
    })
    await asks(['fetch', '/api/a'], ['fetch', '/api/b'])
    expect(said()).toEqual([expect.stringContaining(`warn [freshlayer] rule 'items' is validated before each use`)])
    expect(said()[0]).toContain(words)
  })

  it.each(['away', 'other-user', 'session-ended'])('hears nothing of what passes: %s', async (why) => {
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

  it('hears of other origins: what code asks for by its address, and elements once for each origin', async () => {
    const { said, asks } = page({ 'https://api.test/b': { rule: 'b' } })
    const cdn = ['https://cdn.test/1.png', 'https://cdn.test/2.png'] as const
    await asks(['fetch', 'https://api.test/a?x=1'], ['fetch', 'https://api.test/b'], ['img', cdn[0]], ['img', cdn[1]])
    await asks(['img', 'https://cdn.test/3.png'])
    expect(said()).toEqual([
      expect.stringMatching(/^info .*no rule covers.*: https:\/\/api\.test\/a$/),
      expect.stringMatching(/^info .*crossorigin.*: https:\/\/cdn\.test \(img\)$/),
    ])
  })

  it('hears of a few of the many requests that no rule covers', async () => {
    const { said, asks } = page({})
    await asks(...Array.from({ length: 5000 }, (_, id) => ['fetch', `/api/items/${id}`] as const))
    expect(said()).toEqual([expect.stringMatching(/: \/api\/items\/0, .*\/api\/items\/19 and 4980 more$/)])
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

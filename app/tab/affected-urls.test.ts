import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Explanation } from '../../sw/protocol.ts'
import { absoluteUrl, AffectedUrls } from './affected-urls.ts'
import type { ChangeEvent } from './change-feed.ts'

const ORIGIN = 'https://app.test'
const PRODUCT = `${ORIGIN}/api/products/1`
const LIST = `${ORIGIN}/api/products?page=2`
const TRACKED = `${ORIGIN}/api/products?page=2&utm_source=mail`
const STOCK = `${ORIGIN}/api/stock/1`

/** What the worker's rules say: tags by path, and `utm_source` does not count. */
function explain(url: string): Promise<Explanation> {
  const stored = url.replace('&utm_source=mail', '')
  const tags = url.includes('/products') ? ['products', ...(url === PRODUCT ? ['product:1'] : [])] : ['stock']
  return Promise.resolve({ url: stored, state: 'fresh', why: '', tags })
}

const change = (about: Partial<ChangeEvent>): ChangeEvent => ({
  kind: 'changed',
  urls: [],
  tags: [],
  all: false,
  cause: 'response',
  ...about,
})

describe('which URLs a change concerns', () => {
  const asked = vi.fn(explain)
  let affected: AffectedUrls
  beforeEach(() => {
    asked.mockClear().mockImplementation(explain)
    affected = new AffectedUrls({ explain: asked })
  })

  it.each<[string, Partial<ChangeEvent>, string[]]>([
    ['the URL itself', { urls: [PRODUCT] }, [PRODUCT]],
    ['one without a query, with any', { urls: [`${ORIGIN}/api/products`] }, [LIST, TRACKED]],
    ['one with a query, and those whose other parameters do not count', { urls: [LIST] }, [LIST, TRACKED]],
    ['all that begin so', { urls: [`${ORIGIN}/api/products/*`] }, [PRODUCT]],
    ['everything', { kind: 'reset', all: true, cause: 'reset' }, [PRODUCT, LIST, TRACKED, STOCK]],
    ['by tag, what a write invalidates', { kind: 'invalidated', tags: ['product:1'], cause: 'write' }, [PRODUCT]],
    ['by tag, what a page removes', { kind: 'removed', tags: ['stock'], cause: 'remove' }, [STOCK]],
    [
      'one answer that has come anew, and not what else has its tags',
      { urls: [PRODUCT], tags: ['products'] },
      [PRODUCT],
    ],
    [
      'one answer that is gone, and not what else has its tags',
      { kind: 'removed', urls: [STOCK], tags: ['stock'] },
      [STOCK],
    ],
    ['nothing that is shown', { kind: 'invalidated', urls: [`${ORIGIN}/api/x`], tags: ['y'], cause: 'write' }, []],
  ])('%s', async (_, about, urls) => {
    const found = await affected.of([change(about)], new Set([PRODUCT, LIST, TRACKED, STOCK]))
    expect([...found.keys()].toSorted()).toEqual(urls.toSorted())
  })

  it('asks the worker once per URL, and anew after its answer has come anew', async () => {
    const invalidated = change({ kind: 'invalidated', tags: ['products'], cause: 'write' })
    await affected.of([invalidated], new Set([PRODUCT, STOCK]))
    await affected.of([invalidated], new Set([PRODUCT, STOCK]))
    expect(asked).toHaveBeenCalledTimes(2)
    affected.forget(PRODUCT)
    await affected.of([invalidated], new Set([PRODUCT, STOCK]))
    expect(asked).toHaveBeenCalledTimes(3)
  })

  it('does not ask the worker where the change names URLs, and none of another query', async () => {
    const found = await affected.of([change({ urls: [PRODUCT] })], new Set([PRODUCT, STOCK, LIST]))
    expect([...found]).toEqual([[PRODUCT, 'changed']])
    expect(asked).not.toHaveBeenCalled()
  })

  it('a URL that the worker says nothing about counts as concerned, and is asked about again', async () => {
    asked.mockRejectedValueOnce(new Error('no answer'))
    const invalidated = change({ kind: 'invalidated', tags: ['nothing'], cause: 'write' })
    expect([...(await affected.of([invalidated], new Set([PRODUCT])))]).toEqual([[PRODUCT, 'invalidated']])
    expect([...(await affected.of([invalidated], new Set([PRODUCT])))]).toEqual([])
  })

  it('asks about a bounded number of URLs at once, of a page that shows 5,000', async () => {
    let running = 0
    let most = 0
    asked.mockImplementation(async (url) => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      return explain(url)
    })
    const urls = Array.from(
      { length: 5000 },
      (_, index) => `${ORIGIN}/api/${index % 2 ? 'products' : 'stock'}/x${index}`,
    )
    const found = await affected.of([change({ kind: 'invalidated', tags: ['stock'], cause: 'write' })], new Set(urls))
    expect(found.size).toBe(2500)
    expect(most).toBeLessThanOrEqual(32)
  })

  it('are asked about in more at a time where each answer is late, as by a slow disk (I13)', async () => {
    vi.useFakeTimers()
    try {
      const explain = async (url: string): Promise<Explanation> => {
        await new Promise((resolve) => setTimeout(resolve, 3000))
        return { url, state: 'fresh', why: '', tags: ['other'] } as Explanation
      }
      const many = new Set(Array.from({ length: 5000 }, (_, at) => `https://app.test/${at}`))
      const change = { kind: 'invalidated', urls: [], tags: ['items'], all: false, cause: 'write' } as const
      const found = vi.fn()
      void new AffectedUrls({ explain }).of([change], many).then(found)
      await vi.advanceTimersByTimeAsync(40_000)
      expect(found).toHaveBeenCalledWith(new Map())
    } finally {
      vi.useRealTimers()
    }
  })

  it('remembers what the page shows, and not all that it has shown in its time (I13)', async () => {
    const invalidated = change({ kind: 'invalidated', tags: ['products'], cause: 'write' })
    const shown = (from: number): ReadonlySet<string> =>
      new Set(Array.from({ length: 500 }, (_, at) => `${ORIGIN}/api/products/${from + at}`))
    for (let from = 0; from < 5000; from += 500) await affected.of([invalidated], shown(from))
    expect(asked).toHaveBeenCalledTimes(5000)
    await affected.of([invalidated], shown(4500))
    expect(asked, 'what is shown is known').toHaveBeenCalledTimes(5000)
    await affected.of([invalidated], shown(0))
    expect(asked, 'what was shown long ago is not').toHaveBeenCalledTimes(5500)
  })
})

it('a URL is compared as changes name it', () => {
  vi.stubGlobal('document', { baseURI: 'https://app.test/orders/7' })
  expect(absoluteUrl('/api/a%7eb/%c3%a9?q=%2f#top')).toBe('https://app.test/api/a~b/%C3%A9?q=%2F')
  expect(absoluteUrl('lines')).toBe('https://app.test/orders/lines')
  vi.unstubAllGlobals()
})

import {
  dehydrate,
  hydrate,
  keepPreviousData,
  InfiniteQueryObserver,
  MutationObserver,
  onlineManager,
  QueryClient,
  type QueryClientConfig,
  QueryObserver,
  type QueryKey,
} from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import type { Config } from '../../../config/language/index.ts'
import type { Freshlayer } from '../freshlayer.ts'
import type { QueryClientLike } from './query-client.ts'
import { shownBy } from '../shown-urls.ts'
import { FakeLayer, FakePage } from './page.fixture.ts'
import { bindQueryClient, type Binding, type BindOptions } from './bind-query-client.ts'

// The library takes a world without one for a server, which keeps data for ever.
vi.hoisted(() => Object.assign(globalThis, { window: globalThis }))

const ORIGIN = 'https://app.test'
const RULES: Config = {
  version: '1',
  identity: { by: ['identify'] },
  routes: [
    { match: '/api/products/:id', fresh: '5m', stale: '1h', tags: ['products', 'product:{id}'], public: true },
    { match: '/api/products', fresh: '5m', tags: ['products'], public: true, ignoreQuery: ['utm_*'] },
    { match: '/api/stock/:id', fresh: 0, offline: '7d', tags: ['stock'] },
    { match: '/api/till', preset: 'network-only' },
    { match: '/api/board', fresh: 0, onFocus: false, onReconnect: false },
    { match: 'POST /graphql', reads: 'graphql' },
  ],
}

let page: FakePage
let layer: FakeLayer
let client: QueryClient
let binding: Binding

function bind(options: BindOptions = {}, config: QueryClientConfig = {}): void {
  client = new QueryClient({
    ...config,
    defaultOptions: { ...config.defaultOptions, queries: { retry: false, ...config.defaultOptions?.queries } },
  })
  binding = bindQueryClient(client, RULES, { layer, ...options })
}

beforeEach(() => {
  page = new FakePage(ORIGIN)
  layer = new FakeLayer()
})
afterEach(() => {
  binding.close()
  client.clear()
  page.restore()
  vi.restoreAllMocks()
})

/** A query that a page shows: how often its function has run, and what it shows. */
function show(queryKey: QueryKey, queryFn: (context: { signal: AbortSignal }) => Promise<unknown>, more = {}) {
  const calls = vi.fn(queryFn)
  const observer = new QueryObserver<unknown>(client, { queryKey, queryFn: calls, ...more })
  const leave = observer.subscribe(() => undefined)
  return { calls, observer, leave, shown: () => observer.getCurrentResult().data }
}

/** A busy machine takes its time. */
const until = (check: () => void): Promise<void> => vi.waitFor(check, { interval: 2, timeout: 30_000 })
const json = async (url: string, init?: RequestInit): Promise<unknown> => (await fetch(url, init)).json()
const settled = (): Promise<void> => until(() => expect(client.isFetching()).toBe(0))

/** Settles when all that came of a change has been done: a change of nothing that comes after it has been looked at. */
async function heard(): Promise<void> {
  const sentinel = new QueryObserver<unknown>(client, {
    queryKey: ['sentinel', Math.random()],
    queryFn: () => json('/api/products/sentinel'),
  })
  const leave = sentinel.subscribe(() => undefined)
  await until(() => expect(sentinel.getCurrentResult().isSuccess).toBe(true))
  const runs = page.requests.length
  layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products/sentinel`] })
  await until(() => expect(page.requests.length).toBeGreaterThan(runs))
  await settled()
  leave()
}

describe('which queries a change fetches again', () => {
  /** Functions as apps have them, each of which reads `/api/products/1`. */
  const SHAPES: readonly (readonly [string, (context: { signal: AbortSignal }) => Promise<unknown>])[] = [
    ['that calls fetch at once', () => json('/api/products/1')],
    ['that gives fetch a URL', () => json(`${ORIGIN}/api/products/1`)],
    ['that gives fetch a Request', async () => (await fetch(new Request(`${ORIGIN}/api/products/1`))).json()],
    [
      'that waits first, and hands on its signal',
      async ({ signal }) => {
        await Promise.resolve()
        return json('/api/products/1', { signal })
      },
    ],
    [
      'that waits first, and hands on nothing',
      async () => {
        await Promise.resolve()
        return json('/api/products/1')
      },
    ],
    ['that reads by XMLHttpRequest', () => page.byXhr('/api/products/1')],
    ['that reads two', async () => [await json('/api/stock/9'), await json('/api/products/1')]],
  ]
  const CHANGES: readonly (readonly [string, Parameters<FakeLayer['change']>[0], boolean])[] = [
    ['of its URL', { kind: 'changed', urls: [`${ORIGIN}/api/products/1`], tags: ['products', 'product:1'] }, true],
    ['of another URL with its tag', { kind: 'changed', urls: [`${ORIGIN}/api/products/2`], tags: ['products'] }, false],
    [
      'of its URL that the page has read itself',
      {
        kind: 'changed',
        urls: [`${ORIGIN}/api/products/1`],
        diff: { added: ['2'], updated: [], removed: [] },
        isRead: true,
      },
      false,
    ],
    ['of a write, by tag', { kind: 'invalidated', tags: ['product:1'], cause: 'write' }, true],
    ['of a write, by another tag', { kind: 'invalidated', tags: ['product:2'], cause: 'write' }, false],
    [
      'of a write, by the beginning of its URL',
      { kind: 'invalidated', urls: [`${ORIGIN}/api/products/*`], cause: 'write' },
      true,
    ],
    ['by which its answer is gone', { kind: 'removed', urls: [`${ORIGIN}/api/products/1`], tags: ['products'] }, true],
    ['by which answers with its tag are removed', { kind: 'removed', tags: ['products'], cause: 'remove' }, true],
    ['by which its answer is stored first', { kind: 'first', urls: [`${ORIGIN}/api/products/1`] }, false],
    ['of which nothing is known', { kind: 'reset', all: true, cause: 'reset' }, true],
  ]
  describe.each(SHAPES)('one %s', (_, queryFn) => {
    it.each(CHANGES)('at a change %s', async (_name, change, isFetched) => {
      bind()
      const query = show(['product'], queryFn)
      await until(() => expect(query.shown()).toBeDefined())
      await until(() => expect(binding.urlsOf(['product'])).toContain(`${ORIGIN}/api/products/1`))
      layer.change(change)
      await heard()
      expect(query.calls).toHaveBeenCalledTimes(isFetched ? 2 : 1)
    })
  })

  it.each(['has come', 'is on its way'])(
    'that whose answer is stored first, where what %s was asked for before the worker was there: once',
    async (which) => {
      layer.state = { ...layer.state, controlled: false }
      bind()
      let land = (): void => undefined
      const landed = new Promise<void>((resolve) => (land = resolve))
      if (which !== 'has come') page.answer = async () => (await landed, Response.json('older'))
      const query = show(['product'], () => json('/api/products/1'))
      const pages = new InfiniteQueryObserver<unknown>(client, {
        queryKey: ['pages'],
        queryFn: ({ pageParam }) => json(`/api/products/page-${Number(pageParam)}`),
        initialPageParam: 1,
        getNextPageParam: (_, all) => all.length + 1,
      })
      const leave = pages.subscribe(() => undefined)
      if (which === 'has come') await settled()
      await until(() => expect(binding.urlsOf(['product'])).toContain(`${ORIGIN}/api/products/1`))
      layer.state = { ...layer.state, controlled: true }
      page.answer = (url) => Response.json(`newer ${url.slice(-1)}`)
      layer.change({ kind: 'first', urls: [`${ORIGIN}/api/products/1`] })
      land()
      await until(() => expect(query.shown()).toBe('newer 1'))
      await settled()
      // One more page comes through the worker, and the first page did not.
      await pages.fetchNextPage()
      layer.change({ kind: 'first', urls: [`${ORIGIN}/api/products/page-1`] })
      await until(() => expect(pages.getCurrentResult().data).toMatchObject({ pages: ['newer 1', 'newer 2'] }))
      await settled()
      const before = page.requests.length
      layer.change({ kind: 'first', urls: [`${ORIGIN}/api/products/1`, `${ORIGIN}/api/products/page-1`] })
      await heard()
      expect(page.requests.slice(before).filter((url) => !url.endsWith('sentinel'))).toEqual([])
      leave()
    },
  )

  it('of many that are fetched at once, that whose data it is', async () => {
    bind()
    const queries = Array.from({ length: 300 }, (_, id) => show(['product', id], () => json(`/api/products/${id}`)))
    await settled()
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products/7`] })
    await heard()
    expect(queries.flatMap(({ calls }, id) => (calls.mock.calls.length > 1 ? [id] : []))).toEqual([7])
  })

  it('a burst of changes fetches each once, of a page with 5,000', async () => {
    bind()
    await Promise.all(
      Array.from({ length: 4700 }, (_, page) =>
        client.prefetchQuery({ queryKey: ['page', page], queryFn: () => json(`/api/products?page=${page}`) }),
      ),
    )
    const queries = Array.from({ length: 300 }, (_, id) => show(['product', id], () => json(`/api/products/${id}`)))
    await settled()
    const explain = vi.spyOn(layer, 'explain')
    for (let id = 0; id < 300; id++) layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products/${id}`] })
    layer.change({ kind: 'invalidated', tags: ['product:7'], cause: 'write' })
    await until(() => expect(queries.every(({ calls }) => calls.mock.calls.length > 1)).toBe(true))
    await heard()
    expect(queries.every(({ calls }) => calls.mock.calls.length === 2)).toBe(true)
    // The worker is asked at most once about each URL, however many changes there are.
    expect(explain.mock.calls.length).toBeLessThanOrEqual(5001)
  })

  it('begins the fetches of 1,000 that are due in several tasks, and each once', async () => {
    bind()
    const queries = Array.from({ length: 1000 }, (_, id) => show(['product', id], () => json(`/api/products/${id}`)))
    await settled()
    let [inTask, most, isOver] = [0, 0, false]
    const answer = page.answer
    page.answer = (url) => {
      most = Math.max(most, ++inTask)
      return answer(url)
    }
    const endTask = (): void => {
      inTask = 0
      if (!isOver) setImmediate(endTask)
    }
    endTask()
    layer.change({ kind: 'reset', all: true, cause: 'reset' })
    await until(() => expect(queries.every(({ calls }) => calls.mock.calls.length > 1)).toBe(true))
    await heard()
    isOver = true
    expect(most).toBeLessThanOrEqual(100)
    expect(queries.every(({ calls }) => calls.mock.calls.length === 2)).toBe(true)
  })

  it('where requests can only be suspected, what several runs have in common is left', async () => {
    bind()
    const one = show(['one'], () => page.byXhr('/api/products/1'))
    show(['two'], () => page.byXhr('/api/products/2'))
    await settled()
    await until(() => expect(binding.urlsOf(['one'])).toHaveLength(2))
    show(['three'], () => page.byXhr('/api/products/3'))
    await one.observer.refetch()
    await until(() => expect(binding.urlsOf(['three'])).toHaveLength(2))
    expect(binding.urlsOf(['one'])).toEqual([`${ORIGIN}/api/products/1`])
  })

  it('functions that hand on their signal are told apart, though they run at once', async () => {
    bind()
    for (const id of [1, 2]) {
      show([id], async ({ signal }) => {
        await Promise.resolve()
        return json(`/api/products/${id}`, { signal })
      })
    }
    await settled()
    await heard()
    expect([1, 2].map((id) => binding.urlsOf([id]))).toEqual([
      [`${ORIGIN}/api/products/1`],
      [`${ORIGIN}/api/products/2`],
    ])
  })

  it.each<readonly [string, NonNullable<BindOptions['urlsOf']>]>([
    ['throws', ([, { id }]: readonly unknown[] & { 1: { id: number } }) => `/api/stock/${id}`] as never,
    ['gives no URL', () => 'https://'],
  ])('a map that %s breaks no query, and what was seen counts (I6)', async (_, urlsOf) => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    bind({ urlsOf })
    const query = show(['product'], () => json('/api/products/1'))
    await settled()
    expect(query.shown()).toBe(1)
    expect(binding.urlsOf(['product'])).toEqual([`${ORIGIN}/api/products/1`])
    layer.change({ kind: 'invalidated', tags: ['product:1'], cause: 'write' })
    await until(() => expect(query.shown()).toBe(2))
    expect(reported).toHaveBeenCalled()
  })

  it('what the app says of its keys is the last word', async () => {
    bind({ urlsOf: ([name]) => (name === 'worker' ? '/api/products/1?utm_source=mail' : undefined) })
    const query = show(['worker'], () => Promise.resolve('from a web worker'))
    const other = show(['local'], () => Promise.resolve('of this page'))
    await settled()
    expect(binding.urlsOf(['worker'])).toEqual([`${ORIGIN}/api/products/1?utm_source=mail`])
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products/1`] })
    layer.change({ kind: 'reset', all: true, cause: 'reset' })
    await heard()
    expect(query.calls).toHaveBeenCalledTimes(2)
    expect(other.calls).toHaveBeenCalledTimes(1)
  })

  it('without data, an answer that is stored first is news', async () => {
    bind()
    page.answer = () => new Response('away', { status: 504 })
    const query = show(['product'], async () => {
      const response = await fetch('/api/products/1')
      if (!response.ok) throw new Error('away')
      return response.json()
    })
    await until(() => expect(query.observer.getCurrentResult().isError).toBe(true))
    page.answer = () => Response.json(1)
    layer.change({ kind: 'first', urls: [`${ORIGIN}/api/products/1`] })
    await until(() => expect(query.shown()).toBe(1))
  })

  it('with data of another page or of the server: at the first change, as nothing is known of it', async () => {
    bind()
    client.setQueryData(['product'], 'hydrated')
    const query = show(['product'], () => json('/api/products/1'), { staleTime: Infinity })
    const disabled = show(['other'], () => json('/api/products/2'), { enabled: false, initialData: 'x' })
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/stock/1`] })
    await until(() => expect(query.calls).toHaveBeenCalledTimes(1))
    await settled()
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/stock/1`] })
    await heard()
    expect(query.calls).toHaveBeenCalledTimes(1)
    expect(disabled.calls).not.toHaveBeenCalled()
  })

  it('with data that a persister has restored: at the first change, too', async () => {
    bind()
    // As the library's own does: it restores once, and then calls the function.
    const persister = (queryFn: (context: never) => unknown, context: never, { state }: { state: { data: unknown } }) =>
      state.data === undefined ? 'restored' : queryFn(context)
    const query = show(['product'], () => json('/api/products/1'), { persister })
    await until(() => expect(query.shown()).toBe('restored'))
    expect(query.calls).not.toHaveBeenCalled()
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/stock/1`] })
    await until(() => expect(query.calls).toHaveBeenCalledTimes(1))
    await until(() => expect(binding.urlsOf(['product'])).toEqual([`${ORIGIN}/api/products/1`]))
  })

  it('an infinite query has the URLs of all its pages, and fetches them all', async () => {
    bind()
    const asked: unknown[] = []
    const observer = new InfiniteQueryObserver(client, {
      queryKey: ['pages'],
      queryFn: ({ pageParam }) => {
        asked.push(pageParam)
        return json(`/api/products?page=${String(pageParam)}`)
      },
      initialPageParam: 1,
      getNextPageParam: (_last: unknown, pages: unknown[]) => pages.length + 1,
    })
    const leave = observer.subscribe(() => undefined)
    await settled()
    await observer.fetchNextPage()
    expect(binding.urlsOf(['pages'])).toEqual([`${ORIGIN}/api/products?page=1`, `${ORIGIN}/api/products?page=2`])
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products?page=1`] })
    await until(() => expect(asked).toEqual([1, 2, 1, 2]))
    await settled()
    leave()
  })

  it('of two that show the same URL, the other follows the one that has got it anew, and no further', async () => {
    bind()
    // An answer that is new each time, and that is never served without a request.
    page.answer = () =>
      Response.json(page.requests.length, { headers: { 'cache-status': 'Freshlayer; fwd=stale; stored' } })
    const one = show(['one'], () => json('/api/stock/1'))
    await settled()
    const two = show(['two'], () => json('/api/stock/1'))
    const other = show(['other'], () => json('/api/stock/2'))
    await settled()
    await heard()
    const before = [one, two].map(({ calls }) => calls.mock.calls.length)
    await one.observer.refetch()
    await until(() => expect(two.calls).toHaveBeenCalledTimes((before[1] ?? 0) + 1))
    await heard()
    expect([one, two].map(({ calls }) => calls.mock.calls.length)).toEqual(before.map((count) => count + 1))
    expect(other.calls).toHaveBeenCalledTimes(1)
    // A confirmed answer is no news.
    page.answer = () =>
      Response.json(1, { headers: { 'cache-status': 'Freshlayer; fwd=stale; fwd-status=304; stored' } })
    await one.observer.refetch()
    await heard()
    expect(two.calls).toHaveBeenCalledTimes((before[1] ?? 0) + 1)
  })

  it('one that is not observed is fetched when it is', async () => {
    bind()
    const query = show(['product'], () => json('/api/products/1'), { refetchOnMount: false })
    await settled()
    query.leave()
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products/1`] })
    await heard()
    expect(query.calls).toHaveBeenCalledTimes(1)
    query.observer.subscribe(() => undefined)
    await until(() => expect(query.calls).toHaveBeenCalledTimes(2))
  })
})

describe('what is on screen', () => {
  it('that is shown again from memory is told as shown: else nothing would poll it', async () => {
    bind()
    const onNew = vi.fn()
    shownBy(layer).onNew = onNew
    const queryFn = (): Promise<unknown> => json('/api/products/1')
    const before = show(['product'], queryFn, { staleTime: Infinity })
    await until(() => expect(before.shown()).toBeDefined())
    before.leave()
    onNew.mockClear()
    const after = show(['product'], queryFn, { staleTime: Infinity })
    await until(() => expect(onNew).toHaveBeenCalled())
    expect(after.calls).not.toHaveBeenCalled()
  })

  it('is what the observed queries have read, and the layer is told when that changes', async () => {
    bind()
    const onNew = vi.fn()
    shownBy(layer).onNew = onNew
    const one = show(['product'], () => json('/api/products/1'))
    show(['till'], () => json('/api/till'))
    await settled()
    expect(onNew).toHaveBeenCalled()
    const urls = (): string[] => [...shownBy(layer).parts].flatMap((part) => [...part.urls()])
    expect(urls()).toEqual([`${ORIGIN}/api/products/1`, `${ORIGIN}/api/till`])
    one.leave()
    expect(urls()).toEqual([`${ORIGIN}/api/till`])
    binding.close()
    expect(urls()).toEqual([])
  })

  it.each(['refetchOnWindowFocus', 'refetchOnReconnect'] as const)(
    'is left alone by %s where its rules want that',
    async (option) => {
      bind()
      for (const path of ['/api/board', '/api/products/1']) show([path], () => json(path))
      show(['both'], async (context) => [await json('/api/board', context), await json('/api/products/1', context)])
      await settled()
      const given = client.getDefaultOptions().queries?.[option]
      const refetches = (key: string): unknown => {
        const query = client.getQueryCache().find({ queryKey: [key] })
        return typeof given === 'function' && query !== undefined && given(query as never)
      }
      expect(['/api/board', '/api/products/1', 'both', 'elsewhere'].map(refetches)).toEqual([false, true, true, false])
    },
  )
})

describe('when', () => {
  it('a page out of sight marks only, and fetches once it is in sight', async () => {
    bind()
    const query = show(['product'], () => json('/api/products/1'))
    await settled()
    page.setHidden(true)
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products/1`] })
    layer.change({ kind: 'invalidated', tags: ['products'], cause: 'write' })
    await until(() => expect(client.getQueryState(['product'])?.isInvalidated).toBe(true))
    expect(query.calls).toHaveBeenCalledTimes(1)
    page.setHidden(false)
    // The library's own refetching at the same moment joins.
    void query.observer.refetch({ cancelRefetch: false })
    await heard()
    expect(query.calls).toHaveBeenCalledTimes(2)
  })

  it('a fetch that began before the change does not count: the query is fetched again', async () => {
    bind()
    const release: (() => void)[] = []
    page.answer = () => new Promise((resolve) => release.push(() => resolve(Response.json(release.length))))
    const query = show(['product'], () => json('/api/products/1'))
    await until(() => expect(release).toHaveLength(1))
    layer.change({ kind: 'invalidated', tags: ['products'], cause: 'write' })
    await until(() => expect(client.getQueryState(['product'])?.isInvalidated).toBe(true))
    release[0]?.()
    await until(() => expect(release).toHaveLength(2))
    release[1]?.()
    await until(() => expect(query.shown()).toBe(2))
    await settled()
    expect(query.calls).toHaveBeenCalledTimes(2)
  })

  it('one that fails is not fetched again and again', async () => {
    bind()
    const query = show(['product'], async () => {
      const response = await fetch('/api/products/1')
      if (!response.ok) throw new Error('away')
      return response.json()
    })
    await settled()
    page.answer = (url) => (url.endsWith('/1') ? new Response('', { status: 500 }) : Response.json(1))
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products/1`] })
    await until(() => expect(query.observer.getCurrentResult().isError).toBe(true))
    await heard()
    expect(query.calls).toHaveBeenCalledTimes(2)
  })
})

describe('an optimistic value', () => {
  interface Write {
    readonly mutate: () => void
    readonly answer: (ok: boolean) => void
  }

  /** A write as the library's guide has it: cancel, set, roll back at an error, invalidate at the end. */
  function write({ isPaused = false } = {}): Write {
    let answer: (ok: boolean) => void = () => undefined
    const observer = new MutationObserver(client, {
      networkMode: isPaused ? 'online' : 'always',
      mutationFn: () =>
        new Promise((resolve, reject) => {
          answer = (ok) => (ok ? resolve(undefined) : reject(new Error('refused')))
        }),
      onMutate: async () => {
        await client.cancelQueries({ queryKey: ['product'] })
        const before = client.getQueryData(['product'])
        client.setQueryData(['product'], 'optimistic')
        return { before }
      },
      onError: (_error, _variables, context) => {
        client.setQueryData(['product'], context?.before)
      },
      onSettled: () => client.invalidateQueries({ queryKey: ['product'] }),
    })
    return { mutate: () => void observer.mutate().catch(() => undefined), answer: (ok) => answer(ok) }
  }

  it.each([
    [true, 'stays until the write is done; the next answer is shown then'],
    [false, 'is rolled back by the app; the next answer is shown then'],
  ])('of a write that succeeds (%s) %s', async (isGood) => {
    bind()
    page.answer = () => Response.json('one')
    const query = show(['product'], () => json('/api/products/1'))
    await until(() => expect(query.shown()).toBe('one'))
    const { mutate, answer } = write()
    mutate()
    await until(() => expect(query.shown()).toBe('optimistic'))
    page.answer = () => Response.json('two')
    layer.change({ kind: 'invalidated', tags: ['product:1'], cause: 'write' })
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products/1`] })
    await until(() => expect(client.getQueryState(['product'])?.isInvalidated).toBe(true))
    expect(query.shown()).toBe('optimistic')
    expect(query.calls).toHaveBeenCalledTimes(1)
    answer(isGood)
    await until(() => expect(query.shown()).toBe('two'))
    await heard()
    expect(query.calls).toHaveBeenCalledTimes(2)
  })

  it('that ends a fetch which was due leaves it due, though the app fetches nothing itself', async () => {
    bind()
    const query = show(['product'], ({ signal }) => json('/api/products/1', { signal }))
    await settled()
    page.answer = () => new Promise(() => undefined)
    layer.change({ kind: 'changed', urls: [`${ORIGIN}/api/products/1`] })
    await until(() => expect(query.calls).toHaveBeenCalledTimes(2))
    let answer: (value: unknown) => void = () => undefined
    const write = new MutationObserver(client, {
      mutationFn: () => new Promise((resolve) => (answer = resolve)),
      onMutate: async () => {
        await client.cancelQueries({ queryKey: ['product'] }, { revert: false })
        client.setQueryData(['product'], 'optimistic')
      },
    })
    void write.mutate()
    await until(() => expect(query.shown()).toBe('optimistic'))
    page.answer = () => Response.json('new')
    answer(undefined)
    await until(() => expect(query.shown()).toBe('new'))
    expect(query.calls).toHaveBeenCalledTimes(3)
  })

  it('is the only thing that a write which waits for the network keeps from being fetched', async () => {
    bind()
    page.answer = () => Response.json('one')
    const query = show(['product'], () => json('/api/products/1'))
    const other = show(['other'], () => json('/api/products/2'))
    await settled()
    onlineManager.setOnline(false)
    const { mutate, answer } = write({ isPaused: true })
    mutate()
    await until(() => expect(query.shown()).toBe('optimistic'))
    layer.change({ kind: 'invalidated', tags: ['products'], cause: 'write' })
    await until(() => expect(other.calls).toHaveBeenCalledTimes(2))
    expect(query.calls).toHaveBeenCalledTimes(1)
    onlineManager.setOnline(true)
    void client.resumePausedMutations()
    await until(() => expect(client.getMutationCache().getAll()[0]?.state.isPaused).toBe(false))
    answer(true)
    await until(() => expect(query.calls.mock.calls.length).toBeGreaterThan(1))
  })
})

describe('a user who signs out', () => {
  it('takes along what may be theirs, and leaves what all users get', async () => {
    bind()
    const theirs = show(['stock'], () => json('/api/stock/1'))
    const all = show(['product'], () => json('/api/products/1'))
    await settled()
    await client.prefetchQuery({ queryKey: ['earlier'], queryFn: () => json('/api/stock/2') })
    await client.prefetchQuery({ queryKey: ['unseen'], queryFn: () => Promise.resolve('whose?') })
    page.answer = () => new Response('{}', { status: 401 })
    layer.change({ kind: 'removed', urls: ['*'], all: true, cause: 'sign-out' })
    expect(theirs.shown()).toBeUndefined()
    expect(all.shown()).toBeDefined()
    expect(client.getQueryData(['earlier'])).toBeUndefined()
    expect(client.getQueryData(['unseen'])).toBeUndefined()
  })

  it('takes it along from a page out of sight, too, which asks for nothing', async () => {
    bind()
    const theirs = show(['stock'], () => json('/api/stock/1'))
    await settled()
    page.setHidden(true)
    layer.change({ kind: 'removed', urls: ['*'], all: true, cause: 'sign-out' })
    expect(theirs.shown()).toBeUndefined()
    expect(client.isFetching()).toBe(0)
    page.setHidden(false)
    await until(() => expect(theirs.shown()).toBeDefined())
  })

  it('takes it along also where their sign-out may have been missed, and all is asked for once', async () => {
    bind()
    const theirs = show(['stock'], () => json('/api/stock/1'))
    const all = show(['product'], () => json('/api/products/1'))
    await settled()
    layer.change({ kind: 'reset', all: true, cause: 'reset', userMayBeGone: true })
    expect(theirs.shown()).toBeUndefined()
    expect(all.shown()).toBeDefined()
    await until(() => expect(theirs.shown()).toBeDefined())
    await heard()
    expect([theirs.calls.mock.calls.length, all.calls.mock.calls.length]).toEqual([2, 2])
    layer.change({ kind: 'reset', all: true, cause: 'reset' })
    expect(theirs.shown(), 'the origin is back').toBeDefined()
  })

  it('takes along what the server or an earlier page has put there', async () => {
    bind()
    const before = new QueryClient()
    before.setQueryData(['stock'], 'of the user before')
    hydrate(client, dehydrate(before))
    const theirs = show(['stock'], () => new Promise(() => undefined), { staleTime: Infinity })
    expect(theirs.shown()).toBe('of the user before')
    layer.change({ kind: 'removed', urls: ['*'], all: true, cause: 'sign-out' })
    expect(theirs.shown()).toBeUndefined()
  })
})

describe('what a query shows until its own data has come, once the user has signed out (I3)', () => {
  const SIGN_OUT = { kind: 'removed', urls: ['*'], all: true, cause: 'sign-out' } as const
  const ofPage = (at: number, more = {}) => ({
    queryKey: ['stock', at],
    queryFn: () => json(`/api/stock/${at}`),
    placeholderData: keepPreviousData,
    ...more,
  })

  it.each<[string, object]>([
    ['of its page before', {}],
    ['of its page before, as `select` makes it', { select: (data: unknown) => [data] }],
  ])('is nothing %s', async (_, more) => {
    bind()
    page.answer = () => Response.json('of ada')
    const observer = new QueryObserver<unknown>(client, ofPage(1, more))
    const leave = observer.subscribe(() => undefined)
    await until(() => expect(observer.getCurrentResult().data).toBeDefined())
    // The next page is on its way: the one before is shown.
    page.answer = () => new Promise(() => undefined)
    observer.setOptions(ofPage(2, more))
    expect(observer.getCurrentResult()).toMatchObject({ isPlaceholderData: true })
    layer.change(SIGN_OUT)
    expect(observer.getCurrentResult().data).toBeUndefined()
    // A component is rendered anew, and goes on.
    observer.setOptions(ofPage(2, more))
    expect(observer.getCurrentResult().data).toBeUndefined()
    observer.setOptions(ofPage(3, more))
    expect(observer.getCurrentResult().data).toBeUndefined()
    leave()
  })

  it('is nothing of theirs either where all users get what it waits for', async () => {
    bind()
    page.answer = () => Response.json('of ada')
    const observer = new QueryObserver<unknown>(client, ofPage(1))
    const leave = observer.subscribe(() => undefined)
    await until(() => expect(observer.getCurrentResult().data).toBeDefined())
    page.answer = () => new Promise(() => undefined)
    const product = { queryKey: ['product', 1], queryFn: () => json('/api/products/1') }
    observer.setOptions({ ...product, placeholderData: keepPreviousData })
    layer.change(SIGN_OUT)
    expect(observer.getCurrentResult().data).toBeUndefined()
    leave()
  })

  it('is what the app itself has for the time, and then the data of the next user', async () => {
    bind()
    const theirs = show(['stock', 1], () => json('/api/stock/1'), { placeholderData: 'a moment' })
    await settled()
    page.answer = () => new Promise(() => undefined)
    layer.change(SIGN_OUT)
    expect(theirs.shown()).toBe('a moment')
    page.answer = () => Response.json('of grace')
    layer.change(SIGN_OUT)
    await until(() => expect(theirs.shown()).toBe('of grace'))
  })
})

describe('the times of the library', () => {
  const isStale = (key: string): boolean | undefined => {
    const observer = new QueryObserver(client, { queryKey: [key], enabled: true })
    return observer.getCurrentResult().isStale
  }

  const STORED = 'Freshlayer; fwd=uri-miss; stored'
  it.each<[string, string, Record<string, string>, boolean]>([
    ['as the rule says', '/api/products/1', { 'cache-status': STORED }, true],
    [
      'as the rule says, from when the origin made it',
      '/api/products/1',
      { 'cache-status': STORED, age: '300' },
      false,
    ],
    ['for as long as it has left', '/api/products/1', { 'cache-status': 'Freshlayer; hit; ttl=9' }, true],
    ['no more, where nothing is left', '/api/products/1', { 'cache-status': 'Freshlayer; hit; ttl=-9' }, false],
    ['never, where each read is to be validated', '/api/stock/1', { 'cache-status': STORED }, false],
    [
      'never, where it is not stored',
      '/api/products/1',
      { 'cache-status': 'Freshlayer; fwd=uri-miss; detail=no-store' },
      false,
    ],
    [
      'never, where it stands in for the origin',
      '/api/products/1',
      { 'cache-status': 'Freshlayer; fwd=stale; detail=offline' },
      false,
    ],
    ['as the library has it, where no rule covers it', '/other', {}, false],
  ])('data is fresh %s: %s', async (_, url, headers, expected) => {
    bind()
    page.answer = () => Response.json(1, { headers })
    show(['product'], () => json(url))
    await settled()
    expect(isStale('product')).toBe(!expected)
  })

  it('data whose answer the binding did not see is read once more at each mount, from the layer', async () => {
    bind()
    show(['product'], () => page.byXhr('/api/products/1'))
    await settled()
    expect(isStale('product')).toBe(true)
  })

  it('stay as the app has them, where the app says so or no worker would tell of a change', async () => {
    bind({}, { defaultOptions: { queries: { staleTime: 60_000, networkMode: 'always' } } })
    show(['other'], () => json('/other'))
    show(['own'], () => json('/api/products/1'), { staleTime: 0 })
    await settled()
    expect(isStale('other')).toBe(false)
    expect(
      client
        .getQueryCache()
        .find({ queryKey: ['own'] })
        ?.observers[0]?.getCurrentResult().isStale,
    ).toBe(true)
    expect(client.getDefaultOptions().queries?.networkMode).toBe('always')
    layer.state = { ...layer.state, controlled: false }
    show(['product'], () => json('/api/stock/1'))
    await settled()
    expect(isStale('product')).toBe(false)
  })

  it.each([
    ['an hour, where a rule lets it be shown so long', '/api/products/1', {}, 3_600_000],
    ['as the library has it, where a rule lets nothing be kept', '/api/till', {}, 300_000],
    ['as the library has it, where no rule covers it', '/other', {}, 300_000],
    ['as the query says', '/api/products/1', { gcTime: 1000 }, 1000],
  ])('data stays in memory for %s', async (_, url, more, expected) => {
    bind()
    show(['product'], () => json(url), more)
    await settled()
    expect(client.getQueryCache().find({ queryKey: ['product'] })?.gcTime).toBe(expected)
  })

  it('the library fetches when the browser is online again, unless the layer does', () => {
    bind()
    const { refetchOnReconnect } = client.getDefaultOptions().queries ?? {}
    const query = client.getQueryCache().build<unknown, Error, unknown, QueryKey>(client, { queryKey: ['x'] })
    const asked = (): unknown => typeof refetchOnReconnect === 'function' && refetchOnReconnect(query)
    expect(asked()).toBe(true)
    layer.state = { ...layer.state, offline: true }
    expect(asked()).toBe(false)
  })
})

describe('the binding', () => {
  it('takes a client of the library and a config, and nothing that is like neither', () => {
    bind()
    expectTypeOf<QueryClient>().toExtend<QueryClientLike>()
    expectTypeOf<object>().not.toExtend<QueryClientLike>()
    expectTypeOf(bindQueryClient).parameter(1).toEqualTypeOf<Config>()
    expectTypeOf<Freshlayer>().toExtend<NonNullable<BindOptions['layer']>>()
    expectTypeOf<(key: readonly unknown[]) => string[] | undefined>().toExtend<NonNullable<BindOptions['urlsOf']>>()
    expectTypeOf<(key: readonly unknown[]) => number>().not.toExtend<NonNullable<BindOptions['urlsOf']>>()
  })

  it('says how old the oldest of a query’s answers is', async () => {
    bind()
    show(['both'], () => Promise.all([json('/api/products/1'), json('/api/stock/1')]))
    await settled()
    layer.ages = { [`${ORIGIN}/api/products/1`]: 7, [`${ORIGIN}/api/stock/1`]: 3 }
    expect(await binding.ageOf(['both'])).toBe(7)
    expect(await binding.ageOf(['none'])).toBeUndefined()
  })

  it('leaves all as it was, once it is closed', async () => {
    const { fetch } = globalThis
    bind({}, { defaultOptions: { queries: { staleTime: 5 } } })
    const query = show(['product'], () => json('/api/products/1'))
    await settled()
    binding.close()
    expect(globalThis.fetch).toBe(fetch)
    expect(client.getDefaultOptions().queries?.staleTime).toBe(5)
    expect(layer.listeners.size).toBe(0)
    layer.change({ kind: 'reset', all: true, cause: 'reset' })
    await query.observer.refetch()
    expect(query.calls).toHaveBeenCalledTimes(2)
  })

  it('replaces an earlier one of the same client', async () => {
    bind()
    const again = bindQueryClient(client, RULES, { layer })
    expect(layer.listeners.size).toBe(1)
    const query = show(['product'], () => json('/api/products/1'))
    await settled()
    layer.change({ kind: 'reset', all: true, cause: 'reset' })
    await until(() => expect(query.calls).toHaveBeenCalledTimes(2))
    again.close()
  })

  it('does nothing outside of a browser', async () => {
    vi.stubGlobal('document', undefined)
    const { fetch } = globalThis
    bind()
    expect(globalThis.fetch).toBe(fetch)
    expect(binding.urlsOf(['x'])).toEqual([])
    expect(await binding.ageOf(['x'])).toBeUndefined()
  })

  it('leaves a query’s signal alone that its function does not read', async () => {
    bind()
    const ends: AbortSignal[] = []
    page.answer = (_url, init) => {
      if (init?.signal) ends.push(init.signal)
      return new Promise(() => undefined)
    }
    const silent = show(['silent'], () => json('/api/products/1'))
    const reading = show(['reading'], ({ signal }) => json('/api/products/2', { signal }))
    silent.leave()
    reading.leave()
    expect(ends.map(({ aborted }) => aborted)).toEqual([true])
    // The library goes on with a request that cannot be aborted.
    expect(client.getQueryState(['silent'])?.fetchStatus).toBe('fetching')
    expect(client.getQueryState(['reading'])?.fetchStatus).toBe('idle')
  })
})

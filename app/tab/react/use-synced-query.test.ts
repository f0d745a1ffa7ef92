// @vitest-environment happy-dom
import { createElement as h, type ReactNode, Suspense } from 'react'
import { renderToString } from 'react-dom/server'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import type { FakePage } from '../page.fixture.ts'
import { type SyncedQuery, type SyncedQueryOptions, useSyncedQuery } from './index.ts'
import { api, connected, page, pageForEachTest, run, show, text } from './page.fixture.ts'

vi.mock('../connect.ts', async () => (await import('./page.fixture.ts')).connecting)
pageForEachTest()

const URL_ASKED = '/api/products'
const LIGHT = '/api/versions/products'

let query: SyncedQuery<number, number>

const asked = (url: string): FakePage['asked'] => page.asked.filter((each) => each.url === url)
const answer = (url: string, ...given: Parameters<FakePage['answer']>): Promise<void> =>
  run(() =>
    asked(url)
      .at(-1)
      ?.answer(...given),
  )
const change = (path: string): Promise<void> =>
  run(() => page.change({ kind: 'invalidated', cause: 'poll', urls: [api(path)] }))

interface Props extends SyncedQueryOptions<number> {
  readonly url?: string
}

function Shown({ url = URL_ASKED, ...options }: Props): ReactNode {
  query = useSyncedQuery<number>(url, options)
  return `${query.data ?? 'none'}${query.isSyncing ? ' syncing' : ''}${query.isStale ? ' stale' : ''}`
}

describe('fresh', () => {
  it.each([
    ['2m', 'max-age=120, max-stale'],
    ['1.5s', 'max-age=1, max-stale'],
    [0, 'max-age=0, max-stale'],
    ['forever', 'max-stale'],
  ] as const)('%s is asked for as %s', async (fresh, directive) => {
    await show(h(Shown, { fresh }))
    expect(page.asked.map(({ init }) => init.headers)).toEqual([{ 'cache-control': directive }])
    await answer(URL_ASKED, 1)
    await run(() => query.refresh())
    // The origin is asked, whatever is stored.
    expect(page.asked[1]?.init).toMatchObject({ cache: 'no-cache' })
    expect(page.asked[1]?.init.headers).toBeUndefined()
  })

  it('takes what is past its rule’s freshness, and does not call it stale', async () => {
    await show(h(Shown, { fresh: '2m' }))
    await answer(URL_ASKED, 1, { fields: { 'cache-status': 'Freshlayer; hit; ttl=-30; detail=max-stale', age: '90' } })
    expect(text()).toBe('1')
    expect(query.updatedAt).toBe(Date.now() - 90_000)
  })

  it('is handed to the app’s own function', async () => {
    const fetch = vi.fn((url: string, init: RequestInit) => globalThis.fetch(url, init))
    await show(h(Shown, { fresh: '2m', fetch }))
    expect(fetch.mock.calls[0]?.[1].headers).toEqual({ 'cache-control': 'max-age=120, max-stale' })
  })

  it('of another origin is not sent, and the console says so', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    await show(h(Shown, { fresh: '2m', url: 'https://other.test/api/products' }))
    expect(page.asked[0]?.init.headers).toEqual({})
    expect(String(warned.mock.calls[0])).toContain('https://other.test/api/products')
  })

  it('that is no duration is refused', () => {
    expect(() => renderToString(h(Shown, { fresh: '2 minutes' as never }))).toThrow('{ fresh }')
  })
})

describe('timestamps', () => {
  const versions = (...ids: readonly number[]): unknown => ids.map((id) => ({ id, updatedAt: `t${id}` }))
  /** The list and its versions are read. */
  async function begin(): Promise<void> {
    await show(h(Shown, { timestamps: LIGHT }))
    await answer(URL_ASKED, 1)
    await answer(LIGHT, versions(1, 2))
  }

  it('what is stored is shown at once, and asked for once its version is heard', async () => {
    await begin()
    expect(asked(URL_ASKED).map(({ init }) => init.cache)).toEqual(['force-cache', 'no-cache'])
    await answer(URL_ASKED, 2)
    expect(text()).toBe('2')
    expect(asked(LIGHT)).toHaveLength(1)
  })

  it('equal versions in another order cost no full read, and others do', async () => {
    await begin()
    await answer(URL_ASKED, 2)
    await change(LIGHT)
    await answer(LIGHT, versions(2, 1))
    expect(asked(URL_ASKED)).toHaveLength(2)
    await change(LIGHT)
    await answer(LIGHT, versions(2, 1, 3))
    expect(asked(URL_ASKED)).toHaveLength(3)
    await answer(URL_ASKED, 3)
    expect(text()).toBe('3')
    await change(LIGHT)
    await answer(LIGHT, versions(3, 2, 1))
    expect(asked(URL_ASKED)).toHaveLength(3)
  })

  it('a version that comes while the data is read for another is not taken for its version', async () => {
    await begin()
    await change(LIGHT)
    await answer(LIGHT, versions(3))
    // The read that began for the first version.
    await answer(URL_ASKED, 2)
    expect(asked(URL_ASKED)).toHaveLength(3)
    await answer(URL_ASKED, 3)
    expect(text()).toBe('3')
  })

  it('an equal version confirms what came from store', async () => {
    await begin()
    await answer(URL_ASKED, 2)
    await change(URL_ASKED)
    await answer(URL_ASKED, 2, {
      fields: { 'cache-status': 'Freshlayer; hit; ttl=-30; detail=force-cache', age: '90' },
    })
    expect(text()).toBe('2 stale')
    await run(() => vi.advanceTimersByTimeAsync(1000))
    await change(LIGHT)
    await answer(LIGHT, versions(1, 2))
    expect(text()).toBe('2')
    expect(asked(URL_ASKED)).toHaveLength(3)
  })

  it.each([
    ['fails', 'busy', { status: 503, type: 'text/plain' }],
    ['says no version', { error: 'no' }, {}],
  ])('an endpoint that %s leaves the data to its rule', async (_, body, options) => {
    await show(h(Shown, { timestamps: LIGHT }))
    await answer(URL_ASKED, 1)
    await answer(LIGHT, body, options)
    expect(asked(URL_ASKED).at(-1)?.init.cache).toBe('no-cache')
    await answer(URL_ASKED, 2)
    await change(URL_ASKED)
    expect(asked(URL_ASKED).at(-1)?.init.cache).toBeUndefined()
    expect(query.error).toBeUndefined()
  })

  it('reads nothing where it is not enabled', async () => {
    await show(h(Shown, { timestamps: LIGHT, enabled: false }))
    expect(page.asked).toEqual([])
  })
})

describe('mutate()', () => {
  it('shows a change until the read after its write', async () => {
    await show(h(Shown))
    await answer(URL_ASKED, 1)
    const { mutate } = query
    let end: ((value: string) => void) | undefined
    let given: Promise<unknown> | undefined
    await run(
      () =>
        (given = mutate(
          (before = 0) => before + 1,
          () => new Promise<string>((resolve) => (end = resolve)),
        )),
    )
    expect(text()).toBe('2')
    await run(() => end?.('done'))
    await expect(given).resolves.toBe('done')
    expect(text()).toBe('2 syncing')
    await answer(URL_ASKED, 5)
    expect(text()).toBe('5')
    expect(query.mutate).toBe(mutate)
  })

  it('takes the change back where its write fails, and rejects with the error', async () => {
    await show(h(Shown))
    await answer(URL_ASKED, 1)
    let given: Promise<unknown> | undefined
    await run(
      () =>
        (given = query
          .mutate(
            (before = 0) => before + 1,
            () => Promise.reject(new RangeError('no')),
          )
          .catch((error: unknown) => error)),
    )
    expect(await given).toMatchObject({ message: 'no' })
    expect(text()).toBe('1 syncing')
  })

  it('without a write shows the change until it is read', async () => {
    await show(h(Shown))
    await answer(URL_ASKED, 1)
    await run(() => query.mutate(() => 9))
    expect(text()).toBe('9 syncing')
    await answer(URL_ASKED, 9)
    expect(text()).toBe('9')
  })
})

it('waits in its <Suspense>', async () => {
  const Waiting = (): ReactNode => useSyncedQuery<number>(URL_ASKED, { suspense: true }).data
  await show(h(Suspense, { fallback: 'waiting' }, h(Waiting)))
  expect(text()).toBe('waiting')
  await answer(URL_ASKED, 1)
  expect(text()).toBe('1')
})

it('reads nothing on a server', () => {
  connected.layer = undefined
  expect(renderToString(h('p', null, h(Shown, { fresh: '2m', timestamps: LIGHT })))).toBe('<p>none syncing</p>')
  expect(page.asked).toEqual([])
})

it('types', () => {
  // Compiled, and never called.
  const typed = (url: string): unknown[] => {
    const parse = (body: unknown): string => String(body)
    expectTypeOf(useSyncedQuery(url).data).toBeUnknown()
    expectTypeOf(useSyncedQuery(url, { parse }).data).toEqualTypeOf<string | undefined>()
    expectTypeOf(useSyncedQuery(url, { parse, suspense: true }).data).toEqualTypeOf<string>()
    void useSyncedQuery<string, number>(url, { parse }).mutate((before = 1) => before + 1)
    return [
      // @ts-expect-error a number is no duration
      useSyncedQuery(url, { fresh: 30 }),
      // @ts-expect-error the change gives something else
      useSyncedQuery<number>(url).mutate(() => 'text'),
    ]
  }
  expect(typed).toBeTypeOf('function')
})

import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { AnswerError } from './answer-error.ts'
import { observe } from './observe.ts'
import type { Observed } from './observed-url.ts'
import { shownBy } from './shown-urls.ts'
import { FakePage } from './page.fixture.ts'

const connected = vi.hoisted(() => ({ layer: undefined as unknown }))
vi.mock('./connect.ts', () => ({ connectedLayer: () => connected.layer, onConnected: () => undefined }))

const URL_ASKED = 'https://app.test/api/products/1'
const STALE = { 'cache-status': 'Freshlayer; hit; ttl=-3; detail=rule', age: '303' }

let page: FakePage
let seen: Observed[]
const last = (): Observed | undefined => seen.at(-1)
const look = (url = '/api/products/1'): (() => void) => observe(url, (observed) => seen.push(observed))

beforeEach(() => {
  vi.useFakeTimers()
  page = new FakePage()
  connected.layer = page.layer
  seen = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('what an observer sees', () => {
  it('nothing at once, then the answer', async () => {
    look()
    expect(seen).toEqual([expect.objectContaining({ data: undefined, isSyncing: true, error: undefined })])
    await page.answer({ price: 10 })
    expect(seen).toHaveLength(2)
    expect(last()).toEqual({
      data: { price: 10 },
      deleted: [],
      isSyncing: false,
      isStale: false,
      isOffline: false,
      updatedAt: Date.now(),
      error: undefined,
    })
  })

  it('which of the rows this device has changed, also where the same rows are not changed any more', async () => {
    look()
    const marks = (isDirty: number): string =>
      JSON.stringify({ at: [], isList: false, rows: [[0, 5, isDirty]], deleted: [] })
    const mark = (): unknown => (last()?.data as { readonly isDirty?: boolean } | undefined)?.isDirty
    await page.answer({ price: 10 }, { fields: { 'freshlayer-records': marks(1) } })
    expect([mark(), last()?.data]).toEqual([true, { price: 10 }])
    await page.change({ urls: ['https://app.test/api/products/1'] })
    await page.answer({ price: 10 }, { fields: { 'freshlayer-records': marks(0) } })
    expect(mark()).toBe(false)
  })

  it('what the user has deleted, beside the refusal', async () => {
    look()
    const deleted = [[{ id: 1 }, 5]]
    const marks = JSON.stringify({ at: [], isList: false, rows: [], deleted })
    await page.answer({}, { status: 404, fields: { 'freshlayer-records': marks } })
    expect(last()).toMatchObject({ data: undefined, deleted: [{ id: 1, isDeleted: true }] })
  })

  it('at once what another observer of the URL has got, by one request for all', async () => {
    look()
    look('https://app.test/api/products/1#top')
    await page.answer({ price: 10 })
    look()
    expect(page.asked).toHaveLength(1)
    expect(last()).toMatchObject({ data: { price: 10 }, isSyncing: false })
  })

  it('nothing at a change that the page has read itself', async () => {
    look()
    await page.answer({ price: 10 })
    await page.change({ urls: [URL_ASKED], diff: { added: [], updated: ['1'], removed: [] }, isRead: true })
    expect(page.asked).toHaveLength(1)
  })

  it('the new data at a change of the URL, with the old data until it comes', async () => {
    look()
    await page.answer({ price: 10 })
    await page.change({ urls: [URL_ASKED] })
    expect(last()).toMatchObject({ data: { price: 10 }, isSyncing: true })
    await page.answer({ price: 11 })
    expect(last()).toMatchObject({ data: { price: 11 }, isSyncing: false })
    expect(page.asked).toHaveLength(2)
  })

  it('the same object where the answer is the same', async () => {
    look()
    await page.answer({ price: 10 })
    const data = last()?.data
    await page.change({ urls: [URL_ASKED] })
    await page.answer({ price: 10 })
    expect(last()?.data).toBe(data)
  })

  it('a change by a tag that the worker gives the URL, and no other', async () => {
    page.explain = () => ({ tags: ['products'] })
    look()
    await page.answer({ price: 10 })
    await page.change({ kind: 'invalidated', tags: ['stock'], cause: 'write' })
    expect(page.asked).toHaveLength(1)
    await page.change({ kind: 'invalidated', tags: ['products'], cause: 'write' })
    expect(page.asked).toHaveLength(2)
  })

  it('no data any more where the origin says that it is gone, and the data again when it is back', async () => {
    look()
    await page.answer({ price: 10 })
    await page.change({ kind: 'removed', urls: [URL_ASKED] })
    await page.answer({ title: 'no such product' }, { status: 404 })
    expect(last()).toMatchObject({ data: undefined, isSyncing: false, isStale: false })
    const error = last()?.error
    if (!(error instanceof AnswerError)) throw new Error('another error')
    expect([error.status, error.url, error.body]).toEqual([404, '/api/products/1', { title: 'no such product' }])
    await page.change({ kind: 'first', urls: [URL_ASKED] })
    await page.answer({ price: 12 })
    expect(last()).toMatchObject({ data: { price: 12 }, error: undefined })
  })

  it('its data beside the error where a read fails, and no error when the next one does not', async () => {
    look()
    await page.answer({ price: 10 })
    await page.change({ urls: [URL_ASKED] })
    await page.answer('<h1>busy</h1>', { status: 503, type: 'application/json' })
    expect(last()).toMatchObject({ data: { price: 10 }, isStale: true, error: { name: 'AnswerError', status: 503 } })
    await page.change({ kind: 'reset', all: true, cause: 'reset' })
    page.asked.at(-1)?.fail()
    await vi.advanceTimersByTimeAsync(0)
    expect(last()).toMatchObject({ data: { price: 10 }, isOffline: true, error: { name: 'TypeError' } })
    await page.change({ kind: 'reset', all: true, cause: 'reset' })
    await page.answer({ price: 11 })
    expect(last()).toMatchObject({ data: { price: 11 }, isOffline: false, isStale: false, error: undefined })
  })

  it('text where the answer is no JSON', async () => {
    look()
    await page.answer('a,b', { type: 'text/csv' })
    expect(last()?.data).toBe('a,b')
  })

  it('an error where an answer calls itself JSON and is none', async () => {
    look()
    await page.answer('x', { fields: { 'content-type': 'application/problem+json' }, type: 'text/html' })
    expect(last()).toMatchObject({ data: undefined, error: { name: 'SyntaxError' } })
  })

  it('that the origin is away, and that it is back', async () => {
    look()
    await page.answer({ price: 10 })
    page.set({ offline: true })
    expect(last()).toMatchObject({ data: { price: 10 }, isOffline: true })
    page.set({ updateReady: true })
    page.set({ offline: false })
    expect(last()).toMatchObject({ isOffline: false })
    expect(seen).toHaveLength(4)
  })

  it('nothing of a user who is gone, not even from a read that was on its way', async () => {
    look()
    await page.answer({ price: 10 })
    await page.change({ urls: [URL_ASKED] })
    const theirs = page.asked.at(-1)
    await page.change({ kind: 'removed', urls: ['*'], all: true, cause: 'sign-out' })
    expect(last()).toMatchObject({ data: undefined, isSyncing: true })
    theirs?.answer({ price: 'theirs' })
    await page.answer({ price: 1 })
    expect(seen.map(({ data }) => data)).not.toContainEqual({ price: 'theirs' })
    expect(last()?.data).toEqual({ price: 1 })
  })

  it.each([
    [
      'nothing of a user who may be gone, where a sign-out may have been missed (I3)',
      { userMayBeGone: true },
      undefined,
    ],
    ['its data until the next comes, where the origin is back', {}, { price: 10 }],
  ] as const)('%s', async (_, more, shown) => {
    look()
    await page.answer({ price: 10 })
    await page.change({ kind: 'reset', all: true, cause: 'reset', ...more })
    expect(last()).toMatchObject({ data: shown, isSyncing: true })
    expect(page.asked).toHaveLength(2)
    await page.answer({ price: 11 })
    expect(last()).toMatchObject({ data: { price: 11 } })
  })

  it('nothing after it has left, and its read is given up', async () => {
    const leave = look()
    leave()
    await vi.advanceTimersByTimeAsync(0)
    expect(page.asked[0]?.init.signal?.aborted).toBe(true)
    expect(seen).toHaveLength(1)
  })

  it('what it saw before, where it comes back within a minute, unless it has changed', async () => {
    const leave = look()
    await page.answer({ price: 10 })
    leave()
    await vi.advanceTimersByTimeAsync(30_000)
    const again = look()
    expect(last()).toMatchObject({ data: { price: 10 }, isSyncing: true })
    await page.answer({ price: 11 })
    again()
    await vi.advanceTimersByTimeAsync(1000)
    await page.change({ urls: [URL_ASKED] })
    expect(page.asked).toHaveLength(2)
    look()
    expect(last()).toMatchObject({ data: undefined })
  })

  it('nothing, once it has left: what is kept is neither polled nor validated on focus', async () => {
    const shown = (): string[] => [...shownBy(page.layer).parts].flatMap(({ urls }) => [...urls()])
    const onNew = vi.fn()
    shownBy(page.layer).onNew = onNew
    look('/api/products/2')
    const leave = look()
    await page.answer({ price: 10 })
    expect(shown()).toHaveLength(2)
    leave()
    await vi.advanceTimersByTimeAsync(1000)
    expect(shown()).toEqual(['https://app.test/api/products/2'])
    onNew.mockClear()
    look()
    expect(last()).toMatchObject({ data: { price: 10 } })
    expect(shown()).toContain(URL_ASKED)
    expect(onNew).toHaveBeenCalledOnce()
  })

  it('nothing of before, where its rule lets nothing be shown but what the origin has now', async () => {
    const leave = look()
    await page.answer(
      { balance: 10 },
      { fields: { 'cache-status': 'Freshlayer; fwd=bypass; fwd-status=200; detail=network-only' } },
    )
    expect(last()).toMatchObject({ data: { balance: 10 } })
    leave()
    // A part that shows it right away shares it.
    const again = look()
    expect(last()).toMatchObject({ data: { balance: 10 } })
    again()
    await vi.advanceTimersByTimeAsync(1)
    look()
    expect(last()).toMatchObject({ data: undefined, isSyncing: true })
    await page.answer({ balance: 11 })
    expect(last()).toMatchObject({ data: { balance: 11 } })
  })

  it('the change, where its read was given up and it comes back at once (I1)', async () => {
    const leave = look()
    await page.answer({ price: 10 })
    await page.change({ kind: 'invalidated', urls: [URL_ASKED], cause: 'write' })
    leave()
    await vi.advanceTimersByTimeAsync(100)
    look()
    expect(page.asked).toHaveLength(3)
    await page.answer({ price: 11 })
    expect(last()).toMatchObject({ data: { price: 11 }, isSyncing: false })
  })

  it('keeps nothing in memory of what no component has shown for a minute', async () => {
    look()()
    const leave = look('/api/products/2')
    await page.answer({ price: 10 })
    leave()
    await vi.advanceTimersByTimeAsync(61_000)
    expect(vi.getTimerCount()).toBe(0)
    look('/api/products/2')
    expect(last()?.data).toBeUndefined()
  })

  it('an observer that throws harms no other', async () => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    observe('/api/products/1', () => {
      throw new Error('of the app')
    })
    look()
    await page.answer({ price: 10 })
    expect(reported).toHaveBeenCalled()
    expect(last()?.data).toEqual({ price: 10 })
  })
})

describe('an answer that is validated behind', () => {
  it('is syncing until the worker has confirmed it, with its new age', async () => {
    look()
    await page.answer({ price: 10 }, { fields: STALE })
    expect(last()).toMatchObject({ isSyncing: true, isStale: true, updatedAt: Date.now() - 303_000 })
    page.explain = () => ({ state: 'stale', ageSeconds: 303.9 })
    await vi.advanceTimersByTimeAsync(200)
    expect(last()).toMatchObject({ isSyncing: true, isStale: true })
    page.explain = () => ({ state: 'stale', ageSeconds: 0.1 })
    await vi.advanceTimersByTimeAsync(1000)
    expect(last()).toMatchObject({ isSyncing: false, isStale: false })
    expect(Date.now() - (last()?.updatedAt ?? 0)).toBeLessThan(1500)
    expect(page.asked).toHaveLength(1)
  })

  it('is syncing no more where the worker cannot confirm it', async () => {
    look()
    await page.answer({ price: 10 }, { fields: STALE })
    page.explain = () => ({ state: 'stale', ageSeconds: 400 })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(last()).toMatchObject({ isSyncing: false, isStale: true })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a read', () => {
  it('that a change overtakes is followed by one more, however many changes come', async () => {
    look()
    for (let time = 0; time < 9; time++) await page.change({ kind: 'invalidated', urls: [URL_ASKED], cause: 'write' })
    await page.answer({ price: 10 })
    expect(last()).toMatchObject({ data: { price: 10 }, isSyncing: true })
    expect(page.asked).toHaveLength(2)
    await page.answer({ price: 11 })
    expect(page.asked).toHaveLength(2)
    expect(last()).toMatchObject({ data: { price: 11 }, isSyncing: false })
  })

  it('at a change that follows another within a second waits for its end; after a write it does not', async () => {
    look()
    await page.answer({ price: 10 })
    for (let time = 0; time < 20; time++) {
      await page.change({ urls: [URL_ASKED] })
      await page.answer({ price: 11 + time })
      await vi.advanceTimersByTimeAsync(100)
    }
    // That of the page itself, at once at the first change, and one for each second of changes.
    expect(page.asked).toHaveLength(4)
    await page.answer({ price: 99 })
    await page.change({ kind: 'invalidated', urls: [URL_ASKED], cause: 'write' })
    expect(page.asked).toHaveLength(5)
  })

  it('waits while the page is out of sight', async () => {
    look()
    await page.answer({ price: 10 })
    page.show(false)
    await page.change({ urls: [URL_ASKED] })
    await page.change({ kind: 'invalidated', urls: [URL_ASKED], cause: 'write' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(page.asked).toHaveLength(1)
    page.show(true)
    expect(page.asked).toHaveLength(2)
  })

  it('is left to the layer when the page comes into sight', async () => {
    look()
    await page.answer({ price: 10 })
    page.show(false)
    await vi.advanceTimersByTimeAsync(10_000)
    page.show(true)
    expect(page.asked).toHaveLength(1)
    expect([...shownBy(page.layer).parts].flatMap(({ urls }) => [...urls()])).toEqual([URL_ASKED])
  })

  it('is not made where the layer says that what is stored was confirmed: then it is not stale', async () => {
    look()
    await page.answer({ price: 10 }, { fields: STALE })
    page.explain = () => ({ state: 'stale', ageSeconds: 400 })
    await vi.advanceTimersByTimeAsync(10_000)
    const atMs = Date.now()
    page.attend([[URL_ASKED, { atMs, outcome: 'unchanged' }]], 'poll')
    expect(last()).toMatchObject({ isStale: false, updatedAt: atMs })
    page.attend([[URL_ASKED, { atMs: atMs - 1 }]], 'poll')
    expect(last()).toMatchObject({ updatedAt: atMs })
    expect(page.asked).toHaveLength(1)
  })

  it('is made anew after an error once the layer has something', async () => {
    look()
    await page.answer({ title: 'busy' }, { status: 503 })
    page.attend([[URL_ASKED, {}]], 'focus')
    expect(page.asked).toHaveLength(1)
    page.attend([[URL_ASKED, { atMs: Date.now() }]], 'focus')
    expect(page.asked).toHaveLength(2)
  })

  it.each([
    ['is made of what no rule covers when the page comes into sight after a while', 10_000, 'focus', 2],
    ['is not made of what no rule covers after a glance elsewhere', 1000, 'focus', 1],
    ['is not made of what no rule covers at a poll', 10_000, 'poll', 1],
  ] as const)('%s', async (_, hiddenMs, because, count) => {
    look()
    await page.answer({ price: 10 })
    page.show(false)
    await vi.advanceTimersByTimeAsync(hiddenMs)
    page.show(true)
    page.attend([[URL_ASKED, { outcome: 'no-worker' }]], because)
    expect(page.asked).toHaveLength(count)
  })

  it('is made, in a page without a worker, when that comes into sight after a while, and not after a glance', async () => {
    page.set({ controlled: false })
    look()
    await page.answer({ price: 10 })
    page.show(false)
    await vi.advanceTimersByTimeAsync(1000)
    page.show(true)
    expect(page.asked).toHaveLength(1)
    page.show(false)
    await vi.advanceTimersByTimeAsync(10_000)
    page.show(true)
    expect(page.asked).toHaveLength(2)
  })

  it('is made when a browser without a worker is online again; with one the layer says when', async () => {
    look()
    await page.answer({ price: 10 })
    page.window.dispatchEvent(new Event('online'))
    expect(page.asked).toHaveLength(1)
    page.set({ controlled: false })
    page.window.dispatchEvent(new Event('online'))
    expect(page.asked).toHaveLength(2)
  })

  it('is not made at a first answer where there is data already', async () => {
    look()
    await page.answer({ price: 10 })
    await page.change({ kind: 'first', urls: [URL_ASKED] })
    expect(page.asked).toHaveLength(1)
  })

  it.each(['has come', 'is on its way'])(
    'is made at a first answer where what %s was asked for before the worker was there',
    async (which) => {
      page.set({ controlled: false })
      look()
      if (which === 'has come') await page.answer({ price: 10 })
      page.set({ controlled: true })
      await page.change({ kind: 'first', urls: [URL_ASKED] })
      if (which !== 'has come') await page.answer({ price: 10 })
      await page.answer({ price: 11 })
      expect(last()).toMatchObject({ data: { price: 11 }, isSyncing: false })
      await page.change({ kind: 'first', urls: [URL_ASKED] })
      expect(page.asked).toHaveLength(2)
    },
  )

  it('is made once more where it fails and the origin is not away, as when the worker is stopped under it', async () => {
    look()
    await page.answer({ price: 10 })
    await page.change({ urls: [URL_ASKED] })
    page.asked.at(-1)?.fail()
    await vi.advanceTimersByTimeAsync(0)
    expect(last()).toMatchObject({ data: { price: 10 }, error: { name: 'TypeError' } })
    await vi.advanceTimersByTimeAsync(2000)
    expect(page.asked).toHaveLength(3)
    page.asked.at(-1)?.fail()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(page.asked, 'and not again and again (I11)').toHaveLength(3)
    await page.change({ kind: 'invalidated', urls: [URL_ASKED], cause: 'write' })
    await page.answer({ price: 11 })
    expect(last()).toMatchObject({ data: { price: 11 }, error: undefined })
  })

  it('is not made again by itself where the layer says that the origin is away: it says when it is back', async () => {
    page.set({ offline: true })
    look()
    page.asked.at(-1)?.fail()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(page.asked).toHaveLength(1)
  })

  it('is made by the function of the app, with the URL as the app writes it', async () => {
    const own = vi.fn(() => Promise.resolve(Response.json({ price: 7 })))
    observe('api/%7eproducts?q=a#b', (observed) => seen.push(observed), { fetch: own })
    await vi.advanceTimersByTimeAsync(0)
    expect(own.mock.calls).toEqual([['api/%7eproducts?q=a#b', { signal: expect.any(AbortSignal) as AbortSignal }]])
    expect(last()?.data).toEqual({ price: 7 })
  })
})

it('the function of the one who came last makes the next read, though what is there needs none', async () => {
  look()
  await page.answer({ price: 10 })
  const own = vi.fn(() => Promise.resolve(Response.json({ price: 7 })))
  observe('/api/products/1', (observed) => seen.push(observed), { fetch: own })
  await page.change({ kind: 'invalidated', urls: [URL_ASKED], cause: 'write' })
  expect(own).toHaveBeenCalledOnce()
  expect(page.asked).toHaveLength(1)
})

describe('observe() refuses', () => {
  it('a page without a layer', () => {
    connected.layer = undefined
    expect(() => look()).toThrow(
      new TypeError('freshlayer: observe() needs a layer: call connect() before, where the app starts'),
    )
  })

  it.each([
    [7, () => undefined],
    ['/api', undefined],
  ])('what is no URL and no function: %s', (url, callback) => {
    expect(() => observe(url as string, callback as () => void)).toThrow(
      'freshlayer: observe() takes a URL as text, and a function',
    )
  })
})

it('what no component shows any more is asked about anew when it is shown again, and takes no memory (I13)', async () => {
  page.explain = () => ({ tags: ['products'] })
  const write = { kind: 'invalidated', tags: ['stock'], cause: 'write' } as const
  const leave = look()
  look('/api/products/2')
  for (const each of page.asked) each.answer({ price: 10 })
  await vi.waitFor(() => expect(seen.filter(({ data }) => data !== undefined)).toHaveLength(2))
  await page.change(write)
  await page.change(write)
  expect(page.explained).toHaveLength(2)
  leave()
  await vi.advanceTimersByTimeAsync(61_000)
  look()
  await page.change(write)
  expect(page.explained.slice(2)).toEqual([URL_ASKED])
})

it('on a server nothing is read, and the observer hears once that nothing is there', () => {
  vi.stubGlobal('document', undefined)
  connected.layer = undefined
  look()()
  expect(seen).toEqual([expect.objectContaining({ data: undefined, isSyncing: true })])
  expect(page.asked).toEqual([])
})

it('types: data is unknown, or what the app says', () => {
  look('/api/a')()
  observe('/api/a', ({ data }) => expectTypeOf(data).toBeUnknown())()
  observe<number>('/api/a', ({ data }) => expectTypeOf(data).toEqualTypeOf<number | undefined>())()
  expect(seen).toHaveLength(1)
})

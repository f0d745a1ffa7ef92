import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Question, Validated } from '../../sw/protocol.ts'
import { Attention } from './attention.ts'
import type { LoadedEntry } from './read-urls.ts'
import { attempt, warn } from './report.ts'
import { shownBy } from './shown-urls.ts'

type Asking = Extract<Question, { readonly ask: 'validate' }>

let document: EventTarget & { hidden: boolean }
let closing: AbortController
let entries: (given: readonly LoadedEntry[]) => void
let isAway: boolean

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: 1_000_000 })
  document = Object.assign(new EventTarget(), { hidden: false })
  vi.stubGlobal('document', document)
  vi.stubGlobal('location', { href: 'https://app.test/a' })
  vi.stubGlobal('navigator', { onLine: true })
  vi.stubGlobal('addEventListener', () => undefined)
  closing = new AbortController()
  isAway = false
})
afterEach(() => {
  closing.abort()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A page, and what its worker is asked and answers. */
function page(answer: (asking: Asking) => Partial<Validated> = () => ({})) {
  const asked: Asking[] = []
  const unread: unknown[] = []
  const layer = {}
  const attention = new Attention({
    layer,
    signal: closing.signal,
    isAway: () => isAway,
    ask: (asking) => {
      asked.push(asking)
      return Promise.resolve({ shown: asking.urls.map(() => ({})), ...answer(asking) })
    },
    onUnread: (...given) => void unread.push(given),
    attempt,
    warn,
  })
  entries = (given) => attention.read(given, location.href)
  attention.learn('none')
  return { attention, asked, unread, layer }
}

const read = (name: string, initiatorType = 'fetch'): LoadedEntry => ({
  name,
  initiatorType,
  startTime: performance.now(),
})

describe('what a page without bindings shows', () => {
  it('is what it has read since its last change of route, the newest first, at most fifty', async () => {
    const { attention } = page()
    entries([read('https://app.test/old'), read('https://app.test/logo.png', 'img')])
    await vi.advanceTimersByTimeAsync(5000)
    vi.stubGlobal('location', { href: 'https://app.test/b' })
    entries(Array.from({ length: 60 }, (_, at) => read(`https://app.test/${at}`, 'xmlhttprequest')))
    entries([read('https://app.test/30')])
    expect(attention.urls()).toHaveLength(50)
    expect(attention.urls().slice(0, 2)).toEqual(['https://app.test/30', 'https://app.test/59'])
  })

  it('is also what a router has read right before it changed the route', async () => {
    const { attention } = page()
    entries([read('https://app.test/old')])
    await vi.advanceTimersByTimeAsync(5000)
    entries([read('https://app.test/ahead')])
    await vi.advanceTimersByTimeAsync(500)
    vi.stubGlobal('location', { href: 'https://app.test/b' })
    expect(attention.urls()).toEqual(['https://app.test/ahead'])
  })

  it('is what bindings say, where there are any', () => {
    const { attention, layer } = page()
    entries([read('https://app.test/read')])
    shownBy(layer).parts.add({ urls: () => ['https://app.test/shown', 'https://app.test/shown'] })
    expect(attention.urls()).toEqual(['https://app.test/shown'])
  })
})

describe('a page has the worker validate what it shows', () => {
  it('when it comes into sight, and reads what is not stored', async () => {
    const { attention, asked, unread } = page(() => ({ shown: [{ outcome: 'absent' }] }))
    entries([read('https://app.test/1')])
    await attention.look()
    expect(asked).toEqual([{ ask: 'validate', urls: ['https://app.test/1'], because: 'focus' }])
    expect(unread).toEqual([[['https://app.test/1'], 'focus']])
  })

  it('a hundred at a time, until it is out of sight', async () => {
    const { attention, asked, layer } = page(() => {
      document.hidden = asked.length === 3
      return {}
    })
    shownBy(layer).parts.add({ urls: () => Array.from({ length: 5000 }, (_, at) => `https://app.test/${at}`) })
    await attention.look()
    expect(asked.map(({ urls }) => urls.length)).toEqual([100, 100, 100])
  })

  it('once for writes that follow each other, and not where bindings read it themselves', async () => {
    const { attention, asked, layer } = page()
    entries([read('https://app.test/1')])
    for (let time = 0; time < 9; time++) attention.invalidated()
    await vi.advanceTimersByTimeAsync(100)
    expect(asked.map(({ because }) => because)).toEqual(['invalidated'])
    shownBy(layer).parts.add({ urls: () => [] })
    attention.invalidated()
    await vi.advanceTimersByTimeAsync(100)
    expect(asked).toHaveLength(1)
  })

  it('when the connection is back, and says since when it was lost', async () => {
    const { attention, asked } = page()
    entries([read('https://app.test/1')])
    attention.online()
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toEqual([])
    attention.lose(false, Date.now())
    const lostAtMs = Date.now()
    await vi.advanceTimersByTimeAsync(5000)
    attention.lose(false, Date.now())
    isAway = true
    attention.online()
    await vi.advanceTimersByTimeAsync(1000)
    await attention.reconnect()
    expect(asked).toEqual([])
    isAway = false
    attention.online()
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toEqual([{ ask: 'validate', urls: ['https://app.test/1'], because: 'reconnect', lostAtMs }])
  })

  it('out of sight only tells of the loss, and has it validated once it is in sight', async () => {
    const { attention, asked } = page()
    entries([read('https://app.test/1')])
    attention.lose(true, Date.now())
    document.hidden = true
    await attention.reconnect()
    expect(asked).toMatchObject([{ urls: [], because: 'reconnect', isHidden: true }])
    document.hidden = false
    await attention.look()
    expect(asked.slice(1).map(({ urls, because }) => [urls.length, because])).toEqual([
      [1, 'reconnect'],
      [1, 'focus'],
    ])
  })

  it.each([
    ['not after a hiccup of the origin', false, 4000, 0],
    ['after an origin was away for a while', false, 5000, 1],
    ['after a network that the browser has missed, however short', true, 10, 1],
  ] as const)('%s', async (_, isSure, lostMs, count) => {
    const { attention, asked } = page()
    entries([read('https://app.test/1')])
    const onBack = vi.fn()
    attention.onBack = onBack
    attention.lose(isSure, Date.now())
    await vi.advanceTimersByTimeAsync(lostMs)
    await attention.reconnect()
    expect(asked).toHaveLength(count)
    expect(attention.isLost).toBe(false)
    // Polls rest while it is lost.
    expect(onBack).toHaveBeenCalledOnce()
  })

  it('tells a worker that greets it later than the connection came back', async () => {
    const { attention, asked } = page()
    attention.learn(undefined)
    attention.lose(true, Date.now())
    await attention.reconnect()
    expect(asked).toEqual([])
    attention.learn('none')
    expect(asked.map(({ because }) => because)).toEqual(['reconnect'])
    expect(attention.isLost).toBe(false)
  })

  it('asks nothing of a worker of an older build', async () => {
    const { attention, asked } = page()
    attention.learn(undefined)
    entries([read('https://app.test/1')])
    await attention.look()
    expect(asked).toEqual([])
  })
})

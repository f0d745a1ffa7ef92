import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OutboxCounts, OutboxNews, Question, QueuedWrite } from '../../sw/protocol.ts'
import { expectArgument } from './arguments.ts'
import { type OutboxEvent, PageOutbox } from './outbox.ts'
import { attempt } from './report.ts'

const WRITE: QueuedWrite = {
  place: 7,
  rule: 'POST /api/sales',
  method: 'POST',
  url: 'https://app.test/api/sales',
  state: 'waiting',
  acceptedAtMs: 1,
  attempts: 1,
  size: 2,
}
const news = (more: Partial<OutboxNews> = {}): OutboxNews => ({
  say: 'outbox',
  partition: 'a user',
  urls: [],
  write: WRITE,
  ...more,
})

let document: { hidden: boolean }
let closing: AbortController
let storage: { persisted: ReturnType<typeof vi.fn>; persist: ReturnType<typeof vi.fn> } | undefined

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  vi.setSystemTime(1_000_000)
  vi.spyOn(Math, 'random').mockReturnValue(0)
  vi.stubGlobal('document', (document = { hidden: false }))
  storage = { persisted: vi.fn(async () => false), persist: vi.fn(async () => true) }
  vi.stubGlobal('navigator', { storage })
  const items = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
  })
  closing = new AbortController()
})
afterEach(() => {
  closing.abort()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** A page, and a worker that says how many writes wait, or what else is answered. */
function page({ counts = () => ({ waiting: 0, needsYou: 0 }), answers = {}, hasWorker = true }: Partial<Given> = {}) {
  const asked: Question[] = []
  const warned: unknown[] = []
  const ask = async (question: Question, without: unknown): Promise<unknown> => {
    if (!hasWorker) return without
    asked.push(question)
    return question.ask === 'drain' ? counts() : answers[question.ask]
  }
  const outbox = new PageOutbox({
    ask: ask as never,
    signal: closing.signal,
    expectArgument,
    attempt,
    warn: (error) => void warned.push(error),
    scope: '/',
  })
  return { outbox, asked, warned, drains: () => asked.filter(({ ask: kind }) => kind === 'drain').length }
}

interface Given {
  counts: () => OutboxCounts | Promise<OutboxCounts>
  answers: { readonly [A in Question['ask']]?: unknown }
  hasWorker: boolean
}

const after = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

describe('a page in sight, while writes wait,', () => {
  it('asks the worker at the time that it has named, and again while it says so', async () => {
    const waits = [
      { waiting: 1, needsYou: 0, nextAtMs: 1_013_000 },
      { waiting: 0, needsYou: 0 },
    ]
    const { outbox, drains } = page({ counts: () => waits.shift() as OutboxCounts })
    outbox.learn({ waiting: 2, needsYou: 0, nextAtMs: 1_005_000 })
    await after(4999)
    expect(drains()).toBe(0)
    await after(1)
    expect(drains()).toBe(1)
    await after(7999)
    expect(drains()).toBe(1)
    await after(1)
    expect(drains(), 'nothing waits any more').toBe(2)
    await after(3_600_000)
    expect(drains()).toBe(2)
  })

  it.each([
    ['a time that is over', 1, 1000],
    ['no time', undefined, 30_000],
    ['one that is far away', 9_000_000, 30_000],
  ])('asks not before long where the worker has named %s', async (_, nextAtMs, ms) => {
    const { outbox, drains } = page()
    outbox.learn({ waiting: 1, needsYou: 0, nextAtMs })
    await after(ms - 1)
    expect(drains()).toBe(0)
    await after(1)
    expect(drains()).toBe(1)
  })

  it('asks somewhat later than others do', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.8)
    const { outbox, drains } = page()
    outbox.learn({ waiting: 1, needsYou: 0, nextAtMs: 1_010_000 })
    await after(11_999)
    expect(drains()).toBe(0)
    await after(1)
    expect(drains()).toBe(1)
  })

  it('goes on where the worker does not answer', async () => {
    let isAway = true
    const counts = async (): Promise<OutboxCounts> => {
      if (isAway) throw new Error('no answer')
      return { waiting: 0, needsYou: 0 }
    }
    const { outbox, drains, warned } = page({ counts })
    outbox.learn({ waiting: 1, needsYou: 0, nextAtMs: 0 })
    await after(1000)
    expect([drains(), String(warned)]).toEqual([1, 'Error: no answer'])
    isAway = false
    await after(30_000)
    expect(drains()).toBe(2)
  })

  it('learns of them by the news of another tab', async () => {
    const { outbox, drains } = page()
    outbox.hear(news(), [])
    await after(30_000)
    expect(drains()).toBe(1)
  })

  it('is not put off by further news', async () => {
    const { outbox, drains } = page()
    outbox.learn({ waiting: 1, needsYou: 0, nextAtMs: 1_002_000 })
    await after(1500)
    outbox.hear(news(), [])
    await after(500)
    expect(drains()).toBe(1)
  })

  it('stops when it is closed', async () => {
    const { outbox, drains } = page()
    outbox.learn({ waiting: 1, needsYou: 0 })
    closing.abort()
    outbox.learn({ waiting: 1, needsYou: 0 })
    await after(60_000)
    expect(drains()).toBe(0)
  })
})

describe('a page asks nothing', () => {
  it('while it is hidden; it does when it is shown', async () => {
    const { outbox, drains } = page()
    document.hidden = true
    outbox.learn({ waiting: 1, needsYou: 0, nextAtMs: 0 })
    outbox.poke()
    await after(120_000)
    expect(drains()).toBe(0)
    document.hidden = false
    outbox.poke()
    await after(0)
    expect(drains()).toBe(1)
  })

  it('of a worker that queues nothing', async () => {
    const { outbox, drains } = page()
    outbox.poke()
    await after(60_000)
    expect(drains()).toBe(0)
  })

  it('where only the user can bring them further', async () => {
    const { outbox, drains } = page()
    outbox.learn({ waiting: 0, needsYou: 3, nextAtMs: 0 })
    await after(60_000)
    expect(drains()).toBe(0)
  })
})

describe('what the app asks for', () => {
  const body = new TextEncoder().encode('{"quantity":2}').buffer

  it('is asked of the worker', async () => {
    const counts = { waiting: 1, needsYou: 2 }
    const answers = { outbox: [WRITE], 'steer-outbox': { isDone: true, body } }
    const { outbox, asked } = page({ counts: () => counts, answers })
    expect(await outbox.list()).toEqual([WRITE])
    expect(await outbox.counts()).toEqual(counts)
    expect(await outbox.read(7)).toBe(body)
    expect(await outbox.retry(7)).toBe(true)
    expect(await outbox.discard(7)).toBe(true)
    expect(await outbox.edit(7, body)).toBe(true)
    expect(await outbox.edit(7, 'tè')).toBe(true)
    const steer = { ask: 'steer-outbox', place: 7 }
    expect(asked).toEqual([
      { ask: 'outbox' },
      { ask: 'drain' },
      { ...steer, how: 'read' },
      { ...steer, how: 'retry' },
      { ...steer, how: 'discard' },
      { ...steer, how: 'edit', body },
      { ...steer, how: 'edit', body: new Uint8Array([116, 195, 168]).buffer },
    ])
  })

  it('is not there in a worker that does not have the write', async () => {
    const { outbox } = page({ answers: { outbox: [], 'steer-outbox': { isDone: false } } })
    expect(await outbox.read(8)).toBeUndefined()
    expect([await outbox.retry(8), await outbox.edit(8, ''), await outbox.discard(8)]).toEqual([false, false, false])
  })

  it('is nothing without a worker', async () => {
    const { outbox } = page({ hasWorker: false })
    expect([await outbox.list(), await outbox.counts()]).toEqual([[], { waiting: 0, needsYou: 0 }])
    expect([await outbox.read(7), await outbox.retry(7), await outbox.discard(7)]).toEqual([undefined, false, false])
    expect(await outbox.edit(7, '')).toBe(false)
  })

  it('is refused at once where it cannot be asked', async () => {
    const { outbox, asked } = page()
    const wrong = '7' as never
    const said = 'freshlayer: outbox.'
    await expect(outbox.read(wrong)).rejects.toThrow(`${said}read() takes the number of a write`)
    await expect(outbox.retry(wrong)).rejects.toThrow(`${said}retry() takes the number of a write`)
    await expect(outbox.discard(wrong)).rejects.toThrow(`${said}discard() takes the number of a write`)
    await expect(outbox.edit(wrong, '')).rejects.toThrow(`${said}edit() takes the number of a write`)
    const text = `${said}edit() takes a number, and a text or an ArrayBuffer`
    await expect(outbox.edit(7, { quantity: 2 } as never)).rejects.toThrow(text)
    await expect(outbox.edit(7, new Uint8Array(2) as never)).rejects.toThrow(text)
    expect(asked).toEqual([])
  })
})

describe('what the worker tells', () => {
  it('is told to each listener, as it is now', () => {
    const { outbox } = page()
    const [one, other] = [[], []] as [OutboxEvent[], OutboxEvent[]]
    const listeners = [one, other].map((events) => (event: OutboxEvent) => void events.push(event))
    outbox.hear(news(), listeners)
    outbox.hear(news({ end: 'sent', id: '12' }), listeners)
    expect(one).toEqual([{ write: WRITE }, { write: WRITE, end: 'sent', id: '12' }])
    expect(other).toEqual(one)
  })

  it('reaches the others when one fails', () => {
    const failed: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => failed.push(error))
    const { outbox } = page()
    const heard = vi.fn()
    outbox.hear(news(), [() => void decodeURIComponent('%'), heard])
    expect(failed).toHaveLength(1)
    expect(heard).toHaveBeenCalledOnce()
  })
})

describe('how long the browser keeps it', () => {
  it('is asked for when a write is queued, once', async () => {
    const { outbox } = page()
    outbox.hear(news({ write: { ...WRITE, state: 'sending' } }), [])
    outbox.hear(news({ end: 'sent' }), [])
    await after(0)
    expect(storage?.persist, 'nothing had to wait').not.toHaveBeenCalled()
    outbox.hear(news(), [])
    outbox.hear(news({ write: { ...WRITE, place: 8 } }), [])
    await after(0)
    expect(storage?.persist).toHaveBeenCalledOnce()
  })

  it('is asked for by a page in sight, where the browser has not promised it', async () => {
    const { outbox } = page()
    document.hidden = true
    outbox.hear(news(), [])
    await after(0)
    document.hidden = false
    storage?.persisted.mockResolvedValue(true)
    outbox.hear(news(), [])
    await after(0)
    expect(storage?.persist).not.toHaveBeenCalled()
    expect(await outbox.durability()).toBe('persistent')
  })

  it('is no promise where the browser gives none, or cannot be asked', async () => {
    const { outbox, warned } = page()
    expect(await outbox.durability()).toBe('best-effort')
    storage?.persist.mockRejectedValue(new TypeError('no'))
    outbox.hear(news(), [])
    await after(0)
    expect(String(warned)).toBe('TypeError: no')
    vi.stubGlobal('navigator', {})
    expect(await outbox.durability()).toBe('best-effort')
  })
})

describe('queued writes that the browser has deleted', () => {
  const kept = (database: string, total: number): OutboxCounts => ({
    waiting: 0,
    needsYou: 0,
    kept: { database, total },
  })

  it('are said once, to whichever page asks first', async () => {
    const before = page({ counts: () => kept('a', 2) })
    await before.outbox.counts()
    const { outbox, warned } = page({ counts: () => kept('', 0) })
    expect([await outbox.deleted(), await outbox.deleted()]).toEqual([2, 0])
    expect(warned).toEqual(['the browser has deleted 2 queued writes that were not sent'])
    expect(await page({ counts: () => kept('b', 0) }).outbox.deleted()).toBe(0)
  })

  it('are kept in mind until the app asks, and add up', async () => {
    for (const [database, total] of [
      ['a', 2],
      ['b', 3],
      ['c', 1],
    ] as const)
      await page({ counts: () => kept(database, total) }).outbox.counts()
    expect(await page({ counts: () => kept('c', 1) }).outbox.deleted()).toBe(5)
  })

  it('are those of which the page has only heard by news', async () => {
    const write = { place: 1, state: 'waiting' } as QueuedWrite
    const news = { say: 'outbox', partition: '', urls: [], write, kept: { database: 'a', total: 1 } } as const
    page().outbox.hear(news, [])
    expect(await page({ counts: () => kept('b', 0) }).outbox.deleted()).toBe(1)
  })

  it('are not those that were sent while no page was open, nor those that the worker has not read yet', async () => {
    await page({ counts: () => kept('a', 2) }).outbox.counts()
    const { outbox } = page({ counts: () => kept('a', 0) })
    outbox.learn({ waiting: 1, needsYou: 0 })
    expect(await outbox.deleted()).toBe(0)
    expect(await page({ counts: () => kept('b', 0) }).outbox.deleted()).toBe(0)
  })

  it('cannot be told where the page may store nothing, and nothing else fails', async () => {
    vi.stubGlobal('localStorage', undefined)
    await page({ counts: () => kept('a', 2) }).outbox.counts()
    expect(await page({ counts: () => kept('b', 0) }).outbox.deleted()).toBe(0)
  })
})

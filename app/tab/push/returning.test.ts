import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { diceOf } from '../../../bench/dice.ts'
import type { End, Hearing } from './connection.ts'
import { Feed } from './feed.ts'

const CALLERS = 500
/** What the server is made for. */
const PER_SECOND = 50
const RETURNS_MS = (CALLERS / PER_SECOND) * 1000
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockImplementation(diceOf(SEED))
})
afterEach(() => {
  vi.mocked(Math.random).mockRestore()
  vi.useRealTimers()
})

/** Callers of a server, which can be away, and what comes to it in each second. */
class Crowd {
  isUp = true
  readonly arrived: number[] = []
  readonly feeds: Feed[] = []
  readonly #listening = new Set<(end: End) => void>()

  get listening(): number {
    return this.#listening.size
  }

  add(): void {
    let cursor: string | undefined
    const feed = new Feed({
      url: 'https://app.test/events',
      ways: ['stream', 'long-poll', 'poll'],
      open: (way) => (url, hearing) => this.#answer(way !== 'stream', url, hearing),
      isOwn: true,
      cursor: () => cursor,
      forget: () => (cursor = undefined),
      told: (_, at) => (cursor = at),
      gap: { tags: [], all: true },
      refused: () => undefined,
    })
    this.feeds.push(feed)
    feed.start()
  }

  /** All are cut off at once, without a word: each has its turn by the last heartbeat. */
  cut(): void {
    this.isUp = false
    this.arrived.length = 0
    for (const end of this.#listening) end({ outcome: 'cut' })
    this.#listening.clear()
  }

  async #answer(isPoll: boolean, _: string, hearing: Hearing): Promise<End> {
    if (!this.isUp) return { outcome: 'failed' }
    const second = Math.floor(performance.now() / 1000)
    this.arrived[second] = (this.arrived[second] ?? 0) + 1
    hearing.opened()
    hearing.heard({ kind: 'hello', heartbeatMs: 3_600_000, returnsMs: RETURNS_MS })
    // Something was missed, which ends a poll.
    hearing.heard({ kind: 'hint', hint: { tags: ['products'] }, cursor: 'now' })
    if (isPoll) return { outcome: 'ended' }
    const turn = (this.#listening.size + Math.random()) / CALLERS
    hearing.retry(Math.ceil(turn * RETURNS_MS))
    return new Promise((resolve) => this.#listening.add(resolve))
  }
}

// A server that is back at once, in the middle of the turns, after them, and after most are at the end of the ladder.
it.each([1, 3, 20, 60])('a server that was away for %i s gets its callers back by and by', async (seconds) => {
  const crowd = new Crowd()
  for (let count = 0; count < CALLERS; count++) crowd.add()
  await vi.advanceTimersByTimeAsync(1000)
  expect(crowd.listening).toBe(CALLERS)
  crowd.cut()
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  crowd.isUp = true
  let backS = 0
  for (; crowd.listening < CALLERS && backS < 120; backS++) await vi.advanceTimersByTimeAsync(1000)
  for (const feed of crowd.feeds) feed.stop()
  const peak = Math.max(...Object.values(crowd.arrived))
  expect(crowd.listening, `seed ${SEED}, after ${backS} s`).toBe(CALLERS)
  expect(peak, `seed ${SEED}`).toBeLessThan(2 * PER_SECOND)
})

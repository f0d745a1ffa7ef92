import { request } from 'node:http'
import { expect, test } from '@playwright/test'
import { createParser } from 'eventsource-parser'
import type { End, Hearing } from '../../app/tab/push/connection.ts'
import { Feed } from '../../app/tab/push/feed.ts'
import { ownMessage, parsedObject } from '../../app/tab/push/message.ts'
import type { Postgres } from './postgres.ts'
import { startProductsDatabase } from './products-database.ts'
import { Shop } from './shop.ts'

const isFull = process.env['FULL'] !== undefined
const CALLERS = isFull ? 2000 : 200
const COMMITS = 20
/** What the origin takes in a second, for good: the steady state that it is made for. */
const PER_SECOND = CALLERS / (isFull ? 10 : 2.5)

let postgres: Postgres
let shop: Shop
test.beforeAll(async () => {
  postgres = await startProductsDatabase()
  // A process that ends says that the next one is there after so many milliseconds.
  const settings = { RETURNS_PER_SECOND: String(PER_SECOND), AWAY: '2000' }
  shop = await new Shop(postgres.url, '', '', settings).start()
})
test.afterAll(async () => {
  for (const caller of callers) caller.close()
  await shop.stop()
  await postgres.remove()
})

/** A page that listens: its own feed over a connection as light as can be, as there are thousands. */
class Caller {
  readonly heardAtMs = new Map<string, number>()
  /** Over how long all come back, as the server has said last. */
  returnsMs = 0
  readonly #feed: Feed
  #cursor: string | undefined

  constructor() {
    this.#feed = new Feed({
      url: `${shop.url}/events`,
      ways: ['stream', 'long-poll', 'poll'],
      open: () => (url, hearing, signal) => this.#open(url, hearing, signal),
      isOwn: true,
      cursor: () => this.#cursor,
      forget: () => (this.#cursor = undefined),
      told: ({ tags }, cursor) => {
        for (const tag of tags) if (!this.heardAtMs.has(tag)) this.heardAtMs.set(tag, Date.now())
        this.#cursor = cursor ?? this.#cursor
      },
      gap: { tags: [], all: true },
      refused: (status) => console.error(`a caller was refused with ${status}`),
    })
    this.#feed.start()
  }

  close(): void {
    this.#feed.stop()
  }

  #open(url: string, hearing: Hearing, signal: AbortSignal): Promise<End> {
    return new Promise((resolve) => {
      const asked = request(url, { agent: false }, (answer) => {
        const { statusCode: status = 0, headers } = answer
        if (status !== 200) {
          answer.resume()
          return resolve({ outcome: 'failed', status, waitMs: Number(headers['retry-after'] ?? 0) * 1000 })
        }
        hearing.opened()
        let isOver = false
        const parser = createParser({
          onEvent: ({ data, event = 'message', id }) => {
            isOver ||= event === 'end'
            const message = ownMessage(event, parsedObject(data), id)
            if (message.kind !== 'hint') this.returnsMs = message.returnsMs ?? this.returnsMs
            hearing.heard(message)
          },
          onRetry: hearing.retry,
        })
        answer.setEncoding('utf8')
        answer.on('data', (text: string) => parser.feed(text))
        answer.on('error', () => undefined)
        answer.on('close', () => resolve({ outcome: isOver ? 'ended' : 'cut' }))
      })
      asked.on('error', () => resolve({ outcome: 'failed' }))
      signal.addEventListener('abort', () => asked.destroy())
      asked.end()
    })
  }
}

const callers: Caller[] = []

test(`${CALLERS} callers of one process: memory, fan-out, and a restart without a stampede`, async () => {
  const empty = await shop.stats(true)
  for (let count = 0; count < CALLERS; count++) {
    callers.push(new Caller())
    if (count % 50 === 49) await connected(count + 1)
  }
  await connected(CALLERS)
  const full = await shop.stats(true)

  const times: number[] = []
  for (let id = 1; id <= COMMITS; id++) {
    await shop.put(id, 'new')
    const writtenAtMs = Date.now()
    await expect
      .poll(() => callers.every(({ heardAtMs }) => heardAtMs.has(`product:${id}`)), { timeout: 60_000 })
      .toBe(true)
    for (const { heardAtMs } of callers) times.push(Math.max(0, (heardAtMs.get(`product:${id}`) ?? 0) - writtenAtMs))
  }
  const sorted = times.toSorted((one, other) => one - other)
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0
  const perCaller = (now: number, before: number): string => `${((now - before) / CALLERS / 1000).toFixed(1)} kB`
  console.log(
    `${CALLERS} callers: ${perCaller(full.rss, empty.rss)} of memory each (${perCaller(full.heapUsed, empty.heapUsed)} of it in the heap); ` +
      `${COMMITS} commits told to all: ${at(0.5)} ms (median), ${at(0.99)} ms (99th percentile) after the write's answer`,
  )

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    // Each knows by a heartbeat how many there are.
    const toldMs = (CALLERS / PER_SECOND) * 1000
    await expect.poll(() => callers.every(({ returnsMs }) => returnsMs === toldMs), { timeout: 60_000 }).toBe(true)
    const stoppedAtMs = Date.now()
    await shop.stop(signal)
    await shop.start()
    const awayMs = Date.now() - stoppedAtMs
    await connected(CALLERS)
    const backMs = Date.now() - stoppedAtMs
    const { peak, received } = await shop.stats()
    console.log(
      `restart by ${signal}, away for ${awayMs} ms: at most ${peak} came back in one second, of ${PER_SECOND} that it is made ` +
        `for; all were back after ${(backMs / 1000).toFixed(1)} s, by ${received['/events']} requests`,
    )
    expect(peak).toBeLessThan(isFull ? 2 * PER_SECOND : CALLERS)
    const id = signal === 'SIGTERM' ? COMMITS + 1 : COMMITS + 2
    await shop.put(id, 'after')
    await expect
      .poll(() => callers.every(({ heardAtMs }) => heardAtMs.has(`product:${id}`)), { timeout: 60_000 })
      .toBe(true)
  }
})

const connected = (count: number): Promise<void> =>
  expect.poll(async () => (await shop.stats()).connections, { timeout: 120_000 }).toBe(count)

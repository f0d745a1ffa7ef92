import { request, type ClientRequest } from 'node:http'
import { expect, test } from '@playwright/test'
import type { Postgres } from './postgres.ts'
import { startProductsDatabase } from './products-database.ts'
import { Shop } from './shop.ts'

const CALLERS = process.env['FULL'] === undefined ? 200 : 2000
const COMMITS = 20

let postgres: Postgres
let shop: Shop
test.beforeAll(async () => {
  postgres = await startProductsDatabase()
  process.env['RETURNS_PER_SECOND'] = String(CALLERS / 10)
  shop = await new Shop(postgres.url).start()
})
test.afterAll(async () => {
  for (const caller of callers) caller.close()
  await shop.stop()
  await postgres.remove()
})

/** A caller who comes back when the server has said, and goes on from where it was. As little as can be: there are thousands. */
class Caller {
  readonly heardAtMs = new Map<string, number>()
  returns = 0
  #request: ClientRequest | undefined
  #cursor = ''
  #retryMs = 1000
  #isClosed = false

  open(): void {
    if (this.#isClosed) return
    const query = this.#cursor === '' ? '' : `?since=${this.#cursor}`
    const back = (): void => {
      this.returns++
      setTimeout(() => this.open(), this.#retryMs)
    }
    let isAnswered = false
    this.#request = request(`${shop.url}/events${query}`, { agent: false }, (answer) => {
      isAnswered = true
      answer.setEncoding('utf8')
      let text = ''
      answer.on('data', (part: string) => {
        text += part
        const whole = text.lastIndexOf('\n\n')
        if (whole < 0) return
        this.#hear(text.slice(0, whole))
        text = text.slice(whole + 2)
      })
      answer.on('error', () => undefined)
      answer.on('close', back)
    })
    this.#request.on('error', () => {
      // An answer that breaks off closes, and so comes back by itself.
      if (!isAnswered) back()
    })
    this.#request.end()
  }

  #hear(text: string): void {
    for (const [, tag = ''] of text.matchAll(/"(product:\d+)"/g))
      if (!this.heardAtMs.has(tag)) this.heardAtMs.set(tag, Date.now())
    this.#cursor = [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? this.#cursor
    this.#retryMs = Number([...text.matchAll(/^retry: (\d+)$/gm)].at(-1)?.[1] ?? this.#retryMs)
  }

  close(): void {
    this.#isClosed = true
    this.#request?.destroy()
  }
}

const callers: Caller[] = []

test(`${CALLERS} callers of one process: memory, fan-out, and a restart without a stampede`, async () => {
  const empty = await shop.stats(true)
  for (let count = 0; count < CALLERS; count++) {
    const caller = new Caller()
    callers.push(caller)
    caller.open()
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

  const stopped = shop.stop('SIGTERM')
  await stopped
  await shop.start()
  await connected(CALLERS)
  const { peak } = await shop.stats()
  console.log(`restart: at most ${peak} came back in one second`)
  // They are spread over ten seconds; those that came while the server was away come once more.
  expect(peak).toBeLessThan(CALLERS / 3)
  await shop.put(COMMITS + 1, 'after')
  await expect
    .poll(() => callers.every(({ heardAtMs }) => heardAtMs.has(`product:${COMMITS + 1}`)), { timeout: 60_000 })
    .toBe(true)
})

const connected = (count: number): Promise<void> =>
  expect.poll(async () => (await shop.stats()).connections, { timeout: 120_000 }).toBe(count)

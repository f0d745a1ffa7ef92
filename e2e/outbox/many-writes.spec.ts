import { Device } from './device.ts'
import { workerHeap } from './worker-heap.ts'
import { expect, test } from './world.ts'

const isFull = process.env['FULL'] !== undefined
const DRAINED = isFull ? 1000 : 100
const WAITING = isFull ? 10_000 : 300
/** Each body lies beside its record: in memory they would be more than is allowed. */
const BODY_BYTES = 20_000
const MOST_MB = 8
/** At one of so many different counts the heap is looked at. */
const LOOKED_AT_ONE_OF = 4
const READS = isFull ? 300 : 40
/** Of the time that a read takes with what waits to that without. Chance, and the machine's other work, are in it. */
const MOST_RATIO = 3

const inMb = (bytes: number): number => Math.round(bytes / 1e5) / 10

/** Queues so many sales, a hundred at a time. */
async function queue({ page }: Device, count: number, bytes: number): Promise<number> {
  const began = performance.now()
  for (let from = 0; from < count; from += 100) {
    const queued = await page.evaluate(
      async ([first, size, length]) => {
        const all = Array.from({ length }, (_, at) =>
          window.act('POST', '/api/sales', { name: `sale ${first + at}`, note: 'x'.repeat(size) }),
        )
        return (await Promise.all(all)).filter((heard) => heard?.status === 202).length
      },
      [from, bytes, Math.min(100, count - from)] as const,
    )
    expect(queued).toBe(Math.min(100, count - from))
  }
  return performance.now() - began
}

test(`${DRAINED} writes that have waited are sent, seen to be, and not held in memory`, async ({ world }) => {
  test.setTimeout(10 * 60_000)
  const { backend, browser } = world
  await backend.openShop('drain', await world.build('many'))
  const [page] = await browser.pages(1)
  if (page === undefined) throw new Error('there is one tab')
  const device = await new Device(page).open(backend.url)
  const idle = await workerHeap(page)
  await backend.setAway(true)
  const queueMs = await queue(device, DRAINED, BODY_BYTES)
  const queued = await workerHeap(page)
  await page.evaluate(() => {
    const seen: number[] = []
    window.layer.on('outbox', ({ end }) => {
      if (end === 'sent') seen.push(performance.now())
    })
    Object.assign(window, { seen })
  })
  await backend.setAway(false)
  const began = performance.now()
  let most = queued
  const waiting: number[] = []
  for (;;) {
    const left = await page.evaluate(async () => {
      void window.layer.outbox.counts()
      return (await window.layer.outbox.list()).length
    })
    if (left !== waiting.at(-1)) {
      waiting.push(left)
      if (waiting.length % LOOKED_AT_ONE_OF === 0) most = Math.max(most, await workerHeap(page))
    }
    if (left === 0) break
  }
  const drainMs = performance.now() - began
  const told = (): Promise<number> => page.evaluate(() => (window as unknown as { seen: number[] }).seen.length)
  console.log(
    `${DRAINED} writes of ${BODY_BYTES} bytes: queued in ${Math.round(queueMs)} ms, sent in ${Math.round(drainMs)} ms, ${waiting.length} different ` +
      `counts seen; heap of the worker ${inMb(idle)} MB idle, ${inMb(queued)} MB queued, at most ${inMb(most)} MB while they are sent`,
  )
  expect((await backend.performed()).map(({ intent }) => intent).toSorted()).toEqual(
    Array.from({ length: DRAINED }, (_, at) => `sale ${at}`).toSorted(),
  )
  expect(waiting).toEqual(waiting.toSorted((one, other) => other - one))
  expect(waiting.length).toBeGreaterThan(10)
  await expect.poll(told).toBe(DRAINED)
  expect(inMb(most - idle)).toBeLessThan(MOST_MB)
})

test(`${WAITING} writes that wait do not slow reads`, async ({ world }) => {
  test.setTimeout(20 * 60_000)
  const { backend, browser } = world
  await backend.openShop('reads', await world.build('many'))
  const pages = await browser.pages(2)
  const [full, empty] = await Promise.all(
    pages.map((page, at) => new Device(page).open(backend.urlOf(['full', 'empty'][at] ?? ''))),
  )
  if (full === undefined || empty === undefined) throw new Error('there are two')
  const made = await empty.page.evaluate(async () => {
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, at) => window.act('POST', '/api/sales', { name: `${at}` })),
    )
    return all[0]?.id
  })
  const paths = [`/api/products/${made}`, '/api/products']
  for (const each of [full, empty]) for (const path of paths) await each.read(path)
  await backend.setDevicesAway('full')
  const queueMs = await queue(full, WAITING, 20)
  const times = new Map(paths.map((path) => [path, { full: [] as number[], empty: [] as number[] }]))
  for (let read = 0; read < READS; read++)
    for (const [path, both] of times)
      // One after the other, and each of them first as often.
      for (const name of read % 2 === 0 ? (['full', 'empty'] as const) : (['empty', 'full'] as const))
        both[name].push(
          await (name === 'full' ? full : empty).page.evaluate(async (url) => {
            const began = performance.now()
            await (await fetch(url, { headers: { accept: 'application/json' } })).text()
            return performance.now() - began
          }, path),
        )
  const median = (all: readonly number[]): number =>
    all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? 0
  console.log(`${WAITING} writes queued in ${Math.round(queueMs)} ms`)
  for (const [path, both] of times) {
    const [withThem, without] = [median(both.full), median(both.empty)]
    const ratio = withThem / without
    console.log(
      `  ${path}: ${withThem.toFixed(2)} ms where they wait, ${without.toFixed(2)} ms where none does (medians of ${READS}): ratio ${ratio.toFixed(2)}`,
    )
    if (isFull) expect(ratio).toBeLessThan(MOST_RATIO)
  }
  expect(await full.page.evaluate(() => window.layer.outbox.list().then(({ length }) => length))).toBe(WAITING)
})

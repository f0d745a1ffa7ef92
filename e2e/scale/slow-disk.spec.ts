import { isFull, numbered, shelved } from './effort.ts'
import { expect, type Stage, test } from './stage.ts'

/** The first one is within every limit of the layer: it shows that the harness itself breaks nothing. */
const LATE_MS = isFull ? [200, 1500, 4000] : [1500]

/** Of each size: in its row, and beside it. */
const SHELF = shelved(10)
const PATHS = [...SHELF, ...numbered('pages', 5), ...numbered('files', 5)]

/** The timeout of the rules, and what the layer's own limits may add. */
const ANSWER_LIMIT_MS = 2000 + 1500
/** Without the origin a read waits for the disk: for as long as that takes. */
const DISK_LIMIT_MS = 90_000

/** The most that one life of a worker has reported. */
function mostReports({ origin }: Stage): number {
  const counts = new Map<string, number>()
  for (const { life } of origin.reports) counts.set(life, (counts.get(life) ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

for (const lateMs of LATE_MS) {
  test(`each answer of the storage is ${lateMs} ms late`, async ({ stage }) => {
    test.slow()
    await stage.begin('rules', { lateMs })
    await stage.fill(PATHS)
    await stage.slow(true)

    await test.step('with the origin away, everything stored is answered', async () => {
      await stage.workers.stop()
      const offline = await stage.readOffline(PATHS, { limitMs: DISK_LIMIT_MS })
      expect.soft(offline).toMatchObject({ answered: PATHS.length, failures: [], wrong: [] })
      expect.soft(offline.slowestMs, 'storage was slow').toBeGreaterThanOrEqual(lateMs)
    })

    await test.step('with the origin there, no read waits longer than its rule says', async () => {
      await stage.workers.stop()
      const online = await stage.read(PATHS)
      expect.soft(online).toMatchObject({ answered: PATHS.length, failures: [], wrong: [] })
      expect.soft(online.slowestMs).toBeLessThanOrEqual(ANSWER_LIMIT_MS)
    })

    await test.step('a write is seen by the next read, also by a worker that starts then', async () => {
      expect(await stage.write(['/api/shelves/0'])).toBe(1)
      expect.soft(await stage.read(SHELF, { version: 2 })).toMatchObject({ failures: [], wrong: [] })
      await stage.workers.stop()
      expect.soft(await stage.read(SHELF, { version: 2 })).toMatchObject({ failures: [], wrong: [] })
    })

    await test.step('with a disk that is no longer slow, what is stored is right', async () => {
      await stage.slow(false)
      await stage.workers.stop()
      expect.soft((await stage.readOffline(PATHS)).wrong).toEqual([])
      expect.soft((await stage.readOffline(SHELF, { version: 2 })).wrong).toEqual([])
      expect.soft(await stage.read(SHELF, { version: 2 })).toMatchObject({ failures: [], wrong: [] })
    })

    expect(mostReports(stage), stage.origin.reports.map(({ text }) => text).join('\n')).toBeLessThanOrEqual(1)
  })
}

test('while hundreds of answers wait for a slow disk, tabs hear of what a write has changed', async ({ stage }) => {
  test.slow()
  await stage.begin('rules', { lateMs: 1500 })
  const shown = shelved(20)
  const orders = Array.from({ length: isFull ? 500 : 300 }, (_, at) => `/api/orders/1/${at}`)
  await stage.fill(shown)
  const other = await stage.open()
  await other.evaluate((paths) => window.observeAll(paths), shown)
  const notSeen = (version: number): Promise<readonly string[]> =>
    other.evaluate(([paths, version]) => window.notSeen(paths, version), [shown, version] as const)
  await expect.poll(() => notSeen(1)).toEqual([])
  await stage.slow(true)
  await stage.workers.stop()
  expect(await stage.read(orders)).toMatchObject({ failures: [], wrong: [] })
  const began = performance.now()
  expect(await stage.write(['/api/shelves/0'])).toBe(1)
  await expect.poll(() => notSeen(2), { timeout: 120_000 }).toEqual([])
  const passed = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`the other tab shows all of it ${passed} s after the write began`)
})

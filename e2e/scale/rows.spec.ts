import { BURSTS, PER_SHELF, ROWS, shelved } from './effort.ts'
import { expect, PROBED, test } from './stage.ts'

const [BURST = 0] = BURSTS

/** A tab that found the origin away a moment ago asks once more for what failed last. */
function expectOnceEach(reads: number): void {
  expect(reads).toBeGreaterThanOrEqual(BURST)
  expect(reads).toBeLessThanOrEqual(BURST + PROBED)
}

test(`${ROWS} rows: hits in memory, hits from disk, a write that reaches ${PER_SHELF} rows, and reloads`, async ({
  stage,
}) => {
  await stage.begin()
  const paths = shelved(ROWS)
  await stage.fill(paths)
  const [last = '', other = ''] = [paths.at(-1), paths.at(PER_SHELF)]

  await test.step('a warm hit', async () => {
    expect(await stage.readOffline([last, last])).toMatchObject({ hits: 2, failures: [], wrong: [] })
  })

  await test.step('a cold hit, after the worker was stopped', async () => {
    await stage.workers.stop()
    const before = stage.origin.reads
    expect(await stage.read([other])).toMatchObject({ hits: 1, failures: [], wrong: [] })
    expect(await stage.read([last])).toMatchObject({ hits: 1, failures: [], wrong: [] })
    expect(stage.origin.reads).toBe(before)
  })

  await test.step(`a write that invalidates the tag of ${PER_SHELF} rows`, async () => {
    const [shelf, rest] = [paths.slice(0, PER_SHELF), paths.slice(PER_SHELF)]
    expect(await stage.write(['/api/shelves/0'])).toBe(1)
    const before = stage.origin.reads
    expect(await stage.read(shelf, { version: 2 })).toMatchObject({ hits: 0, failures: [], wrong: [] })
    expect(stage.origin.reads - before).toBe(shelf.length)
    expect(await stage.readOffline(rest)).toMatchObject({ hits: rest.length, failures: [], wrong: [] })
  })

  const burst = paths.slice(-BURST)

  await test.step(`${burst.length} reads at once after a reload ask the origin, once each`, async () => {
    await stage.reload()
    const before = stage.origin.reads
    const asking = { parallel: burst.length }
    expect(await stage.read(burst, asking)).toMatchObject({ hits: 0, failures: [], wrong: [] })
    expectOnceEach(stage.origin.reads - before)
    expect(await stage.read(burst, asking)).toMatchObject({ hits: burst.length, failures: [], wrong: [] })
  })

  await test.step('with the origin away they are answered from store after a reload', async () => {
    await stage.reload()
    const offline = await stage.readOffline(burst, { parallel: burst.length })
    expect(offline).toMatchObject({ answered: burst.length, failures: [], wrong: [] })
  })

  await test.step(`${burst.length} refreshes at once end, each with what the origin has`, async () => {
    const before = stage.origin.reads
    const outcomes = await stage.page.evaluate(async (urls) => {
      const refreshed = await Promise.all(urls.map((url) => window.layer.refresh(url)))
      return [...new Set(refreshed.map(({ outcome }) => outcome))]
    }, burst)
    expect(outcomes).toEqual(['unchanged'])
    expectOnceEach(stage.origin.reads - before)
  })

  expect(stage.origin.reports).toEqual([])
})

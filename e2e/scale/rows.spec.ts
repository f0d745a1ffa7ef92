import { PER_SHELF, ROWS, shelved } from './effort.ts'
import { expect, test } from './stage.ts'

test(`${ROWS} rows: hits in memory, hits from disk, and a write that reaches ${PER_SHELF} rows`, async ({ stage }) => {
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

  expect(stage.origin.reports).toEqual([])
})

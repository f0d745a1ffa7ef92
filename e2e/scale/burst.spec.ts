import { BURSTS, numbered } from './effort.ts'
import { expect, test } from './stage.ts'

for (const count of BURSTS) {
  test(`${count} answers of 8 kB asked for at once are all stored`, async ({ stage }) => {
    await stage.begin()
    const paths = numbered('pages', count)
    const first = await stage.read(paths, { parallel: count })
    expect(first).toMatchObject({ answered: count, failures: [], wrong: [] })
    await stage.stored(paths.at(-1)!)
    const before = stage.origin.reads
    const again = await stage.read(paths, { parallel: count })
    expect(again).toMatchObject({ answered: count, failures: [], wrong: [] })
    expect.soft(stage.origin.reads - before, 'misses when asked again').toBe(0)
    expect.soft(stage.origin.reports, 'reports on the console').toEqual([])
  })
}

import { diceOf, numbered, SEED, shelved, STOPPED_ROWS } from './effort.ts'
import { expect, type Stage, test } from './stage.ts'

/** Reads these, and stops the worker when the page has got a certain number of answers. */
async function stopDuring(stage: Stage, paths: readonly string[], parallel: number, dice: () => number): Promise<void> {
  const at = 1 + Math.floor(dice() * (paths.length - 1))
  console.log(`  stopped after answer ${at}`)
  const reading = stage.read(paths, { parallel })
  await stage.page.waitForFunction((at) => window.answers >= at, at, { polling: 1 })
  await stage.workers.stop()
  // A read that was in the worker when it ended may fail: no worker is left that could answer it.
  expect((await reading).wrong).toEqual([])
}

for (const [what, paths, parallel] of [
  ['300 answers at once', numbered('pages', 300), 300],
  [`${STOPPED_ROWS} rows`, shelved(STOPPED_ROWS), 100],
] as const) {
  test(`the worker is stopped while ${what} are stored (seed ${SEED})`, async ({ stage }) => {
    await stage.begin()
    await stopDuring(stage, paths, parallel, diceOf(what))
    await test.step('what the next worker serves is right, and the rest is not served', async () => {
      const offline = await stage.readOffline(paths)
      expect(offline.wrong).toEqual([])
      const online = await stage.read(paths)
      expect(online).toMatchObject({ answered: paths.length, failures: [], wrong: [] })
      expect(online.hits).toBeGreaterThanOrEqual(offline.answered)
    })
    await test.step('everything can be stored', () => stage.fill(paths))
  })
}

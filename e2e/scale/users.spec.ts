import { onDisk } from './disk.ts'
import { diceOf, ROWS, SEED, shelved, STOPPED_ROWS } from './effort.ts'
import { markerOf } from './plan.ts'
import { expect, PROBED, type Stage, test } from './stage.ts'

const ADA = { user: 'ada' }
const GRACE = { user: 'grace' }
/** So many are read after the end, from the first row to the last. */
const LOOKS = 40
/** So long what was erased may stay on disk, once nothing else goes on. */
const ERASED_LIMIT_MS = 60_000

/** Nothing of ada's is served: by the worker that runs, by the next one, or to the next user of the tab. */
async function isOver(stage: Stage, rows: number): Promise<void> {
  const some = shelved(rows).filter((_, at) => at % Math.ceil(rows / LOOKS) === 0 || at === rows - 1)
  await test.step('nothing of the user is served', async () => {
    expect(await stage.readOffline(some, ADA)).toMatchObject({ answered: 0, wrong: [] })
  })
  await test.step('nothing of the user is served by the next worker', async () => {
    await stage.workers.stop()
    expect(await stage.readOffline(some, ADA)).toMatchObject({ answered: 0, wrong: [] })
  })
  await test.step('the next user of the tab gets their own bytes', async () => {
    expect(await stage.readOffline(some, GRACE)).toMatchObject({ answered: 0, wrong: [] })
    const { hits, ...read } = await stage.read(some, GRACE)
    expect(read).toMatchObject({ answered: some.length, failures: [], wrong: [] })
    expect(hits).toBeLessThanOrEqual(PROBED)
  })
  await test.step('nothing of the user is on disk', async () => {
    await expect
      .poll(() => onDisk(stage.page, markerOf('ada')), { intervals: [500, 1000], timeout: ERASED_LIMIT_MS })
      .toBe(0)
  })
  await test.step('what the next user has read is still there', async () => {
    await stage.stored(some.at(-1)!, 'grace')
    expect(await stage.readOffline(some, GRACE)).toMatchObject({ answered: some.length, failures: [], wrong: [] })
  })
}

/** What is on disk can be found: else the look for what must not be there tells nothing. */
async function begin(stage: Stage, rows: number): Promise<void> {
  await stage.begin('rules-of-tokens')
  await stage.fill(shelved(rows), 'ada')
  expect(await onDisk(stage.page, markerOf('ada'))).toBeGreaterThanOrEqual(rows)
}

test(`the user of ${ROWS} rows signs out by signOut()`, async ({ stage }) => {
  await begin(stage, ROWS)
  expect(await stage.page.evaluate(() => window.layer.signOut().then(({ signedOut }) => signedOut, String))).toBe(true)
  await isOver(stage, ROWS)
})

test(`the user of ${ROWS} rows signs out by a write`, async ({ stage }) => {
  await begin(stage, ROWS)
  expect(await stage.write(['/api/session'], { method: 'DELETE', ...ADA })).toBe(1)
  await isOver(stage, ROWS)
})

test(`the worker is stopped while the ${STOPPED_ROWS} rows of a user are erased (seed ${SEED})`, async ({ stage }) => {
  const afterMs = Math.round(diceOf('erasure')() * 500)
  console.log(`  stopped ${afterMs} ms after the question`)
  await begin(stage, STOPPED_ROWS)
  const signingOut = stage.page.evaluate(() => window.layer.signOut().then(({ signedOut }) => signedOut, String))
  // The moment is left to chance: no condition would find the one that hurts.
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  await stage.workers.stop()
  // The page asks the next worker again where this one has not answered.
  expect(await signingOut).toBe(true)
  await isOver(stage, STOPPED_ROWS)
})

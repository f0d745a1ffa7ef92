import { onDisk } from './disk.ts'
import { diceOf, ROWS, SEED, shelved } from './effort.ts'
import { markerOf } from './plan.ts'
import { expect, type Stage, test } from './stage.ts'

const PATHS = shelved(ROWS)
const ADA = { user: 'ada' }
const GRACE = { user: 'grace' }
/** Read after the end: the ends, and some between. */
const SOME = PATHS.filter((_, at) => at % Math.ceil(ROWS / 40) === 0)
/** So long what was erased may stay on disk, once nothing else goes on. */
const ERASED_LIMIT_MS = 60_000

/** Nothing of ada's is served: by the worker that runs, by the next one, or to the next user of the tab. */
async function isOver(stage: Stage): Promise<void> {
  await test.step('nothing of the user is served', async () => {
    expect(await stage.readOffline(SOME, ADA)).toMatchObject({ answered: 0, wrong: [] })
  })
  await test.step('nothing of the user is served by the next worker', async () => {
    await stage.workers.stop()
    expect(await stage.readOffline(SOME, ADA)).toMatchObject({ answered: 0, wrong: [] })
  })
  await test.step('the next user of the tab gets their own bytes', async () => {
    expect(await stage.readOffline(SOME, GRACE)).toMatchObject({ answered: 0, wrong: [] })
    expect(await stage.read(SOME, GRACE)).toMatchObject({ answered: SOME.length, hits: 0, failures: [], wrong: [] })
  })
  await test.step('nothing of the user is on disk', async () => {
    await expect
      .poll(() => onDisk(stage.page, markerOf('ada')), { intervals: [500, 1000], timeout: ERASED_LIMIT_MS })
      .toBe(0)
  })
  await test.step('what the next user has read is still there', async () => {
    await stage.stored(SOME.at(-1)!, 'grace')
    expect(await stage.readOffline(SOME, GRACE)).toMatchObject({ answered: SOME.length, failures: [], wrong: [] })
  })
}

/** What is on disk can be found: else the look for what must not be there tells nothing. */
async function begin(stage: Stage): Promise<void> {
  await stage.begin('rules-of-tokens')
  await stage.fill(PATHS, 'ada')
  expect(await onDisk(stage.page, markerOf('ada'))).toBeGreaterThanOrEqual(ROWS)
}

test(`the user of ${ROWS} rows signs out by signOut()`, async ({ stage }) => {
  await begin(stage)
  expect(await stage.page.evaluate(() => window.layer.signOut().then(({ signedOut }) => signedOut, String))).toBe(true)
  await isOver(stage)
})

test(`the user of ${ROWS} rows signs out by a write`, async ({ stage }) => {
  await begin(stage)
  expect(await stage.write(['/api/session'], { method: 'DELETE', ...ADA })).toBe(1)
  await isOver(stage)
})

test(`the worker is stopped while the ${ROWS} rows of a user are erased (seed ${SEED})`, async ({ stage }) => {
  const afterMs = Math.round(diceOf('erasure')() * 1000)
  console.log(`  stopped ${afterMs} ms after the question`)
  await begin(stage)
  const signingOut = stage.page.evaluate(() => window.layer.signOut().then(({ signedOut }) => signedOut, String))
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  await stage.workers.stop()
  // The page asks the next worker again where this one has not answered.
  expect(await signingOut).toBe(true)
  await isOver(stage)
})

import { seededDice } from '../../server/demo/dice.ts'
import { type Break, BREAK_NAMES } from './broken-worker.ts'
import { faultsIn } from './faults-of.ts'
import { Schedule } from './schedule.ts'
import { expect, test } from './world.ts'

const SEED = Number(process.env['SEED'])

const isFull = process.env['FULL'] !== undefined

/** Within so many schedules each break shows. */
const MOST = isFull ? 40 : 12

/** All of them take two minutes: without `FULL` it is one, which the seed chooses. */
const CHOSEN = BREAK_NAMES.filter((_, at) => isFull || at === SEED % BREAK_NAMES.length)

/** What still waits after this is stuck. Milliseconds. */
const DRAIN_MS = 8000

/** Nothing doubles there where keys are honoured. */
const KEYLESS: ReadonlySet<Break> = new Set(['no-lease'])

for (const broken of CHOSEN)
  test(`a worker that is broken (${broken}) fails in one of ${MOST} schedules of seed ${SEED}`, async ({ world }) => {
    test.setTimeout(20 * 60_000)
    const { backend, browser } = world
    const hasKeys = !KEYLESS.has(broken)
    const build = await world.build(hasKeys ? 'outbox' : 'keyless-outbox', broken)
    let faults: readonly string[] = []
    let run = 0
    for (; run < MOST && faults.length === 0; run++) {
      await backend.openShop(`b${run}`, build)
      faults = await faultsIn(new Schedule(backend, browser, seededDice(SEED + run).below), backend, hasKeys, DRAIN_MS)
    }
    expect(faults).not.toEqual([])
    console.log(`seed ${SEED}, ${broken}: the ${run}. schedule shows it: ${faults[0]}`)
  })

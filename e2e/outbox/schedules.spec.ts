import { seededDice } from '../../server/demo/dice.ts'
import { faultsIn } from './faults-of.ts'
import { Schedule } from './schedule.ts'
import { expect, test } from './world.ts'

const SEED = Number(process.env['SEED'])
const RUNS = Number(process.env['RUNS'] ?? (process.env['FULL'] === undefined ? 8 : 300))

/** Of so many schedules one is at a backend that honours no keys. */
const KEYLESS_ONE_OF = 5

for (let run = 0; run < RUNS; run++) {
  const hasKeys = run % KEYLESS_ONE_OF !== KEYLESS_ONE_OF - 1
  const where = hasKeys ? '' : ', without keys'
  test(`schedule ${run} of seed ${SEED}${where}: each accepted write is in the database once, in order`, async ({
    world,
  }) => {
    test.setTimeout(120_000)
    const { backend, browser } = world
    await backend.openShop(`s${run}`, await world.build(hasKeys ? 'outbox' : 'keyless-outbox'))
    const schedule = new Schedule(backend, browser, seededDice(SEED + run).below)
    const faults = await faultsIn(schedule, backend, hasKeys)
    expect(faults, schedule.events.join('\n')).toEqual([])
  })
}

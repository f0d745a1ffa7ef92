import { test } from '@playwright/test'
import { holds, outcomeOf } from './asked.ts'
import { spelled } from './plan.ts'
import { randomPlay } from './random.ts'

/** `SEED=…` repeats one play. `FULL=1` plays some; without either there are none. */
const given = process.env['SEED']
const COUNT = process.env['FULL'] !== undefined ? 40 : 0

const first = Number(process.env['FRESHLAYER_FIRST_SEED'])
const seeds = given === undefined ? Array.from({ length: COUNT }, (_, index) => first + index) : [Number(given)]
const names = seeds.map((seed) => `seed ${seed}`)

test.describe(`${COUNT} random plays, or the one of SEED`, () => {
  for (const [index, seed] of seeds.entries()) {
    const name = `seed ${seed}`
    test(`${name}: ${randomPlay(seed).faults.map(spelled).join(', ')}`, async () =>
      holds(await outcomeOf(name, names.slice(index + 1, index + 8))))
  }
})

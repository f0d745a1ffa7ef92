import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { seededDice } from '../../server/demo/dice.ts'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { pageScript } from '../sync/page-script.ts'
import { WritesBackend } from './backend.ts'
import { KillableBrowser } from './killable-browser.ts'
import { type Intent, Schedule } from './schedule.ts'

const FOLDER = 'dist/e2e-outbox/schedules'
const SEED = Number(process.env['SEED'])
const RUNS = Number(process.env['RUNS'] ?? (process.env['FULL'] === undefined ? 4 : 300))

let backend: WritesBackend
test.beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  await buildWorker({ config: 'e2e/outbox/rules-of-outbox.ts', out: `${FOLDER}/sw.js` })
  writeFileSync(`${FOLDER}/page.js`, await pageScript('e2e/outbox/outbox-page.ts'))
  backend = await new WritesBackend(FOLDER).open()
})
test.afterAll(() => backend.close())

for (let run = 0; run < RUNS; run++)
  test(`schedule ${run} of seed ${SEED}: each accepted write is in the database once, in order`, async () => {
    test.setTimeout(180_000)
    const browser = new KillableBrowser()
    const schedule = new Schedule(`s${run}`, backend, browser, seededDice(SEED + run).below)
    try {
      await schedule.play()
      await schedule.heal()
      const [page] = schedule.pages
      if (page === undefined) throw new Error('no page is open')
      // What needs the user: the user says that it is to be sent.
      await expect
        .poll(
          () =>
            page.evaluate(async () => {
              const { outbox } = window.layer
              for (const { place, state } of await outbox.list())
                if (state === 'needs-you' || state === 'dead') await outbox.retry(place)
              await outbox.counts()
              return outbox.list()
            }),
          { timeout: 60_000, message: schedule.events.join('\n') },
        )
        .toEqual([])
      const performed = (await backend.performed()).filter(({ intent }) => intent.startsWith(`s${run}-`))
      expect(
        faultsOf(
          schedule.intents,
          performed.map(({ intent }) => intent),
        ),
        schedule.events.join('\n'),
      ).toEqual([])
      const rows = (await backend.products()).map(({ id, name }) => [id, name])
      for (const each of schedule.pages)
        await expect
          .poll(() => each.evaluate(async () => (await window.productRows()).map(({ id, name }) => [id, name])))
          .toEqual(rows)
    } finally {
      await browser.close()
    }
  })

/** What is not as the user has been told. */
function faultsOf(intents: readonly Intent[], performed: readonly string[]): string[] {
  const faults: string[] = []
  const times = new Map<string, number>()
  for (const name of performed) times.set(name, (times.get(name) ?? 0) + 1)
  for (const { name, method, heard } of intents) {
    const count = times.get(name) ?? 0
    if (count > 1) faults.push(`${name} ${method} is there ${count} times`)
    const isAccepted = heard !== undefined && heard.status < 400
    if (isAccepted && count === 0) faults.push(`${name} ${method} was accepted with ${heard.status} and is not there`)
    if (heard !== undefined && heard.status >= 400 && count > 0)
      faults.push(`${name} ${method} was refused with ${heard.status} and is there`)
  }
  const places = new Map(performed.map((name, at) => [name, at]))
  for (const product of new Set(intents.map((intent) => intent.product))) {
    const there = intents.filter((intent) => intent.product === product && places.has(intent.name))
    for (const [at, { name }] of there.entries()) {
      const before = there[at - 1]
      if (before !== undefined && (places.get(before.name) ?? 0) > (places.get(name) ?? 0))
        faults.push(`${name} is before ${before.name}, which the user wrote first`)
    }
  }
  return faults
}

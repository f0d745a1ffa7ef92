import { shelved, WRITES } from './effort.ts'
import { expect, test } from './stage.ts'

const ORDERS = Array.from({ length: WRITES }, (_, at) => `/api/orders/${at}`)
/** What is stored of some orders, from the first to the last. */
const LINES = ORDERS.filter((_, at) => at % Math.ceil(WRITES / 50) === 0).map((order) => `${order}/lines`)
/** What no write reaches. */
const OTHERS = shelved(50)

test(`${WRITES} invalidations by prefix`, async ({ stage }) => {
  await stage.begin()
  await stage.fill([...LINES, ...OTHERS])
  expect(await stage.write(ORDERS, { parallel: 50 })).toBe(WRITES)

  await test.step('each write is seen, and what it does not reach is served from store', async () => {
    expect(await stage.readOffline(OTHERS)).toMatchObject({ hits: OTHERS.length, failures: [], wrong: [] })
    expect(await stage.read(LINES, { version: 2 })).toMatchObject({ hits: 0, failures: [], wrong: [] })
  })

  await test.step('so it is for the next worker', async () => {
    await stage.workers.stop()
    expect(await stage.read(LINES, { version: 2 })).toMatchObject({ failures: [], wrong: [] })
    expect(await stage.readOffline(OTHERS)).toMatchObject({ hits: OTHERS.length, failures: [], wrong: [] })
  })

  await test.step('and the next worker sees a write of its own', async () => {
    expect(await stage.write(ORDERS.slice(0, 1))).toBe(1)
    expect(await stage.read(LINES.slice(0, 1), { version: 3 })).toMatchObject({ hits: 0, failures: [], wrong: [] })
  })

  expect(stage.origin.reports).toEqual([])
})

import { expect, test } from '@playwright/test'
import { diceOf } from '../../bench/dice.ts'
import { changedList, jsonOf, listOf } from '../../server/dictionaries/list.fixture.ts'
import type { Sent } from './counted-server.ts'
import { digestOf, type ListApp, openListApp } from './list-app.ts'

const SEED = Number(process.env['SEED'])
const CHANGE_SETS = process.env['FULL'] === undefined ? 4 : 200
const ROWS = 10_000
/** What is waited for comes within milliseconds. */
const SOON = { intervals: [5, 10, 20, 50, 100], timeout: 15_000 }

let app: ListApp
test.beforeAll(async () => {
  app = await openListApp()
})
test.afterAll(() => app.stop())

/** What was sent for a path since it was asked last. */
function taken(path: string): Sent[] {
  const sent = app.sent.filter((each) => each.path === path)
  for (const each of sent) app.sent.splice(app.sent.indexOf(each), 1)
  return sent
}

/**
 * Reads a path until the app has this body. A read that follows one whose answer is still being stored gets that answer, and
 * sends no request; so one request is sent in any case.
 */
async function readUntil(path: string, body: string): Promise<void> {
  await expect.poll(async () => (await app.read(path)).digest, SOON).toBe(digestOf(body))
}

/** What the same list costs a client without dictionaries. */
async function ordinary(path: string): Promise<Sent> {
  await (await fetch(app.url + path, { headers: { 'accept-encoding': 'br' } })).arrayBuffer()
  return only(path)
}

/** The one answer that was sent for a path since it was asked last. */
async function only(path: string): Promise<Sent> {
  // The page may have the answer a little before the server has counted it.
  await expect.poll(() => app.sent.filter((each) => each.path === path), SOON).toHaveLength(1)
  return taken(path)[0]!
}

test('a changed list costs what has changed in it, and never more than by brotli', async () => {
  const dice = diceOf(SEED)
  const path = '/api/products'
  let rows = listOf(ROWS, dice)
  app.bodies.set(path, jsonOf(rows))
  await app.read(path)
  expect((await only(path)).coding).toBe('br')
  const shares: { readonly isOnePercent: boolean; readonly ofJson: number; readonly ofBrotli: number }[] = []
  for (const order of ['by id', 'latest first'] as const) {
    for (let at = 0; at < CHANGE_SETS / 2; at++) {
      // Every second is the change that the goals are of. The others are 0.1 to 10 %, small ones as often as large ones.
      const isOnePercent = at % 2 === 1
      rows = changedList(rows, Math.round(rows.length * (isOnePercent ? 0.01 : 10 ** (-3 + 2 * dice()))), dice)
      const body = jsonOf(rows, order)
      app.bodies.set(path, body)
      await readUntil(path, body)
      const { bytes, coding } = await only(path)
      const brotli = (await ordinary(path)).bytes
      expect(bytes, `change set ${at} ${order}, by ${coding}`).toBeLessThanOrEqual(brotli)
      shares.push({ isOnePercent, ofJson: bytes / body.length, ofBrotli: bytes / brotli })
    }
  }
  // The last one may still be on its way into the store: then the read follows it.
  await expect
    .poll(async () => {
      await app.read(path)
      return app.sent.filter((each) => each.path === path).length
    })
    .toBe(1)
  const unchanged = await only(path)
  const goals = shares.filter(({ isOnePercent }) => isOnePercent)
  const worst = (of: 'ofJson' | 'ofBrotli', among = goals): number => Math.max(...among.map((share) => share[of]))
  const percent = (share: number): string => `${(share * 100).toFixed(3)} %`
  console.log(
    `seed ${SEED}: ${shares.length} change sets of ${ROWS} rows; 1 % changed: at most ${percent(worst('ofJson'))} of the ` +
      `JSON and ${percent(worst('ofBrotli'))} of the answer by brotli, heads included; any: at most ` +
      `${percent(worst('ofBrotli', shares))} of it; nothing changed: ${unchanged.status}, ${unchanged.bytes} bytes`,
  )
  expect(worst('ofJson')).toBeLessThanOrEqual(0.002)
  expect(worst('ofBrotli')).toBeLessThanOrEqual(0.01)
  expect(unchanged).toMatchObject({ status: 304, bodyBytes: 0 })
})

test('the layer asks with its own condition, and CDNs are not told to bypass', async () => {
  const path = '/api/products'
  const rows = listOf(500, diceOf(SEED))
  app.bodies.set(path, jsonOf(rows))
  await readUntil(path, jsonOf(rows))
  await only(path)
  const after = jsonOf(changedList(rows, 5, diceOf(SEED + 1)))
  app.bodies.set(path, after)
  await readUntil(path, after)
  const { fields, coding } = await only(path)
  expect(coding).toBe('dcz')
  expect(fields).toMatchObject({ 'freshlayer-dictionary': '1', 'cache-control': 'max-age=0' })
  expect(fields['if-none-match']).toMatch(/^W\/"/)
  expect(fields['pragma'] ?? '').toBe('')
})

test('after a write no body of before comes from anywhere, and what is fresh is served without a request', async () => {
  const path = '/api/fresh/1'
  const rows = listOf(500, diceOf(SEED))
  app.bodies.set(path, jsonOf(rows))
  await app.read(path)
  expect((await only(path)).coding).toBe('br')
  expect((await app.read(path)).status).toContain('hit')
  expect(taken(path)).toEqual([])
  const after = jsonOf(changedList(rows, 5, diceOf(SEED + 1)))
  app.bodies.set(path, after)
  await app.page.evaluate(async (path) => (await fetch(path, { method: 'POST' })).text(), path)
  await readUntil(path, after)
  await expect
    .poll(() => taken(path).map(({ method, coding }) => [method, coding]))
    .toEqual([
      ['POST', undefined],
      ['GET', 'dcz'],
    ])
})

test("what the backend says of freshness holds, and not what the browser's dictionaries need", async () => {
  for (const [path, said, isKept] of [
    ['/api/http/1', 'private, no-cache', false],
    ['/api/http/2', 'private, max-age=0', false],
    ['/api/http/3', 'private, max-age=600', true],
  ] as const) {
    app.bodies.set(path, jsonOf(listOf(100, diceOf(SEED))))
    app.control.set(path, said)
    await app.read(path)
    await only(path)
    expect((await app.read(path)).status, said).toContain(isKept ? 'hit' : 'fwd=stale')
    expect((await Promise.all(isKept ? [] : [only(path)])).map(({ status }) => status)).toEqual(isKept ? [] : [304])
  }
})

test('a rule without the option asks for no dictionary, and gets the ordinary answer', async () => {
  const path = '/api/plain'
  const rows = listOf(500, diceOf(SEED))
  for (const seed of [1, 2]) {
    const body = jsonOf(changedList(rows, 5, diceOf(SEED + seed)))
    app.bodies.set(path, body)
    await readUntil(path, body)
    const { fields, coding } = await only(path)
    expect(coding).toBe('br')
    expect(fields['freshlayer-dictionary']).toBeUndefined()
    expect(fields['available-dictionary']).toBeUndefined()
  }
})

test('a sign-out that clears the cache leaves no dictionary to name', async () => {
  const path = '/api/products'
  const rows = listOf(500, diceOf(SEED))
  app.bodies.set(path, jsonOf(rows))
  await readUntil(path, jsonOf(rows))
  await only(path)
  await app.page.evaluate(async () => (await fetch('/sign-out', { method: 'POST' })).text())
  const after = jsonOf(changedList(rows, 5, diceOf(SEED + 1)))
  app.bodies.set(path, after)
  await readUntil(path, after)
  const { fields, coding } = await only(path)
  expect(fields['available-dictionary']).toBeUndefined()
  expect(coding).toBe('br')
})

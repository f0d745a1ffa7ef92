import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ConsoleMessage, Page } from '@playwright/test'
import { holdDatabase, kindsIn, rewriteRows } from './support/database.ts'
import { onDisk } from './support/disk.ts'
import { ScriptedOrigin } from './support/scripted-origin.ts'
import { controlled, dropProfile, expect, launch, newProfile, read, stopWorkers, test } from './support/test.ts'

test('a worker stopped between any two requests changes no result', async ({ origin, open }) => {
  let value = 1
  origin.json('/api/fresh/1', () => ({ value: 'fresh' }))
  origin.json('/api/items', () => ({ value }))
  origin.json('/api/items/1', () => ({ value }))
  const page = await open()
  const steps: readonly [() => Promise<unknown>, unknown][] = [
    [() => read(page, '/api/fresh/1').then(({ text }) => text), '{"value":"fresh"}'],
    [() => read(page, '/api/items').then(({ text }) => text), '{"value":1}'],
    [() => read(page, '/api/fresh/1').then(({ text }) => text), '{"value":"fresh"}'],
    [() => page.evaluate(() => fetch('/api/items', { method: 'POST' }).then(({ status }) => status)), 200],
    [() => read(page, '/api/items').then(({ text }) => text), '{"value":2}'],
    [() => read(page, '/api/items').then(({ headers }) => headers['cache-status']?.split('; ')[1]), 'hit'],
  ]
  for (const [at, [step, expected]] of steps.entries()) {
    if (at === 3) value = 2
    expect(await step()).toBe(expected)
    await stored(page, '/api/fresh/1')
    if (at > 0) await stored(page, '/api/items')
    await stopWorkers(page)
  }
  expect(origin.of('/api/fresh/1')).toHaveLength(1)
})

test('stopped before a replacement is committed: the old bytes stay with the old row', async ({ origin, open }) => {
  const filler = 'x'.repeat(100_000)
  let value = 'old'
  origin.json('/api/stale/1', () => ({ value, filler }))
  const page = await open()
  await read(page, '/api/stale/1')
  await stored(page, '/api/stale/1')
  // The page holds the database: the replacement has to wait.
  const release = await holdDatabase(page)
  value = 'new'
  await read(page, '/api/stale/1')
  await expect.poll(() => origin.of('/api/stale/1').map(({ status }) => status)).toEqual([200, 200])
  await stopWorkers(page)
  await release()
  value = 'old'
  // Served from store, and after the validation again: never the bytes of the other version.
  expect((await read(page, '/api/stale/1')).text).toContain('"old"')
  await expect.poll(() => origin.of('/api/stale/1').at(-1)?.status).toBe(304)
  expect((await read(page, '/api/stale/1')).text).toContain('"old"')
})

test('what no window holds any more is erased at idle, without a word, and what one holds stays', async ({
  origin,
  open,
  browserContext,
}) => {
  const said: string[] = []
  const listen = (message: ConsoleMessage): void => void said.push(message.text())
  browserContext.on('console', listen)
  const DAY_MS = 86_400_000
  origin.json('/api/fresh/old', () => ({ value: 'an hour past its windows', filler: 'x'.repeat(100_000) }))
  origin.json('/api/fresh/new', () => ({ value: 'within its windows' }))
  const page = await open()
  await read(page, '/api/fresh/old')
  await stored(page, '/api/fresh/old')
  await rewriteRows(page, { requestedAtMs: Date.now() - 2 * DAY_MS, receivedAtMs: Date.now() - 2 * DAY_MS })
  // The clock of one round alone is not believed: it may have been set ahead by mistake.
  for (const bodies of [1, 0]) {
    const before = await clockOf(page)
    await stopWorkers(page)
    await read(page, '/api/fresh/new')
    await expect.poll(() => clockOf(page)).not.toBe(before)
    await expect.poll(async () => (await kindsIn(page))['body'] ?? 0).toBe(bodies)
  }
  expect(await stateOf(page, '/api/fresh/old')).toBe('absent')
  expect(await stateOf(page, '/api/fresh/new')).toBe('fresh')
  // Nothing was broken.
  expect(said.filter((text) => text.includes('audit'))).toEqual([])
  browserContext.off('console', listen)
})

test('a browser that is killed finds its data, its log and its worker again, with the origin gone', async () => {
  const profile = newProfile()
  const origin = new ScriptedOrigin()
  await origin.start()
  origin.json('/api/fresh/1', () => ({ value: 'small' }))
  origin.json('/api/fresh/2', () => ({ value: 'large', filler: 'x'.repeat(100_000) }))
  const killed = await launch(profile)
  const before = await killed.newPage()
  await before.goto(origin.url)
  await controlled(before)
  await read(before, '/api/fresh/1')
  await read(before, '/api/fresh/2')
  await stored(before, '/api/fresh/2')
  // The browser writes its files behind our backs; what it has not begun to write is beyond any promise of ours.
  await expect.poll(() => largestFile(join(profile, 'Default', 'IndexedDB'))).toBeGreaterThan(100_000)
  const cdp = await killed.browser()!.newBrowserCDPSession()
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo')
  const gone = new Promise((resolve) => killed.once('close', resolve))
  process.kill(processInfo.find(({ type }) => type === 'browser')!.id, 'SIGKILL')
  await gone

  const again = await launch(profile)
  const after = await again.newPage()
  await after.goto(origin.url)
  await controlled(after)
  await origin.stop()
  // A browser that has just started may take longer to open its storage than an answer waits for it.
  const text = (path: string): Promise<string> => read(after, path).then(({ text }) => text, String)
  await expect.poll(() => text('/api/fresh/1')).toContain('small')
  await expect.poll(() => text('/api/fresh/2')).toContain('large')
  expect(await onDisk(after)).toContain('change\n000000000000001')
  await again.close()
  dropProfile(profile)
})

/** When the worker last looked at what is stored. */
const clockOf = (page: Page): Promise<unknown> =>
  page.evaluate(async () => (await window.inDatabase((store) => store.get('!meta'))).result?.clockAtMs)

/** The size of the largest file in a folder. */
const largestFile = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => statSync(join(folder, path)).size),
  )

/** Settles when what was read is stored. */
async function stored(page: Page, path: string): Promise<void> {
  // A store that has just been opened anew may be too busy to say.
  await expect.poll(() => stateOf(page, path).catch(() => 'absent')).not.toBe('absent')
}

const stateOf = (page: Page, path: string): Promise<string> =>
  page.evaluate((path) => window.layer.explain(path).then(({ state }) => state), path)

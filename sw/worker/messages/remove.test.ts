import { expect, it, vi } from 'vitest'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { bytes } from '../../core/units.ts'
import { fakeDatabase, recordsIn } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'

const RULES = { version: '1', budget: { all: bytes(1e9), rules: {} } }

const { storeOver } = await import('../store/store.ts')
const { remove } = await import('./remove.ts')

it('what a page removes is recorded before it is counted, and is counted once (I13)', async () => {
  const { use } = await fakeDatabase()
  let isHeld = false
  let go: () => void = () => undefined
  const slow: UseStore = async (mode, work) => {
    if (isHeld && mode === 'readonly') await new Promise<void>((resolve) => (go = resolve))
    return use(mode, work)
  }
  const store = storeOver(slow, RULES)
  store.writer.activate()
  for (const path of ['1', '2']) {
    const url = `https://app.test/api/${path}`
    const sequence = await store.writer.placeOf(store.writer.ticket())
    const row = storedRow({}, { url, key: `everyone\nrow\n${url}\nGET`, sequence, bodyAt: sequence })
    await store.rows.commit(row, undefined)
  }
  const ports = { ...store, channel: { changes: () => undefined }, urlOf: (url: string) => url } as never
  store.erasure.runBehind = () => undefined
  await remove(ports, { ask: 'remove', reach: { urls: ['https://app.test/api/1'] } }, 'a tab')

  isHeld = true
  const removing = remove(ports, { ask: 'remove', reach: { all: true } }, 'a tab')
  // The count waits for the disk; the removal is there already.
  const { writer } = storeOver(use, RULES)
  await vi.waitFor(async () => expect([...(await recordsIn(writer)).keys()]).toContain('!removal prefix '))
  isHeld = false
  go()
  // What was removed before is not counted again, though its bytes are there still.
  expect(await removing).toEqual({ removed: 1 })
})

it('a removal by tag reaches what was stored under older rules, which did not give the tag', async () => {
  const { use, name } = await fakeDatabase()
  const older = storeOver(use, RULES)
  older.writer.activate()
  const keyOf = (path: string): string => `everyone\nrow\nhttps://app.test/api/${path}\nGET\ninclude\n*/*`
  for (const path of ['items/1', 'items/2', 'news', 'tagged']) {
    const sequence = await older.writer.placeOf(older.writer.ticket())
    const tags = path === 'tagged' ? ['items'] : []
    const of = { url: `https://app.test/api/${path}`, key: keyOf(path), tags, sequence, bodyAt: sequence }
    await older.rows.commit(storedRow({}, of), undefined)
  }
  const tagsOf = ({ url, key }: { url: string; key: string }): string[] =>
    url.includes('/items/') && key.includes('\nGET\n') ? ['items'] : []
  const newer = storeOver((await fakeDatabase(name)).use, RULES, tagsOf)
  newer.writer.activate()
  const { erasure } = newer
  const run = erasure.run.bind(erasure)
  erasure.runBehind = () => undefined
  const ports = { ...newer, channel: { changes: () => undefined }, urlOf: (url: string) => url } as never
  expect(await remove(ports, { ask: 'remove', reach: { tags: ['items'] } }, 'a tab')).toEqual({ removed: 3 })
  const left = async (): Promise<string[]> => {
    const found = await Promise.all(
      ['items/1', 'items/2', 'news', 'tagged'].map((path) => newer.rows.find(keyOf(path))),
    )
    return found.flat().map(({ url }) => new URL(url).pathname)
  }
  expect(await left(), 'before the bytes are deleted').toEqual(['/api/news'])
  await run()
  newer.rows.forgetAll()
  expect(await left(), 'when the mark is gone').toEqual(['/api/news'])
})

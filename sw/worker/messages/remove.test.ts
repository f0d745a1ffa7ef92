import { expect, it, vi } from 'vitest'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { bytes } from '../../core/units.ts'
import { fakeDatabase, recordsIn } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'

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
  const store = storeOver(slow, { version: '1', budget: { all: bytes(1e9), rules: {} } })
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
  const { writer } = storeOver(use, { version: '1', budget: { all: bytes(1e9), rules: {} } })
  await vi.waitFor(async () => expect([...(await recordsIn(writer)).keys()]).toContain('!removal prefix '))
  isHeld = false
  go()
  // What was removed before is not counted again, though its bytes are there still.
  expect(await removing).toEqual({ removed: 1 })
})

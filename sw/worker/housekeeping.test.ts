import { expect, it, vi } from 'vitest'
import type { LoggedChange } from '../core/change.ts'
import { storedRow } from '../core/stored-row.fixture.ts'
import { bytes } from '../core/units.ts'
import type { Store } from './store/store.ts'
import { fakeDatabase, fakeLocks, recordsIn } from './store/fake-database.fixture.ts'

const { storeOver } = await import('./store/store.ts')
const { missed } = await import('./store/change-log.ts')
const { Housekeeping } = await import('./housekeeping.ts')

const nothing = (): Promise<void> => Promise.resolve()

/** The housekeeping of an active worker. */
function keeping(store: Store, save: () => Promise<void> = nothing): InstanceType<typeof Housekeeping> {
  const housekeeping = new Housekeeping({
    ...store,
    ruleOf: () => undefined,
    identity: { tidy: nothing },
    sessions: { endLoads: nothing },
    statistics: { save },
    files: undefined,
  } as never)
  housekeeping.activate()
  return housekeeping
}

it('is done also in a worker that is asked each second (I11, I13)', async () => {
  const { use } = await fakeDatabase()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    const save = vi.fn(nothing)
    const housekeeping = keeping(storeOver(use, { version: '1', budget: { all: bytes(1e9), rules: {} } }), save)
    for (let second = 0; second < 700; second++) {
      housekeeping.noteActivity()
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(save).toHaveBeenCalledOnce()
  } finally {
    vi.useRealTimers()
  }
})

it('ends the writes of a worker that has stopped since the state was read', async () => {
  const held = fakeLocks()
  const rules = { version: '1', budget: { all: bytes(1e9), rules: {} } }
  const database = await fakeDatabase()
  const sender = storeOver(database.use, rules)
  const url = 'https://app.test/api/1'
  const head = { method: 'POST', url, clientId: 'a tab', targets: [`url ${url}`] as const }
  const { durable, id } = sender.log.announce(head)
  await durable
  const told: (LoggedChange | undefined)[] = []
  const { use } = await fakeDatabase(database.name)
  const survivor = storeOver(use, rules, undefined, (change) => void told.push(change))
  await survivor.writer.begin()
  const row = storedRow({}, { url, sequence: await survivor.writer.nextInMemory() })
  expect(survivor.log.isInvalidated(row)).toBe(true)

  held.length = 0
  const housekeeping = keeping(survivor)
  housekeeping.noteActivity()
  await vi.waitFor(async () => expect([...(await recordsIn(survivor.writer)).keys()]).not.toContain(`!write ${id}`), {
    timeout: 10_000,
  })
  const later = { ...row, sequence: await survivor.writer.nextInMemory() }
  await vi.waitFor(() => expect(survivor.log.isInvalidated(later)).toBe(false))
  // Its worker has told the tabs nothing.
  expect(told).toEqual([expect.objectContaining({ kind: 'invalidated', cause: 'write', targets: head.targets })])
  const { missed: logged } = await missed(survivor.writer, { sinceMs: 0 }, [])
  expect(logged).toEqual(told)
})

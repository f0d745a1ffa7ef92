import { expect, it, vi } from 'vitest'
import { storedRow } from '../core/stored-row.fixture.ts'
import { bytes } from '../core/units.ts'
import { fakeDatabase, recordsIn } from './store/fake-database.fixture.ts'

const { storeOver } = await import('./store/store.ts')
const { Housekeeping } = await import('./housekeeping.ts')

it('ends the writes of a worker that has stopped since the state was read', async () => {
  const held: { readonly name: string }[] = []
  const locks = {
    request: (name: string, hold: () => unknown) => (held.push({ name }), Promise.resolve(hold())),
    query: () => Promise.resolve({ held }),
  }
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, locks })
  const rules = { version: '1', budget: { all: bytes(1e9), rules: {} } }
  const database = await fakeDatabase()
  const sender = storeOver(database.use, rules)
  const url = 'https://app.test/api/1'
  const head = { method: 'POST', url, clientId: 'a tab', targets: [`url ${url}`] as const }
  const { durable, id } = sender.log.announce(head)
  await durable
  const survivor = storeOver((await fakeDatabase(database.name)).use, rules)
  await survivor.writer.begin()
  const row = storedRow({}, { url, sequence: await survivor.writer.nextInMemory() })
  expect(survivor.log.isInvalidated(row)).toBe(true)

  held.length = 0
  const nothing = (): Promise<void> => Promise.resolve()
  const housekeeping = new Housekeeping({
    ...survivor,
    ruleOf: () => undefined,
    identity: { tidy: nothing },
    sessions: { endLoads: nothing },
    statistics: { save: nothing },
    files: undefined,
  } as never)
  housekeeping.activate()
  housekeeping.noteActivity()
  await vi.waitFor(async () => expect([...(await recordsIn(survivor.writer)).keys()]).not.toContain(`!write ${id}`), {
    timeout: 10_000,
  })
  const later = { ...row, sequence: await survivor.writer.nextInMemory() }
  await vi.waitFor(() => expect(survivor.log.isInvalidated(later)).toBe(false))
})

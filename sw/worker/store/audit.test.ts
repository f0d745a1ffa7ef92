import { expect, it, vi } from 'vitest'
import { KEY_RANGE, keeping } from './keeping.fixture.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('IDBKeyRange', KEY_RANGE)
vi.stubGlobal('caches', { has: () => Promise.resolve(false), delete: () => Promise.resolve(true) })
const { audit } = await import('./audit.ts')
const { Ledger } = await import('./ledger.ts')

const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)

it.each([
  ['is no repair where whoever replaced its row removes it at that moment', false],
  ['is removed, and said, where it stays', true],
])('a body that no row names %s', async (_, stays) => {
  const bodies = {
    urls: () => Promise.resolve(['https://app.test/__freshlayer/1']),
    has: () => Promise.resolve(stays),
    remove: () => Promise.resolve(),
  }
  await audit({ ledger: new Ledger(keeping(), '1'), bodies: bodies as never }, () => false)
  expect(said.mock.calls.flat().filter((text) => String(text).includes('audit'))).toHaveLength(Number(stays))
})

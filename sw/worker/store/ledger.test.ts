import { describe, expect, it, vi } from 'vitest'
import type { Row } from '../../core/row.ts'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { KEY_RANGE, keeping } from './keeping.fixture.ts'
import type { UseStore } from './store.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('IDBKeyRange', KEY_RANGE)
vi.stubGlobal('caches', { has: () => Promise.resolve(false), delete: () => Promise.resolve(true) })
const { Ledger } = await import('./ledger.ts')

describe('a ledger whose first look at the store has failed', () => {
  it('knows what the store says of queries, as soon as the store answers', async () => {
    const records = new Map<string, unknown>()
    const store = keeping(records)
    const before = new Ledger(store, '1')
    await before.begin()
    before.searchPolicies.learn('https://app.test/api?from=here', { ignored: ['from'], except: [], anyOrder: false })
    await vi.waitFor(() => expect([...records.keys()]).toContain('search https://app.test/api'))

    let isFirst = true
    const failingOnce: UseStore = (mode, work) => {
      if (!isFirst) return store(mode, work)
      isFirst = false
      return Promise.reject(new Error('the browser gave no reason'))
    }
    const ledger = new Ledger(failingOnce, '1')
    await expect(ledger.load()).rejects.toThrow('the browser gave no reason')
    await ledger.begin()
    await ledger.load()
    expect(ledger.isLoaded).toBe(true)
    expect(ledger.searchPolicies.urlOf('https://app.test/api?from=there')).toBe('https://app.test/api')
  })
})

describe('a row that is stored', () => {
  it('comes with the one that it replaces, which need not be the one that was known when the origin was asked', async () => {
    const ledger = new Ledger(keeping(), '1')
    const placed = async (): Promise<Row> => ({
      ...storedRow(),
      ...(await ledger.placeOf(ledger.ticket('everyone'))),
    })
    const [first, second] = [await placed(), await placed()]
    expect(await ledger.commit(first, undefined)).toMatchObject({ replaced: undefined })
    expect(await ledger.commit(second, undefined)).toMatchObject({ replaced: { sequence: first.sequence } })
  })
})

describe('rows that are removed', () => {
  it('are not served from memory any more, though the disk still has them', async () => {
    const ledger = new Ledger(keeping(), '1')
    const row = { ...storedRow(), ...(await ledger.placeOf(ledger.ticket('everyone'))) }
    await ledger.commit(row, undefined)
    await ledger.find(row.key)
    expect(ledger.remembered(row.key)).toHaveLength(1)
    const removed = ledger.remove([row], () => undefined)
    expect(ledger.remembered(row.key)).toBeUndefined()
    await removed
  })
})

import { describe, expect, it, vi } from 'vitest'
import { keeping } from './store/keeping.fixture.ts'

vi.stubGlobal('self', globalThis)
const { ofThisShape } = await import('./store/ledger-record.ts')
const { Statistics } = await import('./statistics.ts')

describe('counts', () => {
  it('are not written into the database of a newer version, and are not lost meanwhile', async () => {
    const records = new Map<string, unknown>([['meta', { shape: 99 }]])
    // One transaction that fails is no reason for the next to fail.
    const statistics = new Statistics(ofThisShape((mode, work) => keeping(records)(mode, work)))
    statistics.count('items', { reads: 2 })
    await expect(statistics.save()).rejects.toThrow('a newer version has written it')
    expect(records.has('stats')).toBe(false)
    statistics.count('items', { reads: 1 })
    records.set('meta', { shape: 1 })
    expect((await statistics.read()).total.reads).toBe(3)
    await statistics.save()
    expect(records.has('stats')).toBe(true)
  })
})

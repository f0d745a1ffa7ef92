import { describe, expect, it } from 'vitest'
import { FAILING, fakeWriter } from './store/fake-database.fixture.ts'

const { Statistics } = await import('./statistics.ts')

describe('counts', () => {
  it('are added to those of the worker before', async () => {
    const { writer } = await fakeWriter()
    const before = new Statistics(writer)
    before.count('items', { reads: 2 })
    await before.save()
    const statistics = new Statistics(writer)
    statistics.count('items', { reads: 1, hits: 1 })
    expect((await statistics.read()).rules['items']).toMatchObject({ reads: 3, hits: 1 })
    await statistics.save()
    expect((await new Statistics(writer).read()).total).toMatchObject({ reads: 3, hits: 1 })
  })

  it('of what rules did nothing for are by reason, also beside those of a worker that had none', async () => {
    const { writer } = await fakeWriter()
    const before = new Statistics(writer)
    before.count('items', { obstacles: { 'no-store': 1 } })
    before.count('items', { obstacles: { 'no-store': 1, vary: 1 } })
    before.count('other', { reads: 1 })
    await before.save()
    const statistics = new Statistics(writer)
    statistics.count('items', { obstacles: { 'no-store': 1 } })
    statistics.count('other', { obstacles: { vary: 1 } })
    const { total, rules } = await statistics.read()
    expect(rules['items']?.obstacles).toEqual({ 'no-store': 3, vary: 1 })
    expect(total.obstacles).toEqual({ 'no-store': 3, vary: 2 })
    expect((await new Statistics(writer).read()).total.obstacles).toEqual({ 'no-store': 2, vary: 1 })
  })

  it('are not lost where the store fails', async () => {
    const { writer } = await fakeWriter()
    let isFailing = true
    const statistics = new Statistics({
      read: (work) => writer.read(work),
      write: (work) => (isFailing ? FAILING.write(work) : writer.write(work)),
    })
    statistics.count('items', { reads: 2 })
    await expect(statistics.save()).rejects.toThrow('no such luck')
    isFailing = false
    statistics.count('items', { reads: 1 })
    await statistics.save()
    expect((await new Statistics(writer).read()).total.reads).toBe(3)
  })
})

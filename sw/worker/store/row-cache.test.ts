import { describe, expect, it } from 'vitest'
import type { Row } from '../../core/row.ts'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { RowCache } from './row-cache.ts'

const MB = 2 ** 20

const rowOf = (key: string, body: Row['body'], variant = ''): Row => storedRow({}, { key, body, variant })

/** A memory that has read these rows, one key after the other. */
async function remembering(rows: readonly Row[]): Promise<RowCache> {
  const cache = new RowCache()
  for (const row of rows) await cache.load(row.key, () => Promise.resolve([row]))
  return cache
}

const keysIn = (cache: RowCache, count: number): number[] =>
  Array.from({ length: count }, (_, at) => at).filter((at) => cache.get(String(at)) !== undefined)

describe('the memory of rows', () => {
  it('holds bodies of 8 MB, those used last', async () => {
    const rows = Array.from({ length: 6 }, (_, at) => rowOf(String(at), new ArrayBuffer(2 * MB)))
    expect(keysIn(await remembering(rows), 6)).toEqual([2, 3, 4, 5])
  })

  it('does not count bodies that lie on disk alone', async () => {
    const blob = new Blob([new ArrayBuffer(5 * MB)])
    const rows = Array.from({ length: 6 }, (_, at) => rowOf(String(at), blob))
    expect(keysIn(await remembering(rows), 6)).toHaveLength(6)
  })

  it('does not hold a body that is longer than all it may hold, and forgets no other for it', async () => {
    const rows = [rowOf('0', new ArrayBuffer(1)), rowOf('1', new ArrayBuffer(9 * MB))]
    expect(keysIn(await remembering(rows), 2)).toEqual([0])
  })

  it('counts what it has replaced and forgotten no more', async () => {
    const cache = await remembering([rowOf('0', new ArrayBuffer(7 * MB)), rowOf('1', new ArrayBuffer(MB))])
    for (let time = 0; time < 5; time++) cache.replace(rowOf('0', new ArrayBuffer(7 * MB)))
    expect(keysIn(cache, 2)).toEqual([0, 1])
    cache.delete(['0'])
    await cache.load('2', () => Promise.resolve([rowOf('2', new ArrayBuffer(7 * MB))]))
    expect(keysIn(cache, 3)).toEqual([1, 2])
    cache.clear()
    await cache.load('3', () => Promise.resolve([rowOf('3', new ArrayBuffer(8 * MB))]))
    expect(keysIn(cache, 4)).toEqual([3])
  })

  it('counts all variants of a key', async () => {
    const cache = await remembering([rowOf('0', new ArrayBuffer(5 * MB)), rowOf('1', new ArrayBuffer(MB))])
    cache.replace(rowOf('0', new ArrayBuffer(5 * MB), 'accept:a'))
    expect(keysIn(cache, 2)).toEqual([1])
  })

  it('holds 512 keys, those used last', async () => {
    const rows = Array.from({ length: 514 }, (_, at) => rowOf(String(at), new ArrayBuffer(2)))
    expect(keysIn(await remembering(rows), 514)).toHaveLength(512)
  })
})

import { afterEach, expect, test, vi } from 'vitest'
import { Totals } from './totals.ts'

afterEach(() => void vi.restoreAllMocks())

const AT = { horizon: 7n, since: 7n }

const counted = (): { totals: Totals; read: () => Promise<{ total: number; digest: number }>; reads: () => number } => {
  let reads = 0
  return { totals: new Totals(), read: () => Promise.resolve({ total: ++reads, digest: 0 }), reads: () => reads }
}

test('300 callers at once who see the same are counted for once', async () => {
  const { totals, read, reads } = counted()
  const all = await Promise.all(Array.from({ length: 300 }, () => totals.of('products', 'state 1', AT, read)))
  expect(new Set(all.map(({ total }) => total))).toEqual(new Set([1]))
  expect(reads()).toBe(1)
})

test('another state, or another who sees something else, is counted for anew', async () => {
  const { totals, read, reads } = counted()
  await totals.of('products', 'state 1', AT, read)
  await totals.of('products', 'state 2', AT, read)
  await totals.of('products of ada', 'state 2', AT, read)
  await totals.of('products', 'state 2', AT, read)
  expect(reads()).toBe(3)
})

test('what changes without an entry in the log is counted after ten seconds', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000)
  const { totals, read, reads } = counted()
  await totals.of('products', 'state 1', AT, read)
  now.mockReturnValue(10_999)
  await totals.of('products', 'state 1', AT, read)
  expect(reads()).toBe(1)
  now.mockReturnValue(11_000)
  await totals.of('products', 'state 1', AT, read)
  expect(reads()).toBe(2)
})

test('where one caller’s reading fails each of the others reads by itself', async () => {
  const { totals, read, reads } = counted()
  const failing = totals.of('products', 'state 1', AT, () => Promise.reject(new Error('gone')))
  const other = totals.of('products', 'state 1', AT, read)
  await expect(failing).rejects.toThrow('gone')
  expect(await other).toEqual({ total: 1, digest: 0 })
  await totals.of('products', 'state 1', AT, read)
  expect(reads()).toBe(2)
})

test('of a thousand kinds of callers the numbers are kept, those that came last', async () => {
  const { totals, read, reads } = counted()
  for (let user = 0; user < 1500; user++) await totals.of(`products of ${user}`, 'state 1', AT, read)
  await totals.of('products of 1499', 'state 1', AT, read)
  expect(reads()).toBe(1500)
  await totals.of('products of 0', 'state 1', AT, read)
  expect(reads()).toBe(1501)
})

test('what was counted before the rows of a caller were read is counted anew, once for all of them', async () => {
  const { totals, read, reads } = counted()
  await totals.of('products', 'state 1', AT, read)
  for (let since = 8n; since < 20n; since++) await totals.of('products', 'state 1', { horizon: 20n, since }, read)
  await totals.of('products', 'state 1', AT, read)
  expect(reads()).toBe(2)
})

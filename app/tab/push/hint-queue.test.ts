import { warn } from '../report.ts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Hint } from './hint.ts'
import { HintQueue } from './hint-queue.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open() {
  const told: Hint[] = []
  const cursors: string[] = []
  const tell = vi.fn<(hint: Hint) => Promise<unknown>>((hint) => Promise.resolve(told.push(hint)))
  return { told, cursors, tell, queue: new HintQueue({ tell, reached: (cursor) => void cursors.push(cursor), warn }) }
}

it('the first hint of a burst goes at once, and the others as one', async () => {
  const { told, cursors, queue } = open()
  for (const at of [1, 2, 3, 4]) queue.add({ tags: ['products', `product:${at}`], transactions: [`${at}`] }, `at ${at}`)
  await vi.advanceTimersByTimeAsync(0)
  expect([told.length, cursors]).toEqual([1, ['at 1']])
  await vi.advanceTimersByTimeAsync(300)
  expect(told[1]).toEqual({
    tags: ['products', 'product:2', 'product:3', 'product:4'],
    all: false,
    transactions: ['2', '3', '4'],
  })
  expect(cursors).toEqual(['at 1', 'at 4'])
})

it('a hint whose transactions are not known makes them unknown for all that are told with it', async () => {
  const { told, queue } = open()
  queue.add({ tags: ['a'] })
  queue.add({ tags: ['b'], transactions: ['1'] })
  queue.add({ tags: ['c'] })
  await vi.advanceTimersByTimeAsync(300)
  expect(told[1]).toEqual({ tags: ['b', 'c'], all: false, transactions: undefined })
})

it('a hint of nothing says how far the tab has heard, and is not told', async () => {
  const { tell, cursors, queue } = open()
  queue.add({ tags: [] }, 'here')
  await vi.advanceTimersByTimeAsync(0)
  expect([tell.mock.calls, cursors]).toEqual([[], ['here']])
})

it('a hint to many waits for its part of their time, and takes what comes meanwhile along', async () => {
  const { told, cursors, queue } = open()
  queue.add({ tags: ['a'] }, 'one', 5000)
  await vi.advanceTimersByTimeAsync(4900)
  queue.add({ tags: ['b'] }, 'two', 9000)
  expect([told, cursors]).toEqual([[], []])
  await vi.advanceTimersByTimeAsync(100)
  expect(told.map(({ tags }) => tags)).toEqual([['a', 'b']])
  expect(cursors).toEqual(['two'])
})

it('a worker that gives no answer is told again, and the place is written down only then', async () => {
  const said = vi.spyOn(console, 'warn').mockReturnValue()
  const { tell, told, cursors, queue } = open()
  tell.mockRejectedValueOnce(new Error('not in this build'))
  queue.add({ tags: ['a'] }, 'one')
  await vi.advanceTimersByTimeAsync(0)
  queue.add({ tags: ['b'] }, 'two')
  expect(cursors).toEqual([])
  await vi.advanceTimersByTimeAsync(2000)
  expect(told.map(({ tags }) => tags)).toEqual([['a', 'b']])
  expect(cursors).toEqual(['two'])
  expect(said).toHaveBeenCalledOnce()
})

it('ten thousand hints in a moment are one, and cost the page and the worker little', async () => {
  const { told, cursors, queue } = open()
  for (let at = 0; at < 10_000; at++) queue.add({ tags: [`product:${at}`], transactions: [`${at}`] }, `at ${at}`)
  await vi.advanceTimersByTimeAsync(300)
  expect(told.slice(1)).toEqual([{ tags: [], all: true, transactions: undefined }])
  expect(cursors.at(-1)).toBe('at 9999')
})

it('a message of more tags than a rule has answers makes everything stale', async () => {
  const { told, queue } = open()
  queue.add({ tags: Array.from({ length: 5000 }, (_, at) => `product:${at}`) })
  await vi.advanceTimersByTimeAsync(0)
  expect(told).toEqual([{ tags: [], all: true, transactions: undefined }])
})

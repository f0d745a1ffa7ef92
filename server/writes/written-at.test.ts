import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareTimes, formatTime, type HybridTime, parseTime } from '../../sw/core/outbox/hybrid-clock.ts'
import type { JsonObject } from '../../sw/core/outbox/json.ts'
import { mergePatched } from '../../sw/core/outbox/merge-patch.ts'
import { leavesOf, patchOf, pointerOf } from './patch-leaves.ts'
import { afterAll, fieldsWon, latestOf, timeOf, type WrittenAt, writtenWhole } from './written-at.ts'

const NOW = 1_800_000_000_000
const at = (ms: number, node = 'a', count = 0): HybridTime => ({ ms: NOW + ms, count, node })

describe('the leaves of a merge patch', () => {
  test.each<[JsonObject, string[]]>([
    [{}, []],
    [{ name: 'a', price: null }, ['/name', '/price']],
    [{ address: { city: 'x', zip: { code: 1 } } }, ['/address/city', '/address/zip/code']],
    [{ tags: ['a'], nothing: {} }, ['/tags', '/nothing']],
    [{ 'a/b': { '~': 1 }, '': 2 }, ['/a~1b/~0', '/']],
  ])('%j', (patch, pointers) => expect(leavesOf(patch).map(pointerOf)).toEqual(pointers))

  test('make the patch again, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (given) => {
        const patch = JSON.parse(JSON.stringify(given)) as JsonObject
        expect(patchOf(leavesOf(patch))).toEqual(patch)
      }),
    )
  })

  test('of a patch of any depth are found', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as JsonObject
    expect(leavesOf(deep)).toHaveLength(1)
  })
})

describe('of a patch', () => {
  const written: WrittenAt = {
    floor: at(0),
    fields: new Map([
      ['/name', at(10)],
      ['/address/city', at(20)],
    ]),
  }
  test.each<[string, JsonObject, HybridTime, JsonObject | undefined, string[]]>([
    ['what was written before it holds', { name: 'x', price: 1 }, at(11), { name: 'x', price: 1 }, []],
    ['what was written after it does not', { name: 'x', price: 1 }, at(9), { price: 1 }, ['/name']],
    ['nothing holds before the row was written', { name: 'x', price: 1 }, at(-1), undefined, ['/name', '/price']],
    [
      'fields within an object are told apart',
      { address: { city: 'x', zip: 1 } },
      at(15),
      { address: { zip: 1 } },
      ['/address/city'],
    ],
    ['an object holds if none of it was written later', { address: null }, at(15), undefined, ['/address']],
    ['an object holds after all of it', { address: null }, at(21), { address: null }, []],
    ['the same time and another node is decided by the node', { name: 'x' }, at(10, 'b'), { name: 'x' }, []],
    ['the same time of an earlier node does not hold', { name: 'x' }, at(10, 'Z'), undefined, ['/name']],
    ['the same time of the same node comes later', { name: 'x' }, at(10), { name: 'x' }, []],
    ['the count decides between equal times', { name: 'x' }, at(10, 'a', 1), { name: 'x' }, []],
  ])('%s', (_, patch, time, won, lost) => {
    expect(fieldsWon(patch, time, written)).toMatchObject({ patch: won, lost })
  })

  test('what has held is what the next one is compared with', () => {
    const { writtenAt } = fieldsWon({ address: null }, at(30), written)
    expect([...writtenAt.fields.keys()]).toEqual(['/name', '/address'])
    expect(fieldsWon({ address: { city: 'x' } }, at(29), writtenAt).patch).toBeUndefined()
    expect(fieldsWon({ address: { city: 'x' } }, at(31), writtenAt).patch).toEqual({ address: { city: 'x' } })
  })

  test('that is based on what there is, all holds, however far back its clock is', () => {
    const time = afterAll(at(-3_600_000, 'b'), written)
    expect(compareTimes(time, latestOf(written))).toBeGreaterThan(0)
    expect(fieldsWon({ name: 'x', address: 1 }, time, written).lost).toEqual([])
    expect(afterAll(at(99), written)).toEqual(at(99))
  })

  test('the order of coming does not decide, only the times do', () => {
    const address = fc.record({ city: fc.nat(), zip: fc.nat() }, { requiredKeys: ['city'] })
    const patch = fc.record({ name: fc.nat(), price: fc.nat(), address }, { requiredKeys: [] })
    const write = fc.record({ patch, ms: fc.nat(50), count: fc.nat(2), node: fc.constantFrom('a', 'b', 'c') })
    const key = ({ ms, count, node }: { ms: number; count: number; node: string }): string => `${ms} ${count} ${node}`
    const writes = fc
      .uniqueArray(write, { selector: key, maxLength: 12 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
    fc.assert(
      fc.property(writes, ([all, coming]) => {
        let row: unknown = { name: -1, price: -1, address: {} }
        let known = writtenWhole(at(-1))
        for (const { patch: given, ms, count, node } of coming) {
          const won = fieldsWon(given, at(ms, node, count), known)
          known = won.writtenAt
          if (won.patch !== undefined) row = mergePatched(row, won.patch)
        }
        const inOrder = all
          .toSorted((one, other) =>
            compareTimes(at(one.ms, one.node, one.count), at(other.ms, other.node, other.count)),
          )
          .reduce<unknown>((before, { patch: given }) => mergePatched(before, given), {
            name: -1,
            price: -1,
            address: {},
          })
        expect(row).toEqual(inOrder)
      }),
    )
  })
})

test.each([
  ['a hybrid time', formatTime(at(5, 'tab-1', 3)), at(5, 'tab-1', 3)],
  ['a time of the calendar', new Date(NOW + 5).toISOString(), at(5, '-')],
  ['a number of milliseconds', NOW + 5.7, at(5, '-')],
  ['a date', new Date(NOW + 5), at(5, '-')],
])('%s can be written and read again', (_, given, expected) => {
  const time = timeOf(given)
  expect(time).toEqual(expected)
  expect(time === 'invalid' ? time : parseTime(formatTime(time))).toEqual(expected)
})

test.each(['', 'x', null, undefined, {}, Number.NaN, 12, new Date(Number.NaN)])('%j is no time', (given) => {
  expect(timeOf(given)).toBe('invalid')
})

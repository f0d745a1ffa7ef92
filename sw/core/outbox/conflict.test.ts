import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Conflict, type ConflictPolicy, type Resolution, resolved } from './conflict.ts'
import { mergePatched } from './merge-patch.ts'
import type { RowChange } from './row-change.ts'

const at = (ms: number, node = 'a') => ({ ms: 1_800_000_000_000 + ms, count: 0, node })
const put = (members: object): RowChange => ({ kind: 'assign', members: { ...members } })
const patch = (members: object): RowChange => ({ kind: 'merge', patch: { ...members } })
const DELETE: RowChange = { kind: 'delete' }
const BASE = { id: 7, name: 'Tea', price: 3 }
const CONFLICT: Conflict = {
  change: put({ name: 'Mint' }),
  isPartial: true,
  base: BASE,
  theirs: { ...BASE, name: 'Chai' },
  mineAt: at(2),
  theirsAt: at(1),
}
const of = (policy: ConflictPolicy, given: Partial<Conflict> = {}): Resolution =>
  resolved(policy, { ...CONFLICT, ...given })
const send = (change: RowChange): Resolution => ({ kind: 'send', change })
const [ASK, YIELD, DONE] = [{ kind: 'ask' }, { kind: 'yield' }, { kind: 'acknowledge' }] as const

describe('a conflict', () => {
  test.each<[string, ConflictPolicy, Partial<Conflict>, Resolution]>([
    ['is left to the server', 'server-wins', {}, YIELD],
    ['is left to the client', 'client-wins', {}, send(CONFLICT.change)],
    ['is left to the client, also an earlier one', 'client-wins', { theirsAt: at(3) }, send(CONFLICT.change)],
    ['is left to the user', 'ask', {}, ASK],
    ['is left to the later: mine', 'last-write-wins', {}, send(CONFLICT.change)],
    ['is left to the later: theirs', 'last-write-wins', { theirsAt: at(3) }, YIELD],
    ['at the same time is left to the later node', 'last-write-wins', { mineAt: at(1), theirsAt: at(1, 'b') }, YIELD],
    ['without a time is left to the user', 'last-write-wins', { theirsAt: undefined }, ASK],
    ['with a row that is gone is left to the user', 'last-write-wins', { theirs: undefined }, ASK],
    ['of a deletion is left to the later: mine', 'last-write-wins', { change: DELETE }, send(DELETE)],
    ['of a deletion is left to the later: theirs', 'last-write-wins', { change: DELETE, theirsAt: at(3) }, YIELD],
    ['of a create is left to the user', 'client-wins', { change: { kind: 'create', row: { id: 8 } } }, ASK],
    ['of a create is left to the server', 'server-wins', { change: { kind: 'create', row: { id: 8 } } }, YIELD],
  ])('%s', (_, policy, given, expected) => {
    expect(of(policy, given)).toEqual(expected)
  })

  const policies: ConflictPolicy[] = ['ask', 'server-wins', 'client-wins', 'last-write-wins', () => 'ask']
  test.each(policies)('with what the write itself has done is none: %s', (policy) => {
    const theirs = { ...BASE, name: 'Mint', price: 9 }
    expect(of(policy, { theirs })).toEqual(DONE)
    expect(of(policy, { theirs, change: patch({ name: 'Mint', gone: null }) })).toEqual(DONE)
    expect(of(policy, { theirs: undefined, change: DELETE })).toEqual(DONE)
    expect(of(policy, { theirs, change: { kind: 'create', row: { id: 7, name: 'Mint' } } })).toEqual(DONE)
  })
})

describe('the later of two merge patches', () => {
  const base = { name: 'Tea', price: 3, size: { w: 1, h: 2 } }
  test.each<[string, object, object, number | undefined, Resolution]>([
    ['keeps what they have left alone', { name: 'Mint' }, { ...base, price: 4 }, 9, send(patch({ name: 'Mint' }))],
    [
      'yields in what both have changed',
      { name: 'Mint', price: 5 },
      { ...base, price: 4 },
      9,
      send(patch({ name: 'Mint' })),
    ],
    [
      'wins in what both have changed',
      { name: 'Mint', price: 5 },
      { ...base, price: 4 },
      1,
      send(patch({ name: 'Mint', price: 5 })),
    ],
    ['yields where nothing is left', { price: 5 }, { ...base, price: 4 }, 9, YIELD],
    [
      'is by member of a member',
      { size: { w: 7, h: 8 } },
      { ...base, size: { w: 1, h: 3 } },
      9,
      send(patch({ size: { w: 7 } })),
    ],
    [
      'leaves out what is so already',
      { name: 'Mint', price: 4 },
      { ...base, price: 4 },
      undefined,
      send(patch({ name: 'Mint' })),
    ],
    [
      'takes a member away that they have left alone',
      { price: null },
      { ...base, name: 'Chai' },
      9,
      send(patch({ price: null })),
    ],
    ['yields to a member that they have taken away', { price: 5 }, { name: 'Tea', size: base.size }, 9, YIELD],
    [
      'needs no time where they have changed other members',
      { name: 'Mint' },
      { ...base, price: 4 },
      undefined,
      send(patch({ name: 'Mint' })),
    ],
    [
      'is left to the user without a time where both have changed one',
      { price: 5 },
      { ...base, price: 4 },
      undefined,
      ASK,
    ],
  ])('%s', (_, mine, theirs, theirsMs, expected) => {
    const theirsAt = theirsMs === undefined ? undefined : at(theirsMs)
    expect(of('last-write-wins', { change: patch(mine), base, theirs: { ...theirs }, theirsAt })).toEqual(expected)
  })

  test.each<[string, object, object, number | undefined, Resolution]>([
    ['that became a value there yields', { size: { w: 7 } }, { ...base, size: 5 }, 9, YIELD],
    ['that became a value there wins', { size: { w: 7 } }, { ...base, size: 5 }, 1, send(patch({ size: { w: 7 } }))],
    [
      'of which nothing is left is not sent',
      { name: 'Mint', size: { h: 9 } },
      { ...base, size: { w: 1, h: 3 } },
      9,
      send(patch({ name: 'Mint' })),
    ],
    [
      'of which both have changed one is left to the user',
      { size: { h: 9 } },
      { ...base, size: { w: 1, h: 3 } },
      undefined,
      ASK,
    ],
  ])('an object %s', (_, mine, theirs, theirsMs, expected) => {
    const theirsAt = theirsMs === undefined ? undefined : at(theirsMs)
    expect(of('last-write-wins', { change: patch(mine), base, theirs: { ...theirs }, theirsAt })).toEqual(expected)
  })

  test('without a base is by their times alone', () => {
    const isNew = { change: patch({ color: 'red' }), base: undefined, theirsAt: at(3) }
    expect(of('last-write-wins', isNew)).toEqual(YIELD)
    const given = { change: patch({ name: 'Mint' }), base: undefined }
    expect(of('last-write-wins', given)).toEqual(send(patch({ name: 'Mint' })))
    expect(of('last-write-wins', { ...given, theirsAt: at(3) })).toEqual(YIELD)
    expect(of('last-write-wins', { ...given, theirsAt: undefined })).toEqual(ASK)
  })

  test('is the same whichever device comes back first', () => {
    const member = fc.constantFrom('a', 'b', 'c')
    const fields = fc.dictionary(member, fc.nat(3), { minKeys: 1, noNullPrototype: true })
    fc.assert(
      fc.property(fields, fields, fields, fc.boolean(), (base, one, other, isOneLater) => {
        const [oneAt, otherAt] = isOneLater ? [at(2, 'one'), at(1, 'other')] : [at(1, 'one'), at(2, 'other')]
        /** What the row is once the first has come to the server, and then the second in conflict with it. */
        const after = (first: object, firstAt: typeof oneAt, second: object, secondAt: typeof oneAt): unknown => {
          const theirs = mergePatched(base, first) as typeof base
          const found = of('last-write-wins', {
            change: patch(second),
            base,
            theirs,
            mineAt: secondAt,
            theirsAt: firstAt,
          })
          return found.kind === 'send' && found.change.kind === 'merge'
            ? mergePatched(theirs, found.change.patch)
            : theirs
        }
        const results = [after(one, oneAt, other, otherAt), after(other, otherAt, one, oneAt)]
        // A value that is set to what it was is no change: only then does the order show.
        fc.pre([one, other].every((each) => Object.entries(each).every(([name, value]) => base[name] !== value)))
        expect(results[0]).toEqual(results[1])
      }),
    )
  })
})

describe("a rule's own function", () => {
  const calls: unknown[][] = []
  const both: ConflictPolicy = (...given) => {
    calls.push(given)
    return { ...(given[2] as object), name: 'both' }
  }

  test('gets the row as it was, as it is wanted and as it is there', () => {
    calls.length = 0
    const theirs = { ...BASE, price: 9 }
    of(both, { theirs })
    of(both, { theirs, base: undefined })
    of((...given) => calls.push(given), { change: DELETE })
    expect(calls).toEqual([
      [BASE, { ...BASE, name: 'Mint' }, theirs],
      [undefined, { ...BASE, name: 'Mint', price: 9 }, theirs],
      [BASE, undefined, CONFLICT.theirs],
    ])
  })

  test.each<[string, ConflictPolicy, Partial<Conflict>, Resolution]>([
    ['has what differs sent, of a PATCH', both, {}, send(put({ name: 'both' }))],
    ['has the whole row sent, of a PUT', both, { isPartial: false }, send(put({ id: 7, name: 'both', price: 3 }))],
    [
      'has a merge patch sent',
      () => ({ name: 'both' }),
      { change: patch({ name: 'Mint' }), theirs: { name: 'Chai', a: { b: 1 } } },
      send(patch({ a: null, name: 'both' })),
    ],
    [
      'has the inner patch sent alone',
      () => ({ a: { b: 2 } }),
      { change: patch({ n: 1 }), theirs: { a: { b: 1, c: 1 } } },
      send(patch({ a: { c: null, b: 2 } })),
    ],
    ['may leave it to the server', (_, __, theirs) => theirs, {}, YIELD],
    ['may leave it to the user', () => 'ask', {}, ASK],
    [
      'that throws leaves it to the user',
      () => {
        throw new Error('of the app')
      },
      {},
      ASK,
    ],
    ['that returns nothing leaves it to the user', () => undefined, {}, ASK],
    ['that returns a promise leaves it to the user, of a PUT', async () => ({}), { isPartial: false }, ASK],
    [
      'has no patch for what is the same',
      () => ({ name: 'both', keep: 1, a: 5 }),
      { change: patch({ name: 'Mint' }), theirs: { name: 'Chai', keep: 1, a: { b: 1 } } },
      send(patch({ name: 'both', a: 5 })),
    ],
    ['that returns a promise leaves it to the user', async () => ({}), {}, ASK],
    ['cannot take a member away by a PATCH of plain JSON', () => ({ name: 'both' }), {}, ASK],
    ['cannot write a row that is gone', both, { theirs: undefined }, ASK],
    ['may say null for a deletion', () => null, { change: DELETE }, send(DELETE)],
    ['may delete all the same', () => undefined, { change: DELETE }, send(DELETE)],
    ['may drop a deletion', (_, __, theirs) => theirs, { change: DELETE }, YIELD],
    ['cannot write in place of a deletion', both, { change: DELETE }, ASK],
  ])('%s', (_, policy, given, expected) => {
    expect(of(policy, given)).toEqual(expected)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Invalidation,
  Invalidations,
  isReached,
  literalOf,
  partitionOfTarget,
  partitionTarget,
  prefixTarget,
  type RemovalTarget,
  type Target,
} from './invalidation.ts'
import { NEVER, type Sequence, sequence, UNDER_WAY } from './sequence.ts'

const at = (counter: number) => sequence(1, counter)

/** Forgets the older invalidations. Returns their targets. */
function forgetBefore(marks: Invalidations, oldest: Sequence): Target[] {
  const older = marks.olderThan(oldest)
  marks.forget(older)
  return older.map(({ target }) => target)
}

/** Folds the invalidations above the limit, as the worker does after the disk has stored them. */
function fold(marks: Invalidations, limit: number) {
  const folded = marks.folded(limit)
  for (const each of folded.put) marks.add(each)
  marks.forget(folded.gone)
  return { ...folded, gone: folded.gone.map(({ target }) => target) }
}

const PRODUCTS = 'https://shop.example/api/products'

const REACH: [rule: string, target: Target, url: string, tags: string[], reached: boolean][] = [
  ['a tag reaches what has it', 'tag products', PRODUCTS, ['units', 'products'], true],
  ['a tag does not reach what lacks it', 'tag products', PRODUCTS, ['product'], false],
  ['a tag does not reach what has it in capitals', 'tag products', PRODUCTS, ['Products'], false],
  ['a tag does not reach a URL', `tag ${PRODUCTS}`, PRODUCTS, [], false],
  ['a URL does not reach a tag', 'url products', PRODUCTS, ['products'], false],
  ['a URL reaches itself', `url ${PRODUCTS}`, PRODUCTS, [], true],
  ['a URL without a query reaches itself with any', `url ${PRODUCTS}`, `${PRODUCTS}?page=2`, [], true],
  ['a URL without a query reaches itself with an odd one', `url ${PRODUCTS}`, `${PRODUCTS}?a?b`, [], true],
  ['a URL without a query reaches itself with an empty one', `url ${PRODUCTS}`, `${PRODUCTS}?`, [], true],
  ['a URL with a query reaches itself', `url ${PRODUCTS}?page=2`, `${PRODUCTS}?page=2`, [], true],
  ['a URL with a query does not reach another query', `url ${PRODUCTS}?page=2`, `${PRODUCTS}?page=3`, [], false],
  ['a URL with a query does not reach itself without', `url ${PRODUCTS}?page=2`, PRODUCTS, [], false],
  ['a URL reaches the one that lacks its slash', `url ${PRODUCTS}/`, `${PRODUCTS}?page=2`, [], true],
  ['a URL reaches the one that has a slash more', `url ${PRODUCTS}?page=2`, `${PRODUCTS}/?page=2`, [], true],
  ['a URL with a slash does not reach another query', `url ${PRODUCTS}/?page=2`, `${PRODUCTS}?page=3`, [], false],
  ['a URL does not reach what is below it', `url ${PRODUCTS}`, `${PRODUCTS}/1`, [], false],
  ['a prefix reaches what begins with it', `prefix ${PRODUCTS}/`, `${PRODUCTS}/1`, [], true],
  ['a prefix reaches itself', `prefix ${PRODUCTS}/`, `${PRODUCTS}/`, [], true],
  ['a prefix does not reach the URL that lacks its slash', `prefix ${PRODUCTS}/`, PRODUCTS, [], false],
  ['a prefix does not reach what only contains it', 'prefix /api/', PRODUCTS, [], false],
  ['the empty prefix reaches everything', 'prefix ', PRODUCTS, [], true],
  ['a tag named like a prefix is a tag', 'tag prefix ', PRODUCTS, [], false],
]

describe('what an invalidation reaches', () => {
  it.each(REACH)('%s', (_, target, url, tags, reached) => {
    expect(isReached({ url, tags }, ['tag another', target])).toBe(reached)
    expect(isReached({ url, tags }, [])).toBe(false)

    const marks = new Invalidations()
    marks.add({ target, sequence: at(5) })
    expect(marks.covering({ url, tags })).toBe(reached ? at(5) : NEVER)

    const writes = new Invalidations()
    writes.begin('write', [target])
    expect(writes.covering({ url, tags })).toBe(reached ? UNDER_WAY : NEVER)
  })
})

describe('marks (I1)', () => {
  const row = { url: `${PRODUCTS}?page=2`, tags: ['products'] }

  it('cover by the newest that reaches a row, in whatever order they were made', () => {
    const all: Invalidation[] = [
      { target: `url ${PRODUCTS}?page=2`, sequence: at(3) },
      { target: `url ${PRODUCTS}`, sequence: at(2) },
      { target: 'tag products', sequence: at(5) },
      { target: 'prefix https://', sequence: at(4) },
      { target: 'tag units', sequence: at(9) },
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(all), (made) => {
        const marks = new Invalidations()
        for (const mark of made) marks.add(mark)
        const reaching = made.filter(({ target }) => isReached(row, [target])).map((mark) => mark.sequence)
        expect(marks.covering(row)).toBe(Math.max(NEVER, ...reaching))
      }),
    )
  })

  it('of one target never become older', () => {
    const marks = new Invalidations()
    for (const counter of [3, 7, 5]) marks.add({ target: 'tag products', sequence: at(counter) })
    expect(marks.covering(row)).toBe(at(7))
    expect(forgetBefore(marks, UNDER_WAY)).toEqual(['tag products'])
  })

  it('of prefixes never become older', () => {
    const marks = new Invalidations()
    for (const counter of [3, 7, 5]) marks.add({ target: 'prefix ', sequence: at(counter) })
    expect(marks.covering(row)).toBe(at(7))
  })
})

describe('a write under way (I2)', () => {
  const row = { url: PRODUCTS, tags: [] }

  it('covers until it ends', () => {
    const marks = new Invalidations()
    marks.begin('one', [`url ${PRODUCTS}`])
    expect(marks.covering(row)).toBe(UNDER_WAY)
    marks.end('one')
    expect(marks.covering(row)).toBe(NEVER)
  })

  it('covers until the last of several ends', () => {
    const marks = new Invalidations()
    marks.begin('one', [`url ${PRODUCTS}`])
    marks.begin('two', [`url ${PRODUCTS}`])
    marks.end('one')
    expect(marks.covering(row)).toBe(UNDER_WAY)
  })

  it('does not hide the mark it leaves behind', () => {
    const marks = new Invalidations()
    marks.begin('one', [`url ${PRODUCTS}`])
    marks.add({ target: `url ${PRODUCTS}`, sequence: at(4) })
    marks.end('one')
    expect(marks.covering(row)).toBe(at(4))
  })

  it('is not forgotten with the marks', () => {
    const marks = new Invalidations()
    marks.begin('one', [`url ${PRODUCTS}`])
    expect(forgetBefore(marks, UNDER_WAY)).toEqual([])
    expect(marks.covering(row)).toBe(UNDER_WAY)
  })
})

describe('marks older than every row', () => {
  it('are forgotten, and only those', () => {
    const marks = new Invalidations()
    marks.add({ target: 'tag old', sequence: at(1) })
    marks.add({ target: 'prefix old/', sequence: at(2) })
    marks.add({ target: 'tag as-old-as-the-oldest', sequence: at(3) })
    marks.add({ target: 'prefix new/', sequence: at(4) })
    expect(forgetBefore(marks, at(3)).toSorted()).toEqual(['prefix old/', 'tag old'])
    expect(marks.covering({ url: 'new/1', tags: ['old'] })).toBe(at(4))
    expect(marks.covering({ url: '', tags: ['as-old-as-the-oldest'] })).toBe(at(3))
    expect(forgetBefore(marks, at(3))).toEqual([])
  })

  it('make no difference to any row that is left', () => {
    const mark = fc.record<Invalidation>({
      target: fc.constantFrom<Target[]>('tag a', 'tag b', 'url /a', 'prefix /', 'prefix /b/'),
      sequence: fc.nat(20).map(at),
    })
    const rows = fc.array(
      fc.record({
        url: fc.constantFrom('/a', '/b/c', '/a?x'),
        tags: fc.subarray(['a', 'b']),
        sequence: fc.nat(20).map(at),
      }),
      { minLength: 1 },
    )
    fc.assert(
      fc.property(fc.array(mark), rows, (made, left) => {
        const marks = new Invalidations()
        for (const one of made) marks.add(one)
        const invalidated = () => left.map((row) => marks.covering(row) > row.sequence)
        const before = invalidated()
        forgetBefore(
          marks,
          left.map((row) => row.sequence).reduce((one, other) => (one < other ? one : other)),
        )
        expect(invalidated()).toEqual(before)
      }),
    )
  })
})

describe('a removal', () => {
  const row = { key: 'everyone\nrow\n1', partition: 'everyone', url: PRODUCTS, tags: ['products'] }

  it.each<[target: RemovalTarget, isCovered: boolean]>([
    ['partition everyone', true],
    ['partition user/ada', false],
    [`key ${row.key}`, true],
    [`key ${row.key}0`, false],
    ['tag products', true],
    [`url ${PRODUCTS}`, true],
    ['prefix ', true],
    ['tag units', false],
  ])('by %s: %s', (target, isCovered) => {
    const removals = new Invalidations()
    expect(removals.removing(row)).toBe(NEVER)
    removals.addRemoval(target, at(5))
    removals.addRemoval(target, at(3))
    expect(removals.removing(row)).toBe(isCovered ? at(5) : NEVER)
    expect(removals.removals()).toEqual([[target, at(5)]])
    expect(removals.covering(row)).toBe(NEVER)
    removals.forgetRemoval(target, at(4))
    expect(removals.removals()).toEqual([[target, at(5)]])
    removals.forgetRemoval(target, at(5))
    expect(removals.removing(row)).toBe(NEVER)
  })

  it('of a partition names it, and no other target names one', () => {
    // It is on users' disks as it is written here.
    expect(partitionTarget('user/ada')).toBe('partition user/ada')
    expect(partitionOfTarget(partitionTarget('user/ada'))).toBe('user/ada')
    expect(partitionOfTarget('key partition user/ada')).toBeUndefined()
    expect(partitionOfTarget('tag partition')).toBeUndefined()
  })
})

describe('a forgotten invalidation', () => {
  it('stays when its target was invalidated again since', () => {
    const marks = new Invalidations()
    marks.add({ target: 'tag a', sequence: at(1) })
    const older = marks.olderThan(at(2))
    marks.add({ target: 'tag a', sequence: at(3) })
    marks.forget(older)
    expect(marks.covering({ url: '', tags: ['a'] })).toBe(at(3))
  })
})

describe('invalidations above the limit', () => {
  it('are replaced by wider ones, the oldest first', () => {
    const marks = new Invalidations()
    const targets: Target[] = [
      'prefix https://a.example/api/orders/1/',
      'url https://a.example/api/orders/2?x=/y',
      'tag old',
      'tag new',
      'tag newer',
    ]
    targets.forEach((target, index) => marks.add({ target, sequence: at(index + 1) }))
    const folded = fold(marks, 4)
    expect(folded.gone).toEqual(targets.slice(0, 3))
    expect(folded.put).toEqual([
      { target: 'prefix https://a.example/api/orders/', sequence: at(2) },
      { target: 'prefix ', sequence: at(3) },
    ])
    expect(marks.size).toBe(4)
    expect(fold(marks, 4)).toEqual({ gone: [], put: [] })
  })

  it('have everything above an origin', () => {
    const marks = new Invalidations()
    marks.add({ target: 'prefix https://a.example/', sequence: at(1) })
    expect(fold(marks, 0).put).toEqual([{ target: 'prefix ', sequence: at(1) }])
  })

  it('cover whatever they covered before', () => {
    const target = fc.oneof(
      fc.stringMatching(/^[ab/]{0,6}$/).map((path) => prefixTarget(`https://x.example/${path}`)),
      fc.stringMatching(/^[ab/?]{0,6}$/).map((path): Target => `url https://x.example/${path}`),
      fc.constantFrom<Target>('tag a', 'tag b'),
    )
    const covered = fc.record({
      url: fc.stringMatching(/^[ab/?]{0,6}$/).map((path) => `https://x.example/${path}`),
      tags: fc.subarray(['a', 'b']),
    })
    fc.assert(
      fc.property(fc.array(fc.tuple(target, fc.nat(20))), fc.array(covered), fc.nat(8), (made, rows, limit) => {
        const marks = new Invalidations()
        for (const [of, counter] of made) marks.add({ target: of, sequence: at(counter) })
        const before = rows.map((row) => marks.covering(row))
        fold(marks, limit)
        rows.forEach((row, index) => expect(marks.covering(row)).toBeGreaterThanOrEqual(before[index] ?? 0))
      }),
    )
  })
})

describe('the literal part of a pattern', () => {
  it.each([
    ['is all of it without a hole', '/api/items?page=2', '/api/items?page=2'],
    ['ends before the segment of a parameter', '/api/items/:id/lines', '/api/items/'],
    ['ends before the segment that a parameter is a part of', '/odata/Items(:id)', '/odata/'],
    ['ends before the segment of a star', '/api/items/7*', '/api/items/'],
    ['is the root for everything', '/**', '/'],
    ['has an origin and its port', 'https://api.example:8080/v1/:id', 'https://api.example:8080/v1/'],
    ['keeps the colons of an IPv6 address', 'https://[2001:db8::1]/v1/**', 'https://[2001:db8::1]/v1/'],
    ['is all of a URL at an address', 'https://[2001:db8::1]/v1/items', 'https://[2001:db8::1]/v1/items'],
    ['has a colon before a number', '/api/at/12:30', '/api/at/12:30'],
  ])('%s', (_, pattern, literal) => {
    expect(literalOf(pattern)).toBe(literal)
  })
})

import { describe, expect, it } from 'vitest'
import type { Fact, Paint } from './painted.ts'
import { checkScreens, type Screen } from './screen-age.ts'
import { ShopHistory } from './shop-history.ts'

const MINUTE_MS = 60_000

/** Prices that the feed tells of, stock that is fresh for 30 s, sales, and a till that must be current. */
function shopHistory(): ShopHistory {
  const history = new ShopHistory()
  for (const key of ['price 7', 'stock 7', 'till', 'sales 25']) {
    history.add(key, '1', 0)
    history.add(key, '2', MINUTE_MS)
  }
  history.add('name 7', 'Tea', 0)
  for (const [at, value] of ['1', '2', '1'].entries()) history.add('stock 8', value, at * 1000)
  return history
}

const FROM: Readonly<Record<string, string>> = {
  'price 7': '/api/products/:id',
  'stock 7': '/api/stock/:id',
  'stock 8': '/api/stock/:id',
  'sales 25': '/api/sales',
  till: '/api/till',
}

const fact = (key: string, value: string): Fact => ({ from: FROM[key] ?? '/api/products', key, value })

const paint = (atMs: number, facts: readonly Fact[], path = '/'): Paint => ({ atMs, path, isHidden: false, facts })

function faultsOf(paints: readonly Paint[], { endMs = 0, ...screen }: Partial<Screen> = {}): readonly string[] {
  const lastMs = Math.max(endMs, ...paints.map(({ atMs }) => atMs))
  return checkScreens([{ who: 'ada', away: [], looks: [], ...screen, paints, endMs: lastMs }], shopHistory()).faults
}

/** After the change at one minute. */
const after = (ms: number): number => MINUTE_MS + ms

describe('a screen is no older than its rule allows', () => {
  it.each<[rule: string, paints: readonly Paint[], fault: string | undefined]>([
    [
      'a price is shown for as long as its rule says until its answer comes',
      [paint(after(6000), [fact('price 7', '1')])],
      undefined,
    ],
    [
      'and then until the feed has told of the next, also where the screen does not change',
      [paint(MINUTE_MS, [fact('price 7', '1')]), paint(after(9000), [fact('price 7', '2')])],
      'price 7 is 1, 9000 ms old, allowed are 5000',
    ],
    ['stock is stale for ten minutes when it comes', [paint(after(400_000), [fact('stock 7', '1')])], undefined],
    [
      'after that it is polled every half minute',
      [paint(after(0), [fact('stock 7', '1')]), paint(after(45_200), [fact('stock 7', '2')])],
      'stock 7 is 1, 45200 ms old, allowed are 45000',
    ],
    ['what is never stored is what the origin has', [paint(after(500), [fact('till', '1')])], undefined],
    ['and nothing before', [paint(after(1500), [fact('till', '1')])], 'till is 1, 1500 ms old, allowed are 1000'],
    [
      'a value that was never set is none',
      [paint(after(0), [fact('price 7', '3')])],
      'price 7 is 3, which the database never had',
    ],
    [
      'what was newer does not go back',
      [paint(after(100), [fact('price 7', '2')]), paint(after(200), [fact('price 7', '1')])],
      'price 7 is 1, after a newer one',
    ],
    [
      'a value that has come back may be the one of before',
      [paint(2500, [fact('stock 8', '1')]), paint(2600, [fact('stock 8', '2')]), paint(2700, [fact('stock 8', '1')])],
      undefined,
    ],
    [
      'but it comes back once',
      ['2', '1', '2'].map((value, at) => paint(2500 + at, [fact('stock 8', value)])),
      'stock 8 is 2, after a newer one',
    ],
    [
      'what a screen calls by its name is found',
      [paint(after(500), [{ from: '/api/products', key: 'price "Tea"', value: '3' }])],
      'price 7 is 3, which the database never had',
    ],
  ])('%s', (_rule, paints, fault) => {
    expect(faultsOf(paints)).toEqual(fault === undefined ? [] : [`ada on /: ${fault}`])
  })

  it.each<[rule: string, paths: readonly [string, string], faults: readonly string[]]>([
    ['a page of a list is as old as its own answer', ['/stock', '/stock?page=2'], []],
    [
      'a page does not go back',
      ['/stock?page=2', '/stock?page=2'],
      ['ada on /stock?page=2: stock 7 is 1, after a newer one'],
    ],
    ['nor does what has no pages', ['/sell', '/sell?x=1'], ['ada on /sell?x=1: stock 7 is 1, after a newer one']],
  ])('%s', (_rule, paths, faults) => {
    const shown = (value: string): Fact => ({ from: '/api/stock', key: 'stock 7', value })
    const paints = paths.map((path, at) => paint(after(100 + at), [shown(at === 0 ? '2' : '1')], path))
    expect(faultsOf(paints)).toEqual(faults)
  })

  it('at rest it shows what is fresh, and all that its user has written', () => {
    const facts = [fact('stock 7', '1')]
    const look = (atMs: number, written = new Map<string, readonly [number, number]>()) => ({
      ...paint(atMs, facts),
      written,
    })
    const paints = [paint(after(31_500), facts)]
    expect(faultsOf(paints)).toEqual([])
    expect(faultsOf(paints, { looks: [look(after(31_500))] })).toEqual([
      'ada on /: stock 7 is 1, 31500 ms old at rest, allowed are 31000',
    ])
    const prices = [fact('price 7', '1')]
    expect(
      faultsOf([paint(after(6000), prices)], { looks: [{ ...paint(after(6000), prices), written: new Map() }] }),
    ).toEqual(['ada on /: price 7 is 1, 6000 ms old at rest, allowed are 5000'])
    const own = new Map([['stock 7', [after(-10), after(10)]]] as const)
    expect(faultsOf([paint(after(100), facts)], { looks: [look(after(100), own)] })).toEqual([
      'ada on /: stock 7 is 1, without the own write',
    ])
  })

  it('a page that comes back, and one without a network, shows what it had', () => {
    const facts = [fact('sales 25', '1'), fact('price 7', '1')]
    const hidden = { ...paint(after(0), []), isHidden: true }
    const back = paint(after(100_000), facts)
    expect(faultsOf([hidden, back])).toEqual([])
    expect(faultsOf([hidden, back], { endMs: after(106_000) })).toEqual(
      [
        'ada on /: price 7 is 1, 106000 ms old, allowed are 5000',
        'ada on /: sales 25 is 1, 106000 ms old, allowed are 45000',
      ].toReversed(),
    )
    const away = [[after(1000), after(100_000)]] as const
    const shown = [paint(after(0), facts)]
    expect(faultsOf(shown, { away, endMs: after(99_000) })).toEqual([])
    expect(faultsOf(shown, { away, endMs: after(104_000) })).toEqual([])
    expect(faultsOf(shown, { away, endMs: after(200_000) })).toHaveLength(2)
  })
})

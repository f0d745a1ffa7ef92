import { describe, expect, it } from 'vitest'
import { type Actor, everyOrder } from './every-order.fixture.ts'
import { type Event, inTurn, type Options, STALE, World } from './model-world.fixture.ts'

/** The actors of a scene. */
type Cast = (world: World) => Readonly<Record<string, Actor>>

const SCENES: [of: string, options: Options, cast: Cast, seen: Event[]][] = [
  [
    'two reads and a write',
    {},
    (world) => ({ one: world.read(), other: world.read(), write: world.write() }),
    ['confirmed', 'joined', 'refused: overtaken', 'served', 'stored'],
  ],
  [
    'two reads and a write of what is stored',
    { isStored: true },
    (world) => ({ one: world.read(), other: world.read(), write: world.write() }),
    ['confirmed', 'joined', 'refused: overtaken', 'served', 'stored'],
  ],
  [
    'two reads and a write of what is stale',
    { isStored: true, windows: STALE },
    (world) => ({ one: world.read(), other: world.read(), write: world.write() }),
    ['confirmed', 'joined', 'refused: overtaken', 'served', 'stored'],
  ],
  [
    'a read and two writes',
    { isStored: true },
    (world) => ({ read: world.read(), one: world.write('one'), other: world.write('other') }),
    ['confirmed', 'served', 'stored'],
  ],
  [
    'two reads and a write that the origin commits without an answer',
    { isStored: true },
    (world) => ({
      one: world.read(),
      other: world.read(),
      write: world.write('write', { status: 'failure', isDone: true }),
    }),
    ['confirmed', 'joined', 'refused: overtaken', 'served', 'stored'],
  ],
  [
    'two reads and a write that the origin refuses',
    { isStored: true },
    (world) => ({
      one: world.read(),
      other: world.read(),
      write: world.write('write', { status: 400, isDone: false }),
    }),
    ['confirmed', 'refused: overtaken', 'served', 'stored'],
  ],
  [
    'two reads, and the user changes',
    {},
    (world) => ({ one: world.read(), other: world.read(), change: world.change('grace'), next: world.read('grace') }),
    ['joined', 'not asked', 'not shown', 'refused: removed', 'served', 'stored'],
  ],
  [
    'a read, and the user changes while the store is slow',
    { isSlow: true },
    (world) => ({ read: world.read(), change: world.change('grace'), next: world.read('grace'), disk: world.disk() }),
    ['not asked', 'not shown', 'refused: removed', 'stored'],
  ],
  [
    'two reads of what is stale, and the user comes back',
    { isStored: true, windows: STALE },
    (world) => ({ one: world.read(), other: world.read(), change: world.change('ada') }),
    ['confirmed', 'joined', 'not asked', 'refused: removed', 'served', 'stored'],
  ],
  [
    'a read and a write, and the user comes back',
    {},
    (world) => ({ read: world.read(), write: world.write(), change: world.change('ada') }),
    ['not shown', 'refused: removed', 'stored'],
  ],
  [
    'two reads, and the page removes everything',
    {},
    (world) => ({ one: world.read(), other: world.read(), forget: world.forgetAll() }),
    ['joined', 'refused: removed', 'served', 'stored'],
  ],
  [
    'a read, and the user comes back after the store was lost',
    {},
    (world) => ({ read: world.read(), change: world.change('ada'), lose: world.lose() }),
    ['not shown', 'refused: removed', 'stored'],
  ],
  [
    'a read and a write, and the store is lost',
    { isStored: true },
    (world) => ({ read: world.read(), write: world.write(), lose: world.lose() }),
    ['confirmed', 'refused: removed', 'served', 'stored'],
  ],
  [
    'two reads, a change from elsewhere, and old marks are forgotten',
    {},
    (world) => ({ one: world.read(), other: world.read(), changes: inTurn(world.invalidate(), world.tidy()) }),
    ['confirmed', 'joined', 'refused: overtaken', 'refused: removed', 'served', 'stored'],
  ],
  [
    'a read and a write, and the worker is stopped',
    { isSlow: true, isStored: true },
    (world) => ({ read: world.read(), write: world.write(), restart: world.restart(), disk: world.disk() }),
    ['confirmed', 'served', 'stored'],
  ],
  [
    'a read, the user changes, and the worker is stopped',
    { isSlow: true, isStored: true },
    (world) => ({ read: world.read(), change: world.change('grace'), restart: world.restart(), disk: world.disk() }),
    ['not asked', 'not shown', 'served'],
  ],
  [
    'a read and a write during an update',
    {},
    (world) => ({ read: world.read(), write: world.write(), update: world.update() }),
    ['stored'],
  ],
  [
    'a read and a write of what is stored during an update',
    { isStored: true },
    (world) => ({ read: world.read(), write: world.write(), update: world.update() }),
    ['confirmed', 'served', 'stored'],
  ],
  [
    'two writes during an update while the store is slow',
    { isSlow: true, isStored: true },
    (world) => ({
      write: world.write(),
      elsewhere: world.invalidateElsewhere(),
      update: world.update({ isBusy: true }),
      disk: world.disk(),
    }),
    [],
  ],
  [
    'a write during an update, and the old worker is stopped while the store is slow',
    { isSlow: true, isStored: true },
    (world) => ({ write: world.write(), update: world.update(), restart: world.restart(), disk: world.disk() }),
    [],
  ],
  [
    'a read during an update, and the user comes back',
    {},
    (world) => ({ read: world.read(), change: world.change('ada'), update: world.update() }),
    ['not shown', 'refused: removed', 'stored'],
  ],
  [
    'a read during an update, changes from elsewhere, and old marks are forgotten',
    {},
    (world) => ({
      read: world.read(),
      changes: inTurn(world.invalidate(), world.invalidateElsewhere(), world.tidy()),
      update: world.update(),
    }),
    ['refused: removed', 'stored'],
  ],
  [
    'two reads, the user comes back, and the removed rows are erased',
    {},
    (world) => ({ one: world.read(), other: world.read(), changes: inTurn(world.change('ada'), world.tidy()) }),
    ['joined', 'not asked', 'not shown', 'refused: removed', 'served', 'stored'],
  ],
]

describe('in every order, what is served and stored keeps I1, I2 and I3', () => {
  it.each(SCENES)('%s', (_, options, cast, expected) => {
    const seen = new Set<Event>()
    everyOrder(() => {
      const world = new World(seen, options)
      return { actors: cast(world), check: () => world.check(), end: () => world.end() }
    })
    expect([...seen].toSorted()).toEqual(expected)
  })
})

describe('every order', () => {
  /** The played orders of two actors. */
  function played(actors: (steps: string[]) => Record<string, Actor>): string[] {
    const orders: string[] = []
    everyOrder(() => {
      const steps: string[] = []
      return { actors: actors(steps), check: () => undefined, end: () => void orders.push(steps.join('')) }
    })
    return orders
  }

  function* taking(steps: string[], name: string, count: number, isReady = () => true): Actor {
    for (let step = 0; step < count; step++) {
      yield isReady
      steps.push(name)
    }
  }

  it('is played, and each once', () => {
    const orders = played((steps) => ({ a: taking(steps, 'a', 2), b: taking(steps, 'b', 2) }))
    expect(orders).toEqual(['aabb', 'abab', 'abba', 'baab', 'baba', 'bbaa'])
  })

  it('is as many as there are ways to mix the steps', () => {
    const orders = played((steps) => ({
      a: taking(steps, 'a', 3),
      b: taking(steps, 'b', 3),
      c: taking(steps, 'c', 3),
    }))
    expect(new Set(orders).size).toBe(1680)
    expect(orders).toHaveLength(1680)
  })

  it('has no step before its condition holds, and ends when no actor can go on', () => {
    const orders = played((steps) => ({
      a: taking(steps, 'a', 2),
      b: taking(steps, 'b', 1, () => steps.includes('a')),
      c: taking(steps, 'c', 1, () => false),
    }))
    expect(orders).toEqual(['aab', 'aba'])
  })

  it('is in the error when an invariant does not hold', () => {
    const play = (): unknown =>
      everyOrder(() => {
        const steps: string[] = []
        const check = (): void => {
          if (steps.join('') === 'ba') throw new Error('wrong')
        }
        return { actors: { a: taking(steps, 'a', 1), b: taking(steps, 'b', 1) }, check, end: () => undefined }
      })
    expect(play).toThrow('wrong\nin the order: b, a')
  })
})

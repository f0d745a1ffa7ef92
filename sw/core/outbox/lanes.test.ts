import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../units.ts'
import { RETRY } from './backoff.ts'
import {
  isLeasedTo,
  isLeaseOver,
  laneOf,
  LEASE_MS,
  leaseMs,
  maySend,
  MOST_LEASE_MS,
  type Queued,
  REQUEST_LIMIT_MS,
  type Turn,
  turnsOf,
  type WriteState,
} from './lanes.ts'

const NOW = epochMs(1_800_000_000_000)
const at = (ms: number) => epochMs(NOW + ms)
const WAITING: WriteState = { kind: 'waiting', atMs: NOW, isOnSign: false }
const UNSURE: WriteState = { kind: 'unsure', atMs: NOW, isOnSign: false }
const LEASED: WriteState = { kind: 'leased', worker: 'w', untilMs: at(LEASE_MS) }
const ASKING: WriteState = { kind: 'asking', why: 'conflict' }
const DEAD: WriteState = { kind: 'dead', why: '422' }
const TURN: Turn = {
  partition: 'user/ada',
  now: NOW,
  limits: RETRY,
  most: 4,
  isPaused: false,
  hasSign: false,
  isGone: () => false,
  isMapped: () => false,
}
const write = (place: number, lane: string, given: Partial<Queued> = {}): Queued => ({
  place,
  lane,
  partition: 'user/ada',
  state: WAITING,
  needs: [],
  ...given,
})
const places = (writes: readonly Queued[]): number[] => writes.map(({ place }) => place)
/** The places that are sent. */
const sent = (writes: readonly Queued[], turn: Partial<Turn> = {}): number[] =>
  places(turnsOf(writes, { ...TURN, ...turn }).send)

describe('turns', () => {
  test('are those of the earliest write of each lane, in the order of their places', () => {
    expect(sent([write(1, 'b'), write(2, 'a'), write(3, 'b'), write(4, 'a')])).toEqual([1, 2])
  })

  test('are at most so many, those under way counted', () => {
    const writes = [write(1, 'a', { state: LEASED }), write(2, 'b'), write(3, 'c'), write(4, 'd')]
    expect(sent(writes, { most: 3 })).toEqual([2, 3])
    expect(sent(writes, { most: 1 })).toEqual([])
    expect(sent(writes, { most: 0 })).toEqual([])
  })

  test('are for one user alone', () => {
    const writes = [write(1, 'a', { partition: 'user/grace' }), write(2, 'a')]
    expect(sent(writes)).toEqual([2])
    const foreign = { partition: 'user/grace', state: LEASED, mints: 'tmp-1' }
    expect(turnsOf([write(1, 'a', { ...foreign, state: { ...LEASED, untilMs: NOW } })], TURN).over).toEqual([])
    // Nor does the create of another user bring the id.
    expect(places(turnsOf([write(1, 'a', foreign), write(2, 'b', { needs: ['tmp-1'] })], TURN).lost)).toEqual([2])
  })

  test.each<[string, WriteState, number[]]>([
    ['that is sent holds its lane', LEASED, []],
    ['of unknown outcome holds its lane', UNSURE, []],
    ['that waits for the user holds its lane', ASKING, []],
    ['that waits for its time holds its lane', { ...WAITING, atMs: at(5) }, []],
    ['that waits for a sign of life holds its lane', { ...WAITING, isOnSign: true }, []],
    ['that is a dead letter holds no lane', DEAD, [2]],
  ])('a write %s', (_, state, expected) => {
    expect(sent([write(1, 'a', { state }), write(2, 'a')])).toEqual(expected)
    // And no other lane in any case.
    expect(sent([write(1, 'a', { state }), write(3, 'b')])).toContain(3)
  })

  test('a write that waits for a sign of life has its turn with one', () => {
    const waiting = write(1, 'a', { state: { ...WAITING, isOnSign: true } })
    expect(sent([waiting], { hasSign: true })).toEqual([1])
    expect(sent([{ ...waiting, state: { ...WAITING, isOnSign: true, atMs: at(9) } }], { hasSign: true })).toEqual([])
  })

  test('of a user without credentials are none, and leases are seen to all the same', () => {
    const writes = [write(1, 'a'), write(2, 'b', { state: { ...LEASED, untilMs: NOW } })]
    expect(turnsOf(writes, { ...TURN, isPaused: true })).toMatchObject({ send: [], witness: [], over: [{ place: 2 }] })
  })

  test('a write of unknown outcome has a witness asked, and counts as one under way', () => {
    const writes = [write(1, 'a', { state: UNSURE }), write(2, 'b')]
    expect(turnsOf(writes, { ...TURN, most: 1 })).toMatchObject({ witness: [{ place: 1 }], send: [] })
    expect(turnsOf([write(1, 'a', { state: { ...UNSURE, atMs: at(7) } })], TURN)).toMatchObject({
      witness: [],
      nextMs: at(7),
    })
  })

  test('say when the next of them comes', () => {
    const later = { ...WAITING, atMs: at(20) }
    const writes = [
      write(1, 'a', { state: later }),
      write(2, 'b', { state: { ...later, atMs: at(10) } }),
      write(3, 'c', { state: { ...later, atMs: at(5), isOnSign: true } }),
      write(4, 'd'),
      write(5, 'e', { state: later }),
    ]
    expect(turnsOf(writes, TURN).nextMs).toBe(at(10))
    // Once a sign of life has come, it is waited for its time alone.
    expect(turnsOf(writes, { ...TURN, hasSign: true }).nextMs).toBe(at(5))
    expect(turnsOf(writes, { ...TURN, isPaused: true }).nextMs).toBeUndefined()
    expect(turnsOf([write(4, 'd')], TURN).nextMs).toBeUndefined()
  })

  test('of a lease that is never given back is its end', () => {
    expect(turnsOf([write(1, 'a', { state: LEASED })], TURN).nextMs).toBe(at(LEASE_MS))
  })

  test('are none as long as the origin wants no more of them, and hold up no other', () => {
    const writes = [1, 2, 3, 4, 5, 6].map((place) => write(place, String(place)))
    const turn: Turn = { ...TURN, restsUntil: ({ place }) => (place < 6 ? at(9) : undefined) }
    expect(turnsOf(writes, turn)).toMatchObject({ send: [{ place: 6 }], nextMs: at(9) })
    expect(turnsOf(writes, { ...turn, now: at(9) }).send).toHaveLength(4)
  })
})

describe('a write that names the temporary id of another', () => {
  const create = write(1, 'product tmp-1', { mints: 'tmp-1' })
  const sale = write(2, 'sale tmp-2', { mints: 'tmp-2', needs: ['tmp-1'] })

  test('waits for its create, in whatever lane', () => {
    expect(sent([create, sale])).toEqual([1])
    expect(sent([sale], { isMapped: (id) => id === 'tmp-1' })).toEqual([2])
  })

  test('waits with a create that is a dead letter, which may be mended', () => {
    const turns = turnsOf([{ ...create, state: DEAD }, sale], TURN)
    expect([turns.send, turns.lost]).toEqual([[], []])
  })

  test('waits with a create that waits for the user, and other creates of its lane do not', () => {
    const writes = [
      { ...create, lane: 'product', state: ASKING },
      write(2, 'product', { mints: 'tmp-3' }),
      { ...sale, place: 3 },
    ]
    const turns = turnsOf(writes, TURN)
    expect([places(turns.send), turns.lost]).toEqual([[2], []])
  })

  test('is lost where nothing creates it, or only a later write does', () => {
    expect(places(turnsOf([sale], TURN).lost)).toEqual([2])
    expect(places(turnsOf([sale, { ...create, place: 3 }], TURN).lost)).toEqual([2])
    expect(places(turnsOf([{ ...sale, needs: ['tmp-2'] }], TURN).lost)).toEqual([2])
  })
})

describe('a lease', () => {
  test.each([
    ['lasts to its end', at(1), false, false],
    ['ends', NOW, false, true],
    ['ends with its worker', at(20_000), true, true],
    ['of full length is one', at(LEASE_MS), false, false],
    ['of another config is one', at(MOST_LEASE_MS), false, false],
    ['from a clock that was ahead is none', at(MOST_LEASE_MS + 1), false, true],
    ['from a clock of another year is none', at(31_536_000_000), false, true],
  ])('%s', (_, untilMs, isGone, expected) => {
    expect(isLeaseOver({ worker: 'w', untilMs }, NOW, () => isGone)).toBe(expected)
  })

  test.each<[string, WriteState, boolean]>([
    ['is that of its attempt', { ...LEASED }, true],
    ['of a later attempt is another', { ...LEASED, untilMs: at(LEASE_MS + 1) } as WriteState, false],
    ['of another worker is another', { ...LEASED, worker: 'v' } as WriteState, false],
    ['that was settled is none', WAITING, false],
    ['that has become a question is none', ASKING, false],
  ])('%s', (_, state, expected) => {
    expect(isLeasedTo(state, { kind: 'leased', worker: 'w', untilMs: at(LEASE_MS) })).toBe(expected)
  })

  test.each([
    ['that is new lets the write be sent', 0, true],
    ['that covers the request does', LEASE_MS - REQUEST_LIMIT_MS, true],
    ['that would end before the request does not', LEASE_MS - REQUEST_LIMIT_MS + 1, false],
    ['that is over does not', LEASE_MS, false],
  ])('%s', (_, heldUpMs, expected) => {
    expect(maySend({ untilMs: at(LEASE_MS) }, at(heldUpMs))).toBe(expected)
  })

  test('is as long as the config lets a request take, and a little longer', () => {
    const lease = { untilMs: at(leaseMs(120_000)) }
    expect([maySend(lease, NOW, 120_000), maySend(lease, at(5001), 120_000)]).toEqual([true, false])
  })

  test('that is over makes an unknown outcome, and is not sent by itself', () => {
    const writes = [write(1, 'a', { state: { ...LEASED, untilMs: NOW } }), write(2, 'a')]
    expect(turnsOf(writes, TURN)).toMatchObject({ send: [], over: [{ place: 1 }] })
  })
})

test('whatever is queued: no lane has two under way, none is overtaken, and the cap holds', () => {
  const state = fc.constantFrom(
    WAITING,
    UNSURE,
    LEASED,
    ASKING,
    DEAD,
    { ...LEASED, untilMs: NOW },
    { ...WAITING, atMs: at(9) },
  )
  const one = fc.record({
    lane: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    partition: fc.constantFrom('user/ada', 'user/grace'),
    state,
    needs: fc.subarray(['tmp-1', 'tmp-2']),
    mints: fc.constantFrom(undefined, undefined, 'tmp-1', 'tmp-2'),
  })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 30 }), fc.nat(4), fc.boolean(), (given, most, isPaused) => {
      const writes = given.map(({ mints, ...each }, index) => ({
        place: index + 1,
        ...each,
        ...(mints !== undefined && { mints }),
      }))
      const { send, witness, over, lost } = turnsOf(writes, { ...TURN, most, isPaused })
      const all = [...send, ...witness, ...over, ...lost]
      expect(new Set(all).size).toBe(all.length)
      expect(new Set(all.map(({ lane }) => lane)).size).toBe(all.length)
      for (const { partition, lane, place } of all) {
        expect(partition).toBe('user/ada')
        const before = writes.filter((each) => each.partition === partition && each.lane === lane && each.place < place)
        expect(
          before.every(({ state, mints }) => state.kind === 'dead' || (state.kind === 'asking' && mints !== undefined)),
        ).toBe(true)
      }
      expect(send.every(({ needs, state: { kind } }) => kind === 'waiting' && needs.length === 0)).toBe(true)
      if (isPaused) expect([send, witness]).toEqual([[], []])
      expect(send.length + witness.length).toBeLessThanOrEqual(most)
    }),
  )
})

test('10,000 writes of 1,000 lanes are looked at once', () => {
  let looks = 0
  const writes = Array.from({ length: 10_000 }, (_, index) => {
    const plain = write(index, `lane ${index % 1000}`)
    return Object.defineProperty({ ...plain }, 'lane', { get: () => (looks++, plain.lane) })
  })
  expect(sent(writes)).toEqual([0, 1, 2, 3])
  expect(looks).toBeLessThanOrEqual(writes.length)
})

test.each([
  ['an item has one of its own', { entity: 'product', id: '7', path: '/p/7', isWitnessed: false }, 'entity product\n7'],
  [
    'a create has that of its temporary id',
    { entity: 'product', id: 'tmp-1', path: '/p', isWitnessed: false },
    'entity product\ntmp-1',
  ],
  ['witnessed creates share one', { entity: 'product', id: 'tmp-1', path: '/p', isWitnessed: true }, 'entity product'],
  ['an entity without id has one', { entity: 'settings', path: '/s', isWitnessed: false }, 'entity settings'],
  ['writes without entity have that of their path', { id: 'tmp-1', path: '/p', isWitnessed: false }, 'path /p'],
])('lanes: %s', (_, given, expected) => {
  expect(laneOf(given)).toBe(expected)
})

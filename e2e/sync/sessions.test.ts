import { describe, expect, it } from 'vitest'
import { broken, type Entry, type Names } from './sessions.ts'

// What the checks of `partitions.spec.ts` find, and what they let pass.

/** Names are a letter and a number here, which is the how-manieth of its row it is. Those with `?` were never written. */
const versionOf = (_: string, __: string, name: string | undefined): number =>
  name === undefined || name.endsWith('?') ? -1 : Number(name.slice(1))

const read = (beganMs: number, names: Names, how = 'hit'): Entry => ({
  kind: 'read',
  list: 'parts',
  beganMs,
  endedMs: beganMs + 10,
  names,
  how,
})
const shown = (endedMs: number, names: Names): Entry => ({ kind: 'shown', list: 'parts', endedMs, names })
const write = (endedMs: number, name: string, seen: Names = {}, isDone = true): Entry => ({
  kind: 'write',
  list: 'parts',
  id: '1',
  name,
  endedMs,
  isDone,
  seen,
})

const OFFLINE = 'Freshlayer; fwd=stale; detail=offline-before-write'

describe('a session', () => {
  it.each<[what: string, found: RegExp, profiles: Entry[][][]]>([
    ['that reads what was before its own write', /read your writes/, [[[write(10, 'a2'), read(20, { '1': 'a1' })]]]],
    ['where another tab does', /read your writes/, [[[write(10, 'a2')], [read(20, { '1': 'a1' })]]]],
    [
      'that reads first the newer and then the older',
      /monotonic reads/,
      [[[read(0, { '1': 'a2' }), read(20, { '1': 'a1' })]]],
    ],
    [
      'that does so from store as well',
      /monotonic reads/,
      [[[read(0, { '1': 'a2' }), read(20, { '1': 'a1' }, OFFLINE)]]],
    ],
    ['whose screen goes back', /the screen/, [[[shown(0, { '1': 'a2' }), shown(20, { '1': 'a1' })]]]],
    ['that loses a row', /the screen/, [[[shown(0, { '1': 'a2', '2': 'b1' }), shown(20, { '1': 'a2' })]]]],
    [
      'that sees a write, and not what it had seen',
      /writes follow reads/,
      [[[write(10, 'a2', { '2': 'b2' })]], [[read(20, { '1': 'a2', '2': 'b1' })]]],
    ],
    [
      'that sees a later one',
      /writes follow reads/,
      [[[write(10, 'a2', { '2': 'b2' })]], [[shown(20, { '1': 'a3', '2': 'b1' })]]],
    ],
  ])('%s is found', (_, found, profiles) => {
    expect(broken(profiles, versionOf).join('\n')).toMatch(found)
  })

  it.each<[what: string, profiles: Entry[][][]]>([
    ['that reads its own write', [[[write(10, 'a2'), read(20, { '1': 'a2' })]]]],
    ['that began to read before', [[[read(5, { '1': 'a1' }), write(10, 'a2')]]]],
    ['whose write had no answer', [[[write(10, 'a2', {}, false), read(20, { '1': 'a1' })]]]],
    ['that is told that the origin is away', [[[write(10, 'a2'), read(20, { '1': 'a1' }, OFFLINE)]]]],
    ['of another browser', [[[write(10, 'a2')]], [[read(20, { '1': 'a1' })]]]],
    ['whose reads overlap', [[[read(0, { '1': 'a2' }), read(5, { '1': 'a1' })]]]],
    [
      'that sees nothing of a write that was lost',
      [[[write(10, 'a?', { '2': 'b2' }, false)]], [[read(20, { '2': 'b1' })]]],
    ],
    ['that sees neither', [[[write(10, 'a2', { '2': 'b2' })]], [[read(20, { '1': 'a1', '2': 'b1' })]]]],
  ])('%s is well', (_, profiles) => {
    expect(broken(profiles, versionOf)).toEqual([])
  })
})

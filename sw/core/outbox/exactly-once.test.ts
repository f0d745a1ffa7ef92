import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Build, play, type Report, WHOLE } from './model-outbox.fixture.ts'

/** Dice that fall as a seed says (mulberry32). */
function diceOf(seed: number): (sides: number) => number {
  let state = seed >>> 0
  return (sides) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * sides)
  }
}

/**
 * What is wrong; undefined: each accepted write was performed once, those of a row in order, and the page has shown at each
 * moment what the user had written.
 */
function wrongIn({ accepted, performed, left, wrongViews }: Report): string | undefined {
  if (left.length > 0) return `left: ${JSON.stringify(left)}`
  const times = new Map<number, number>()
  for (const { write } of performed) times.set(write, (times.get(write) ?? 0) + 1)
  const wrong = accepted.filter((write) => times.get(write) !== 1)
  if (wrong.length > 0) return `not once: ${wrong.join(', ')}`
  const late = performed.filter(({ write, row }, at) =>
    performed.slice(at + 1).some((other) => other.row === row && other.write < write),
  )
  if (late.length > 0) return `out of order: ${JSON.stringify(late)}`
  return wrongViews.length > 0 ? `shown: ${wrongViews[0]}` : undefined
}

const SEED = fc.integer({ min: 0, max: 2 ** 31 })

describe.each([
  ['that honours keys', true],
  ['that honours none', false],
])('at a backend %s', (_, hasKeys) => {
  test('each write is performed once, in order, and shown all the while, wherever the worker is stopped', () => {
    fc.assert(
      fc.property(SEED, (seed) => {
        const report = play(diceOf(seed), hasKeys, WHOLE)
        const wrong = wrongIn(report)
        if (wrong !== undefined) throw new Error([wrong, ...report.events].join('\n'))
      }),
      { numRuns: 300 },
    )
  })
})

describe('a build is seen to be broken', () => {
  test.each<[string, Partial<Build>, boolean]>([
    ['without leases', { hasLease: false }, false],
    ['with another key at each attempt', { keepsKey: false }, true],
    ['that deletes before the answer', { deletesLate: false }, true],
    ['whose later writes do not inherit the validator', { inherits: false }, true],
    ['whose later writes do not inherit the validator, without keys', { inherits: false }, false],
    ['that sends though its lease is nearly over', { startsInTime: false }, false],
    ['that forgets an acknowledged write while the list is older', { foldsAcknowledged: false }, true],
    ['that does not look in the list for a create', { looksInList: false }, true],
    ['that settles an attempt without another look', { looksAgain: false }, false],
  ])('%s', (_, broken, hasKeys) => {
    const build = { ...WHOLE, ...broken }
    let seed = 0
    while (seed < MOST_SEEDS && wrongIn(play(diceOf(seed), hasKeys, build)) === undefined) seed++
    expect(seed).toBeLessThan(MOST_SEEDS)
  })
})

/** Some of what is broken shows in one schedule of a thousand. */
const MOST_SEEDS = 10_000

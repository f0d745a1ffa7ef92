import type { Fault, Planned, Play, Step, Thing } from './plan.ts'
import { calls } from './table.ts'

/** A play made of dice: the same seed gives the same play. */
export function randomPlay(seed: number): Play {
  const dice = new Dice(seed)
  const faults = dice.times(1, 4, (): Planned => {
    const { call, faults } = dice.one(calls)
    return { call, fault: dice.one<Fault>(faults), nth: dice.between(1, 6), lasting: dice.chance(0.3) }
  })
  const lives = dice.times(1, 2, () => dice.times(8, 14, () => randomStep(dice)))
  return { faults, lives }
}

function randomStep(dice: Dice): Step {
  const roll = dice.between(1, 20)
  if (roll <= 10) return { read: thing(dice) }
  if (roll <= 14) return { write: true }
  if (roll <= 17)
    return { together: dice.times(2, 5, () => (dice.chance(0.3) ? { write: true } : { read: thing(dice) })) }
  if (roll === 18) return { pauseMs: dice.one([20, 200, 2300]) }
  if (roll === 19) return { invalidate: true }
  return dice.one<Step>([{ remove: 'tagged' }, { remove: 'all' }, { clear: true }])
}

const thing = (dice: Dice): Thing => dice.one<Thing>(['small', 'new', 'large'])

/** Mulberry32. */
class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  chance(of: number): boolean {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 < of
  }

  /** Both ends included. */
  between(from: number, to: number): number {
    let [low, high] = [from, to]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.chance((middle - low + 1) / (high - low + 1))) high = middle
      else low = middle + 1
    }
    return low
  }

  one<T>(of: readonly T[]): T {
    return of[this.between(0, of.length - 1)] as T
  }

  times<T>(from: number, to: number, make: () => T): T[] {
    return Array.from({ length: this.between(from, to) }, make)
  }
}

import type { Contender } from './contenders.ts'
import type { Measurement, Samples } from './measure.ts'
import { median, spread } from './statistics.ts'

/** The median of one contender's measurement, in milliseconds. */
type MedianOf = (contender: Contender, measurement: Measurement) => number

interface Goal {
  readonly name: string
  readonly atMost: number
  readonly figure: (medianOf: MedianOf) => number
}

export interface Outcome {
  readonly name: string
  readonly atMost: number
  readonly value: number
  /** Where 90 % of runs would lie that differ only in which rounds they drew. What changes between runs is not in it. */
  readonly between: readonly [low: number, high: number]
  readonly met: boolean
}

const GOALS: readonly Goal[] = [
  {
    name: 'warm hit of 2 kB, times the floor',
    atMost: 1.1,
    figure: (of) => of('freshlayer', 'single') / of('floor', 'single'),
  },
  {
    name: "overhead of it above the floor, times that of Workbox's CacheFirst with expiration",
    atMost: 0.25,
    figure: (of) => {
      const floor = of('floor', 'single')
      return (of('freshlayer', 'single') - floor) / (of('workbox-cache-first', 'single') - floor)
    },
  },
  {
    name: 'warm hit of 500 kB, times the floor',
    atMost: 1,
    figure: (of) => of('freshlayer', 'large') / of('floor', 'large'),
  },
  {
    name: "first hit of 2 kB with the worker stopped, times Workbox's CacheFirst with expiration",
    atMost: 1.05,
    figure: (of) => of('freshlayer', 'stopped') / of('workbox-cache-first', 'stopped'),
  },
  {
    name: "first hit of 500 kB with the worker stopped, times Workbox's CacheFirst with expiration",
    atMost: 1,
    figure: (of) => of('freshlayer', 'stoppedLarge') / of('workbox-cache-first', 'stoppedLarge'),
  },
  {
    name: 'a request no rule matches, times no worker',
    atMost: 1.05,
    figure: (of) => of('freshlayer', 'unmatched') / of('none', 'unmatched'),
  },
]

/** How the run stands against every goal. */
export function outcomes(samples: Samples, rounds: number, dice: () => number): Outcome[] {
  const all = Array.from({ length: rounds }, (_, at) => at)
  return GOALS.map(({ name, atMost, figure }) => {
    const figureOf = (drawn: readonly number[]): number =>
      figure((contender, measurement) => medianOf(samples, contender, measurement, drawn))
    const value = figureOf(all)
    return { name, atMost, value, between: spread(rounds, figureOf, dice), met: value <= atMost }
  })
}

/** The median over rounds given by their numbers, all of them by default. */
export function medianOf(
  samples: Samples,
  contender: Contender,
  measurement: Measurement,
  drawn?: readonly number[],
): number {
  const rounds = samples.get(contender)?.get(measurement) ?? []
  return median(drawn === undefined ? rounds.flat() : drawn.flatMap((at) => rounds[at] ?? []))
}

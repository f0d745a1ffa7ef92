import {
  LAYERS,
  type Layer,
  SCALE_MEASUREMENTS,
  type ScaleEffort,
  type ScaleMeasurement,
  type ScaleSamples,
} from './scale.ts'
import { median } from './statistics.ts'

const TITLES: Readonly<Record<ScaleMeasurement, string>> = {
  warm: 'warm hit',
  cold: "hit that is not in the worker's memory",
  start: 'first hit, worker stopped',
  write: 'one write',
  shelf: 'write that reaches 200 rows by a tag, and a read of one of them',
  signOut: 'sign-out, until nothing is served any more',
}

const AT_MOST = 1.2
const SIGN_OUT_AT_MOST = 1.5
const PREFIXES_AT_MOST = 1.1

export interface ScaleOutcome {
  readonly name: string
  readonly atMost: number
  /** NaN where it could not be measured: a goal that is not reached is missed. */
  readonly value: number
  readonly met: boolean
}

/** Medians in milliseconds with few rows and with many, and how the second stands to the first. */
export function scaleTable({ few, many, bursts, prefixes, misses }: ScaleSamples, effort: ScaleEffort): string {
  const columns = LAYERS.flatMap((layer) => [`${layer}: ${effort.fewRows} rows`, `${effort.manyRows} rows`, 'ratio'])
  const lines = SCALE_MEASUREMENTS.map((measurement) => {
    const cells = LAYERS.flatMap((layer) => {
      const [base, value] = [median(few[layer][measurement]), median(many[layer][measurement])]
      return [milliseconds(base), milliseconds(value), figure(value / base)]
    })
    return `| ${[TITLES[measurement], ...cells].join(' | ')} |`
  })
  const burst = (layer: Layer): string => {
    const { storedMs, missShares } = bursts[layer]
    const share = `${(100 * median(missShares)).toFixed(1)} % miss when read again at once`
    return `burst of ${effort.burst} answers of 8 kB, ${layer}: ${milliseconds(median(storedMs))} until the last is stored, ${share}`
  }
  const [none, marked] = [median(prefixes.none), median(prefixes.many)]
  return [
    `| median | ${columns.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(columns.length)}`,
    ...lines,
    '',
    ...LAYERS.map(burst),
    `warm hit after ${effort.prefixes} invalidations by prefix: ${milliseconds(marked)}, without them ${milliseconds(none)}`,
    `reads that asked the server although their answer was stored: ${misses}`,
  ].join('\n')
}

/** How the run stands against every goal at scale. */
export function scaleOutcomes({ few, many, bursts, prefixes }: ScaleSamples, effort: ScaleEffort): ScaleOutcome[] {
  const rows = SCALE_MEASUREMENTS.map((measurement) => ({
    name: `${TITLES[measurement]}: ${effort.manyRows} rows stored, times ${effort.fewRows}`,
    atMost: measurement === 'signOut' ? SIGN_OUT_AT_MOST : AT_MOST,
    value: median(many.freshlayer[measurement]) / median(few.freshlayer[measurement]),
  }))
  const others = [
    {
      name: `warm hit after ${effort.prefixes} invalidations by prefix, times none`,
      atMost: PREFIXES_AT_MOST,
      value: median(prefixes.many) / median(prefixes.none),
    },
    {
      name: `share of a burst of ${effort.burst} that misses when read again at once`,
      atMost: 0,
      value: median(bursts.freshlayer.missShares),
    },
  ]
  return [...rows, ...others].map((goal) => ({ ...goal, met: goal.value <= goal.atMost }))
}

/** One line for each goal. */
export function scaleGoalLines(outcomes: readonly ScaleOutcome[]): string {
  return outcomes
    .map(({ name, atMost, value, met }) => `${met ? 'met   ' : 'missed'}  ${name}: ${figure(value)}, at most ${atMost}`)
    .join('\n')
}

/** A share that is not quite nothing does not look like nothing. */
const figure = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(value > 0 && value < 0.01 ? 4 : 2))
const milliseconds = (value: number): string => (Number.isNaN(value) ? '–' : `${value.toFixed(2)} ms`)

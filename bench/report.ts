import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { CONTENDERS, type Contender } from './contenders.ts'
import { medianOf, type Outcome } from './goals.ts'
import { type Measurement, MEASUREMENTS, type Samples } from './measure.ts'
import { ascending, quantile } from './statistics.ts'

const ROWS: Readonly<Record<Measurement, { readonly title: string; readonly base: Contender }>> = {
  single: { title: 'warm hit, 2 kB, one at a time', base: 'floor' },
  burst: { title: 'warm hit, 2 kB, 20 at once', base: 'floor' },
  large: { title: 'warm hit, 500 kB', base: 'floor' },
  stopped: { title: 'first hit, worker stopped, 2 kB', base: 'floor' },
  stoppedLarge: { title: 'first hit, worker stopped, 500 kB', base: 'floor' },
  unmatched: { title: 'no rule matches, 2 kB', base: 'none' },
}

const QUANTILES = { p5: 0.05, p25: 0.25, p50: 0.5, p75: 0.75, p95: 0.95 }

/** Medians as ratios to the row's base, as a Markdown table; the base shows its milliseconds. */
export function table(samples: Samples): string {
  const lines = MEASUREMENTS.map((measurement) => {
    const { title, base } = ROWS[measurement]
    const unit = medianOf(samples, base, measurement)
    const cells = CONTENDERS.map((contender) => {
      const ratio = (medianOf(samples, contender, measurement) / unit).toFixed(2)
      return contender === base ? `${ratio} (${unit.toFixed(2)} ms)` : ratio
    })
    return `| ${[title, ...cells].join(' | ')} |`
  })
  return [
    `| median, as a ratio | ${CONTENDERS.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(CONTENDERS.length)}`,
    ...lines,
  ].join('\n')
}

/** One line for each goal. */
export function goalLines(outcomes: readonly Outcome[]): string {
  return outcomes
    .map(({ name, atMost, value, between: [low, high], met }) => {
      const figure = `${value.toFixed(2)} (90 % range: ${low.toFixed(2)} to ${high.toFixed(2)})`
      return `${met ? 'met   ' : 'missed'}  ${name}: ${figure}, at most ${atMost}`
    })
    .join('\n')
}

/** Everything a later run can be compared with, as JSON. Times in milliseconds. */
export function report(
  measured: Readonly<Record<string, unknown>>,
  run: { readonly seed: number; readonly chromium: string },
): string {
  const all = {
    date: new Date().toISOString(),
    seed: run.seed,
    versions: {
      freshlayer: versionOf('..'),
      chromium: run.chromium,
      node: process.version,
      'workbox-strategies': versionOf('../node_modules/workbox-strategies'),
      'workbox-expiration': versionOf('../node_modules/workbox-expiration'),
      'workbox-broadcast-update': versionOf('../node_modules/workbox-broadcast-update'),
    },
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, platform: process.platform, loadAverage: loadavg() },
    ...measured,
  }
  return `${JSON.stringify(all, undefined, 2)}\n`
}

/** The goals, the ratios and the distributions of the base. */
export function results(samples: Samples, outcomes: readonly Outcome[]): object {
  const measured = CONTENDERS.map((contender) => {
    const rows = MEASUREMENTS.map(
      (measurement) => [measurement, distribution(samples, contender, measurement)] as const,
    )
    return [contender, Object.fromEntries(rows)] as const
  })
  return {
    goals: outcomes,
    medianRatios: Object.fromEntries(
      MEASUREMENTS.map((measurement) => {
        const { base } = ROWS[measurement]
        const unit = medianOf(samples, base, measurement)
        const ratios = CONTENDERS.map((contender) => [contender, medianOf(samples, contender, measurement) / unit])
        return [measurement, { base, ratios: Object.fromEntries(ratios) }]
      }),
    ),
    milliseconds: Object.fromEntries(measured),
  }
}

function distribution(samples: Samples, contender: Contender, measurement: Measurement): Record<string, number> {
  const sorted = ascending(samples.get(contender)?.get(measurement)?.flat() ?? [])
  const quantiles = Object.entries(QUANTILES).map(([name, part]) => [name, quantile(sorted, part)] as const)
  return { samples: sorted.length, ...Object.fromEntries(quantiles) }
}

function versionOf(folder: string): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL(`${folder}/package.json`, import.meta.url), 'utf8'),
  )
  return version
}

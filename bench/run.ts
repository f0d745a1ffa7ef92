import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { BenchChromium } from './chromium.ts'
import { BENCH_FOLDER, buildContenders } from './contenders.ts'
import { diceOf } from './dice.ts'
import { outcomes } from './goals.ts'
import { measure } from './measure.ts'
import { goalLines, report, results, table } from './report.ts'
import { measureAtScale, type ScaleEffort } from './scale.ts'
import { scaleGoalLines, scaleOutcomes, scaleTable } from './scale-report.ts'

const ROUNDS = 36
const SHORT_ROUNDS = 3
const WARM_UP_ROUNDS = 3

const AT_SCALE: ScaleEffort = { rounds: 12, fewRows: 100, manyRows: 20_000, prefixes: 10_000, burst: 300 }
const SHORT_AT_SCALE: ScaleEffort = { rounds: 2, fewRows: 100, manyRows: 600, prefixes: 200, burst: 100 }

const PARTS = ['base', 'scale'] as const

interface Run {
  readonly isShort: boolean
  /** Of the base; undefined: as many as the run is long. */
  readonly rounds: number | undefined
  readonly seed: number
}

try {
  await bench()
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seed: { type: 'string' },
    },
  })
  const parts = PARTS.filter((part) => values.only === undefined || values.only === part)
  if (parts.length === 0) throw new Error(`--only takes ${PARTS.join(' or ')}, not "${values.only}"`)
  const seed = whole('seed', values.seed) ?? Date.now() % 2 ** 32
  const run = { isShort: values.short, rounds: whole('rounds', values.rounds), seed }

  console.log(`seed ${seed}, load average ${(loadavg()[0] ?? 0).toFixed(1)}, node ${process.version}`)
  const measured: Record<string, unknown> = {}
  let chromium = ''
  for (const part of parts) {
    const browser = await BenchChromium.launch()
    chromium = browser.version
    try {
      measured[part] = await (part === 'base' ? base(browser, run) : scale(browser, run))
    } finally {
      await browser.close()
    }
  }
  await writeFile(`${BENCH_FOLDER}results.json`, report(measured, { seed, chromium }))
  console.log(`\n${chromium}. Raw numbers: dist/bench/results.json`)
}

/** The layer beside what an app could use instead. */
async function base(browser: BenchChromium, { isShort, rounds: asked, seed }: Run): Promise<object> {
  const rounds = asked ?? (isShort ? SHORT_ROUNDS : ROUNDS)
  const warmUpRounds = isShort ? 1 : WARM_UP_ROUNDS
  console.log(`\n${rounds} rounds after ${warmUpRounds} to warm up`)
  const dice = diceOf(seed)
  const samples = await measure(browser, await buildContenders(), { rounds, warmUpRounds }, dice)
  const reached = outcomes(samples, rounds, dice)
  console.log(`\n${table(samples)}\n\n${goalLines(reached)}`)
  return { rounds, ...results(samples, reached) }
}

/** The layer with much stored beside itself with little. */
async function scale(browser: BenchChromium, { isShort, seed }: Run): Promise<object> {
  const effort = isShort ? SHORT_AT_SCALE : AT_SCALE
  console.log('\nAt scale')
  const samples = await measureAtScale(browser, effort, diceOf(seed))
  const reached = scaleOutcomes(samples, effort)
  console.log(`\n${scaleTable(samples, effort)}\n\n${scaleGoalLines(reached)}`)
  return { effort, goals: reached, milliseconds: samples }
}

/** A positive whole number from the command line; undefined where none was given. */
function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} takes a positive whole number, not "${text}"`)
  return Number(text)
}

import { writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { BenchChromium } from './chromium.ts'
import { BENCH_FOLDER, buildContenders } from './contenders.ts'
import { diceOf } from './dice.ts'
import { outcomes } from './goals.ts'
import { measure } from './measure.ts'
import { goalLines, results, table } from './report.ts'

const ROUNDS = 36
const SHORT_ROUNDS = 3
const WARM_UP_ROUNDS = 3

try {
  await bench()
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: { short: { type: 'boolean', default: false }, rounds: { type: 'string' }, seed: { type: 'string' } },
  })
  const rounds = whole('rounds', values.rounds) ?? (values.short ? SHORT_ROUNDS : ROUNDS)
  const seed = whole('seed', values.seed) ?? Date.now() % 2 ** 32
  const warmUpRounds = values.short ? 1 : WARM_UP_ROUNDS

  const load = loadavg()[0] ?? 0
  console.log(`seed ${seed}, ${rounds} rounds after ${warmUpRounds} to warm up, load average ${load.toFixed(1)}`)
  const scripts = await buildContenders()
  const browser = await BenchChromium.launch()
  try {
    const dice = diceOf(seed)
    const samples = await measure(browser, scripts, { rounds, warmUpRounds }, dice)
    const reached = outcomes(samples, rounds, dice)
    console.log(`${browser.version}, node ${process.version}\n\n${table(samples)}\n\n${goalLines(reached)}`)
    const file = `${BENCH_FOLDER}results.json`
    await writeFile(file, results(samples, reached, { seed, rounds, chromium: browser.version }))
    console.log(`\nRaw numbers: dist/bench/results.json`)
  } finally {
    await browser.close()
  }
}

/** A positive whole number from the command line; undefined where none was given. */
function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} takes a positive whole number, not "${text}"`)
  return Number(text)
}

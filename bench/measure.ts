import type { BenchChromium, BenchPage } from './chromium.ts'
import { CONTENDERS, type Contender } from './contenders.ts'
import { shuffled } from './dice.ts'
import { BenchOrigin, type Scripts } from './origin.ts'
import type { PageBench } from './page.ts'
import { LARGE_URL, SMALL_URLS, UNMATCHED_URLS } from './payload.ts'

/** What is measured, in the order of the table's rows. */
export const MEASUREMENTS = ['single', 'burst', 'large', 'stopped', 'stoppedLarge', 'unmatched'] as const

export type Measurement = (typeof MEASUREMENTS)[number]

/** Milliseconds: the samples of each round, so that rounds can be drawn again. */
export type Samples = ReadonlyMap<Contender, ReadonlyMap<Measurement, readonly (readonly number[])[]>>

export interface Effort {
  /** Rounds that count. */
  readonly rounds: number
  /** Rounds before them that do not: caches of code and connections fill, functions are compiled. */
  readonly warmUpRounds: number
}

interface Stand {
  readonly contender: Contender
  readonly origin: BenchOrigin
  readonly page: BenchPage
}

/** Reads per sample and samples per round: about as much time for each measurement. */
const GROUP = 5
const SINGLES = 6
const BURSTS = 4
const LARGES = 4
const UNMATCHED = 12
const STOPS = 2

const FILL_ATTEMPTS = 50

/**
 * Measures all contenders in one browser: in every round each of them once, in an order drawn anew.
 *
 * @throws when a contender that should answer from its store asks the server while it is timed.
 */
export async function measure(
  browser: BenchChromium,
  scripts: ReadonlyMap<Contender, Scripts>,
  effort: Effort,
  dice: () => number,
): Promise<Samples> {
  const origins: BenchOrigin[] = []
  const stands: Stand[] = []
  try {
    for (const [contender, of] of scripts) {
      const origin = new BenchOrigin(contender, of)
      origins.push(origin)
      await origin.start()
      stands.push(await stand(browser, contender, origin))
    }
    const samples = new Map(CONTENDERS.map((contender) => [contender, emptySamples()]))
    for (let round = -effort.warmUpRounds; round < effort.rounds; round++) {
      for (const at of shuffled(stands, dice)) {
        const measured = await visit(at)
        if (round < 0) continue
        for (const [measurement, times] of measured)
          samples
            .get(at.contender)
            ?.get(measurement)
            ?.push([...times])
      }
    }
    return samples
  } finally {
    for (const origin of origins) await origin.stop()
  }
}

const emptySamples = (): Map<Measurement, number[][]> => new Map(MEASUREMENTS.map((name) => [name, []]))

/** A contender with its page open and controlled, and everything stored. */
async function stand(browser: BenchChromium, contender: Contender, origin: BenchOrigin): Promise<Stand> {
  const page = await browser.open(`${origin.url}/`)
  if (contender === 'none') return { contender, origin, page }
  await ask(page, 'register')
  await fill(contender, origin, page)
  return { contender, origin, page }
}

/** Reads everything until it is answered with the server away: storing goes on after a page has its answer. */
async function fill(contender: Contender, origin: BenchOrigin, page: BenchPage): Promise<void> {
  const urls = [...SMALL_URLS, LARGE_URL]
  for (let attempt = 0; attempt < FILL_ATTEMPTS; attempt++) {
    await ask(page, 'allAnswered', urls)
    origin.away = true
    const isStored = await ask(page, 'allAnswered', urls)
    origin.away = false
    if (isStored) return
  }
  throw new Error(`${contender} does not answer from its store`)
}

/** One contender's turn in a round. */
async function visit({ contender, origin, page }: Stand): Promise<Map<Measurement, readonly number[]>> {
  await page.activate()
  // The last turn, here or elsewhere, ended with all workers stopped.
  await ask(page, 'oneByOne', [...SMALL_URLS.slice(0, 1), ...UNMATCHED_URLS], 1, 1 + GROUP)
  await origin.quiet()
  const unmatched = await ask(page, 'oneByOne', UNMATCHED_URLS, UNMATCHED, GROUP)

  await ask(page, 'oneByOne', [...SMALL_URLS, LARGE_URL], 1, SMALL_URLS.length + 1)
  await origin.quiet()
  const before = origin.storedRequests
  const single = await ask(page, 'oneByOne', SMALL_URLS, SINGLES, GROUP)
  await origin.quiet()
  const burst = await ask(page, 'together', SMALL_URLS, BURSTS)
  await origin.quiet()
  const large = await ask(page, 'oneByOne', [LARGE_URL], LARGES, 1)
  const stopped: number[] = []
  const stoppedLarge: number[] = []
  for (let at = 0; at < STOPS; at++) {
    for (const [urls, times] of [
      [SMALL_URLS, stopped],
      [[LARGE_URL], stoppedLarge],
    ] as const) {
      await origin.quiet()
      if (contender !== 'none') await page.stopWorkers()
      times.push(...(await ask(page, 'oneByOne', urls, 1, 1)))
    }
  }
  const asksServer = contender === 'none' || contender === 'workbox-swr'
  if (!asksServer && origin.storedRequests !== before) {
    throw new Error(`${contender} asked the server ${origin.storedRequests - before} times for what it has stored`)
  }
  return new Map(
    Object.entries({ single, burst, large, stopped, stoppedLarge, unmatched }) as [Measurement, number[]][],
  )
}

/** Calls a function of the page. */
export async function ask<Name extends keyof PageBench>(
  page: BenchPage,
  name: Name,
  ...parameters: Parameters<PageBench[Name]>
): Promise<Awaited<ReturnType<PageBench[Name]>>> {
  const value = await page.evaluate(`bench.${name}(...${JSON.stringify(parameters)})`)
  return value as Awaited<ReturnType<PageBench[Name]>>
}

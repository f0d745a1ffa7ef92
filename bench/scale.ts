import { mkdir, readFile } from 'node:fs/promises'
import { bearer } from '../e2e/support/bearer.ts'
import { buildWorker } from '../tools/build/build-worker.ts'
import type { BenchChromium } from './chromium.ts'
import { BENCH_FOLDER, bundled, HERE } from './contenders.ts'
import { shuffled } from './dice.ts'
import { ask } from './measure.ts'
import type { Scripts } from './origin.ts'
import { paged, shelved } from './payload.ts'
import { ScaleStand } from './scale-stand.ts'

/** What is measured with few rows and with many, in the order of the table's rows. */
export const SCALE_MEASUREMENTS = ['warm', 'cold', 'start', 'write', 'shelf', 'signOut'] as const

export type ScaleMeasurement = (typeof SCALE_MEASUREMENTS)[number]

export const LAYERS = ['freshlayer', 'workbox'] as const

export type Layer = (typeof LAYERS)[number]

export interface ScaleEffort {
  readonly rounds: number
  readonly fewRows: number
  readonly manyRows: number
  readonly prefixes: number
  readonly burst: number
}

/** Milliseconds. What a layer does not have, or has not reached within a limit, is empty. */
export interface ScaleSamples {
  readonly few: LayerTimes
  readonly many: LayerTimes
  /** A warm hit without and with invalidations by prefix, in a worker each. */
  readonly prefixes: { readonly none: readonly number[]; readonly many: readonly number[] }
  readonly bursts: Readonly<Record<Layer, Burst>>
  /** Reads that asked the server although their answer was stored. */
  readonly misses: number
}

type LayerTimes = Readonly<Record<Layer, Readonly<Record<ScaleMeasurement, readonly number[]>>>>

export interface Burst {
  /** Milliseconds until the last answer of a burst is stored. */
  readonly storedMs: readonly number[]
  /** Which part misses when all are read again at once. */
  readonly missShares: readonly number[]
}

type Times = Record<ScaleMeasurement, number[]>

const USER = bearer('ada')
const GROUP = 5
const WARM_URLS = 20
const WARMS = 6
const COLDS = 8
const STARTS = 2
const WRITES = 5
/** Rows with one tag. */
const SHELF = 200
const PARALLEL_WRITES = 50
const SIGN_OUT_LIMIT_MS = 20_000

/** One stand with what it has stored. */
interface Filled {
  readonly layer: Layer
  readonly stand: ScaleStand
  readonly urls: readonly string[]
  readonly times: Times
}

/** Measures what depends on how much is stored: in every round each stand once, in an order drawn anew. */
export async function measureAtScale(
  browser: BenchChromium,
  effort: ScaleEffort,
  dice: () => number,
): Promise<ScaleSamples> {
  const scripts = await buildScripts()
  const stands: ScaleStand[] = []
  const open = async (name: string, layer: Layer): Promise<ScaleStand> => {
    const stand = await ScaleStand.open(browser, name, scripts[layer])
    stands.push(stand)
    return stand
  }
  const filled = async (layer: Layer, rows: number): Promise<Filled> => {
    const stand = await open(`${layer}-${rows}`, layer)
    const [shelf, rest] = [Math.min(SHELF, rows), Math.max(0, rows - SHELF)]
    const urls = [...shelved('tagged', shelf), ...shelved('rest', rest)]
    const began = performance.now()
    await stand.fill(urls, USER)
    console.log(`${layer}: ${rows} rows stored in ${((performance.now() - began) / 1000).toFixed(0)} s`)
    return { layer, stand, urls, times: { warm: [], cold: [], start: [], write: [], shelf: [], signOut: [] } }
  }
  try {
    const few = {
      freshlayer: await filled('freshlayer', effort.fewRows),
      workbox: await filled('workbox', effort.fewRows),
    }
    const many = {
      freshlayer: await filled('freshlayer', effort.manyRows),
      workbox: await filled('workbox', effort.manyRows),
    }
    let misses = 0
    for (let round = 0; round < effort.rounds; round++) {
      for (const at of shuffled([...Object.values(few), ...Object.values(many)], dice)) misses += await visit(at, dice)
    }
    for (const at of [few.freshlayer, many.freshlayer]) await signOut(at)
    const timesOf = (of: Readonly<Record<Layer, Filled>>): LayerTimes => ({
      freshlayer: of.freshlayer.times,
      workbox: of.workbox.times,
    })
    const bursts = {
      freshlayer: await bursting(await open('freshlayer-burst', 'freshlayer'), effort),
      workbox: await bursting(await open('workbox-burst', 'workbox'), effort),
    }
    const prefixes = await withPrefixes(
      await open('freshlayer-no-prefixes', 'freshlayer'),
      await open('freshlayer-prefixes', 'freshlayer'),
      effort,
    )
    return { few: timesOf(few), many: timesOf(many), prefixes, bursts, misses }
  } finally {
    for (const { origin } of stands) await origin.stop()
  }
}

async function buildScripts(): Promise<Readonly<Record<Layer, Scripts>>> {
  await mkdir(BENCH_FOLDER, { recursive: true })
  const page = await bundled('scale-page.ts')
  const out = `${BENCH_FOLDER}freshlayer-scale.sw.js`
  await buildWorker({ config: `${HERE}scale-rules.ts`, out })
  return {
    freshlayer: { page, worker: await readFile(out, 'utf8') },
    workbox: { page, worker: await bundled('workbox-scale.sw.ts') },
  }
}

/** One stand's turn in a round. Gives how many reads asked the server for what it has stored. */
async function visit({ layer, stand, urls, times }: Filled, dice: () => number): Promise<number> {
  const { origin, page } = stand
  const timed = (paths: readonly string[], samples: number, group: number): Promise<number[]> =>
    ask(page, 'oneByOne', paths, samples, group, USER)
  await page.activate()
  const [first = '', ...others] = shuffled(urls, dice)
  const warm = others.slice(0, WARM_URLS)

  const before = origin.storedRequests
  // A first pass brings them into the worker's memory.
  await timed(warm, 1, warm.length)
  await origin.quiet()
  times.warm.push(...(await timed(warm, WARMS, GROUP)))

  for (let at = 0; at < STARTS; at++) {
    await origin.quiet()
    await page.stopWorkers()
    times.start.push(...(await timed([first], 1, 1)))
  }
  await origin.quiet()
  times.cold.push(...(await timed(others.slice(WARM_URLS), COLDS, 1)))
  const misses = origin.storedRequests - before

  if (layer === 'freshlayer') {
    await origin.quiet()
    const written = shelved('written', WRITES).map((url) => `${url}/itself`)
    times.write.push(...(await stand.ask('write', written, USER)))
    await origin.quiet()
    const shelf = shelved('tagged', Math.min(SHELF, urls.length))
    times.shelf.push(await stand.ask('writeAndRead', `${shelf[0]}/shelf`, shelf.at(-1) ?? '', USER))
    await stand.fill(shelf, USER)
  }
  return misses
}

/** Last of all: nothing of what was stored is left. */
async function signOut({ stand, urls, times }: Filled): Promise<void> {
  await stand.page.activate()
  await stand.origin.quiet()
  stand.origin.away = true
  const ms = await stand.ask('signOut', urls.at(-1) ?? '', SIGN_OUT_LIMIT_MS, USER)
  stand.origin.away = false
  if (ms !== undefined) times.signOut.push(ms)
}

/** In turns: a burst that is waited for, and one that is read again at once. */
async function bursting(stand: ScaleStand, { rounds, burst }: ScaleEffort): Promise<Burst> {
  const storedMs: number[] = []
  const missShares: number[] = []
  await stand.page.activate()
  for (let round = 0; round < rounds; round++) {
    const [waited, again] = [paged(2 * round * burst, burst), paged((2 * round + 1) * burst, burst)]
    await stand.origin.quiet()
    const began = performance.now()
    await ask(stand.page, 'together', waited, 1, USER)
    await stand.stored(waited.at(-1) ?? '', USER)
    storedMs.push(performance.now() - began)

    await stand.origin.quiet()
    await ask(stand.page, 'together', again, 1, USER)
    const before = stand.origin.storedRequests
    await ask(stand.page, 'together', again, 1, USER)
    missShares.push((stand.origin.storedRequests - before) / burst)
    await stand.stored(again.at(-1) ?? '', USER)
  }
  return { storedMs, missShares }
}

/** The same hits in two workers; in one of them after so many writes that each reach what is below a path of their own. */
async function withPrefixes(
  none: ScaleStand,
  many: ScaleStand,
  { rounds, fewRows, prefixes }: ScaleEffort,
): Promise<ScaleSamples['prefixes']> {
  const urls = shelved('rest', fewRows)
  for (const stand of [none, many]) {
    await stand.page.activate()
    await stand.fill(urls, USER)
  }
  const orders = shelved('orders', prefixes).map((url) => `${url}/below`)
  await many.ask('writeAll', orders, PARALLEL_WRITES, USER)
  const times = { none: [] as number[], many: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    for (const [{ origin, page }, samples] of [
      [none, times.none],
      [many, times.many],
    ] as const) {
      await page.activate()
      const timed = (count: number): Promise<number[]> =>
        ask(page, 'oneByOne', urls.slice(0, WARM_URLS), count, GROUP, USER)
      await timed(WARM_URLS / GROUP)
      await origin.quiet()
      samples.push(...(await timed(WARMS)))
    }
  }
  return times
}

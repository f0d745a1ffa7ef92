import { appendFileSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { dropProfile, launch, newProfile } from '../support/test.ts'
import type { Play } from './plan.ts'
import { type Outcome, Player } from './player.ts'
import { randomPlay } from './random.ts'
import { rows, traced } from './table.ts'

const OUT = fileURLToPath(new URL('../../dist/e2e-safe/', import.meta.url))
/** What became of each row, as it is known. */
const LOG = `${OUT}outcomes.jsonl`

/** Rows spend their time on waiting, so some are played side by side. */
const SIDE_BY_SIDE = 3

/**
 * Builds the worker, opens the one browser, and plays a row for each `GET /<id>`. Playwright starts a process
 * anew after each test that fails; here is what they share.
 */
// oxlint-disable-next-line import/no-default-export -- Playwright takes the default export.
export default async function servePlays(): Promise<() => Promise<void>> {
  rmSync(LOG, { force: true })
  await buildWorker({ config: 'e2e/safe/rules.ts', out: `${OUT}sw.js` })
  await bundle('prelude', 'iife')
  await bundle('page', 'es')
  const text = (file: string): string => readFileSync(`${OUT}${file}.js`, 'utf8')
  const profile = newProfile()
  const context = await launch(profile)
  const browser = await context.browser()?.newBrowserCDPSession()
  if (browser === undefined) throw new Error('The browser cannot be spoken to')
  const player = new Player(context, browser, { prelude: text('prelude'), worker: text('sw'), page: text('page') })

  const outcomes = new Map<string, Promise<Outcome>>()
  const outcomeOf = (id: string): Promise<Outcome> => {
    const known = outcomes.get(id)
    if (known !== undefined) return known
    const outcome = played(player, id)
    void outcome
      .catch((error: unknown) => ({ problems: [String(error)], reports: [] }))
      .then(({ problems, reports }) => appendFileSync(LOG, `${JSON.stringify({ id, problems, reports })}\n`))
    outcomes.set(id, outcome)
    return outcome
  }

  const server = createServer((request, response) => {
    const [id = '', ...next] = decodeURIComponent((request.url ?? '/').slice(1)).split('|')
    const outcome = outcomeOf(id)
    for (const soon of next.slice(0, SIDE_BY_SIDE - 1)) void outcomeOf(soon)
    outcome.then(
      (outcome) => response.end(JSON.stringify(outcome)),
      (error: unknown) =>
        response.end(JSON.stringify({ problems: [String(error)], hasFired: true, calls: [], reports: [] })),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  process.env['FRESHLAYER_PLAYS'] = `http://localhost:${(server.address() as AddressInfo).port}/`

  return async () => {
    server.closeAllConnections()
    server.close()
    await context.close()
    dropProfile(profile)
  }
}

/** A busy machine may be late for a fault. One that has not come about tells nothing, so the row is played again. */
async function played(player: Player, id: string): Promise<Outcome> {
  for (let again = 2; ; again--) {
    const outcome = await player.play(playOf(id), id in traced)
    if (outcome.hasFired || outcome.problems.length > 0 || !rows.has(id) || again === 0) return outcome
  }
}

function playOf(id: string): Play {
  const seed = /^seed (\d+)$/.exec(id)?.[1]
  if (seed !== undefined) return randomPlay(Number(seed))
  const play = traced[id] ?? rows.get(id)
  if (play === undefined) throw new Error(`There is no row ${id}`)
  return play
}

async function bundle(name: 'prelude' | 'page', format: 'iife' | 'es'): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: OUT,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'es2022',
      lib: { entry: `e2e/safe/${name}.ts`, formats: [format], name, fileName: () => `${name}.js` },
      // The page is served as one file.
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
}

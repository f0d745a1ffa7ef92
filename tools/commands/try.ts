import { writeFile } from 'node:fs/promises'
import type { CAC } from 'cac'
import pc from 'picocolors'
import type { Config } from '../../config/language/index.ts'
import { loadConfig } from '../rules/load-config.ts'
import { openBrowser } from '../try/open-browser.ts'
import { OWN } from '../try/own-address.ts'
import { linesOfRecording, linesOfRules } from '../try/printed.ts'
import { targetOf } from '../try/target.ts'
import { startTrial, type Trial } from '../try/trial.ts'
import type { TriedRules } from '../try/tried-rules.ts'
import { isAccepted } from './check.ts'
import { expectOut, tellOfIdle } from './flags.ts'

interface TryFlags {
  readonly port?: string | number
  readonly config?: string
  readonly api?: string
  readonly out?: string
  readonly force?: boolean
  readonly json?: boolean
  readonly open?: boolean
}

export function tryCommand(cli: CAC): void {
  cli
    .command('try <app>', 'Try the layer on an app that runs (an address), or on a folder of built files, by a proxy')
    .option('--port <port>', 'Where the proxy listens; 0 takes any free port. Default: the first free one from 4180 on')
    .option('--config <file>', 'Try the rules of this file. Default: record, and propose rules at the end')
    .option('--api <address>', 'Of a folder: where what is no file of it is asked for')
    .option('--out <file>', 'Write the proposed rules to this file at the end')
    .option('--force', 'Let --out replace a file')
    .option('--json', 'Print the report as JSON')
    .option('--open', 'Open the browser')
    .action(tryApp)
}

async function tryApp(
  app: string,
  { port, config, api, out, force = false, json = false, open }: TryFlags,
): Promise<void> {
  const target = targetOf(app)
  if (out !== undefined && config !== undefined)
    throw new Error('--out writes what a recording proposes: leave --config out')
  if (out === undefined) tellOfIdle({ '--force': force }, 'without --out')
  else expectOut(out, force)
  if (api !== undefined && target.kind === 'origin')
    throw new Error('--api is for a folder: an app that runs has its own')
  const rules = config === undefined ? undefined : await acceptedRules(config, json)
  if (config !== undefined && rules === undefined) {
    process.exitCode = 1
    return
  }
  const trial = await startTrial({
    target,
    api: api === undefined ? undefined : originOf(api),
    port: port === undefined ? undefined : Number(port),
    rules,
    say: (line) => console.error(`${pc.yellow('note')} ${line}`),
  })
  try {
    // Only the report is for another program to read.
    const tell = json ? console.error : console.log
    // Before the line that names the key: it may be pressed at once.
    const end = interrupted()
    for (const line of welcome(app, trial, config)) tell(line)
    if (open === true) openBrowser(trial.url)
    await end
    tell('')
    // What is still open would be recorded as broken off by the proxy.
    const found = rules === undefined ? await trial.found() : undefined
    if (json) console.log(JSON.stringify(await trial.json(), undefined, 2))
    else
      for (const line of rules === undefined
        ? linesOfRecording(trial.recorder, found)
        : linesOfRules(trial.recorder, trial.asked))
        console.log(line)
    if (rules === undefined && found !== undefined) {
      const { text } = found.proposal
      if (out !== undefined) {
        await writeFile(out, text, { flag: force ? 'w' : 'wx' })
        tell(`\nwritten: ${out}. Try it: npx freshlayer try ${app} --config ${out}`)
      } else if (!json) console.log(`\nThe rules it would write; --out freshlayer.config.ts writes them:\n\n${text}`)
    }
  } finally {
    // Also where the report fails: nothing else ends the proxy.
    await trial.close()
  }
}

/** The rules of a file that the check accepts; undefined where it does not, which has been said. */
async function acceptedRules(file: string, json: boolean): Promise<TriedRules | undefined> {
  const { config, problems } = await loadConfig(file)
  if (problems.length > 0 || !json) {
    const isGood = await isAccepted({ config: file })
    if (!isGood) return undefined
  }
  // What has no problem is a config.
  return { file, config: config as Config }
}

function originOf(given: string): URL {
  const target = targetOf(given)
  if (target.kind !== 'origin') throw new Error(`--api is ${given}: give an address, such as http://localhost:3000`)
  return target.origin
}

function welcome(app: string, { url }: Trial, config: string | undefined): string[] {
  const own = new URL(OWN, url).href
  return [
    '',
    `${pc.bold(url)}  ${app} with the layer in it`,
    `${own}  the report`,
    '',
    config === undefined
      ? 'Click around there, in two tabs, and as two users if you can. Ctrl-C ends this and prints what was found.'
      : `Its reads go by ${config}. Stop the app's server to see what is there without it. Ctrl-C ends this and prints the counts.`,
  ]
}

/** Settles at Ctrl-C. A second one ends the process at once. */
const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })

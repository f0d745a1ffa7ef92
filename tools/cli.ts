#!/usr/bin/env node
import { relative } from 'node:path'
import { cac } from 'cac'
import pc from 'picocolors'
import { type Config, formatProblem } from '../config/language/index.ts'
import { buildKillWorker, buildWorker } from './build-worker.ts'
import { loadConfig } from './load-config.ts'
import { proposeShell } from './propose-shell.ts'
import { tenantHint } from './tenant-hint.ts'

const CONFIG = 'config/freshlayer.config.ts'

interface CheckFlags {
  readonly config: string
  readonly files?: string | undefined
  readonly base?: string | undefined
}

/** Prints what the check says of a rules file, and of its shell where the built app is given; whether it may be used. */
async function check({ config: file, files, base }: CheckFlags): Promise<boolean> {
  const { config, problems, warnings } = await loadConfig(file)
  const said = warnings.map(formatProblem)
  // What has no problem is a config.
  if (problems.length === 0) said.push(...(await proposeShell(config as Config, files, { base: pathOf(base) })))
  for (const warning of said) console.log(`${pc.yellow('warning')} ${warning}`)
  const hint = problems.length === 0 ? tenantHint(config as Config) : undefined
  if (hint !== undefined) console.log(`${pc.cyan('hint')} ${hint}`)
  for (const problem of problems) console.error(`${pc.red('refused')} ${formatProblem(problem)}`)
  const warned =
    said.length === 0 ? pc.green('fine') : `accepted with ${said.length} warning${said.length > 1 ? 's' : ''}`
  if (problems.length === 0) console.log(`${file}: ${warned}`)
  return problems.length === 0
}

/** The path of `--base`, with a slash at its end. */
function pathOf(base: string | undefined): string | undefined {
  if (base === undefined) return undefined
  if (!/^\/(?!\/)[^?#\s]*$/.test(base))
    throw new Error(`--base is ${base}: give a path that begins with /, such as /static/`)
  return base.endsWith('/') ? base : `${base}/`
}

const cli = cac('freshlayer')

interface WorkerFlags extends CheckFlags {
  readonly out?: string
  readonly attach?: boolean
}

const BASE = ['--base <path>', 'The path at which these files are served, for example /static/'] as const

cli
  .command('check', 'Check a rules file: every problem with its place, what was given and what is expected')
  .option('--config <file>', 'The rules file', { default: CONFIG })
  .option('--files <folder>', 'A built app: also says which of its documents its pages have offline, or could have')
  .option(...BASE)
  .action(async (flags: CheckFlags) => {
    if (!(await check(flags))) process.exitCode = 1
  })

cli
  .command('worker', 'Bundle one self-contained worker script from a rules file')
  .option('--config <file>', 'The rules file', { default: CONFIG })
  .option('--out <file>', 'Where the script goes, for example dist/sw.js')
  .option('--files <folder>', 'A built app whose files are kept for offline use')
  .option(...BASE)
  .option('--attach', 'A part for a worker of your own, which loads it first by importScripts')
  .action(async ({ config, out, files, base, attach = false }: WorkerFlags) => {
    if (out === undefined) throw new Error('worker needs --out FILE: where the script goes')
    if (!(await check({ config, files, base }))) {
      process.exitCode = 1
      return
    }
    const size = await buildWorker({ config, out, attach, files, base: pathOf(base) })
    console.log(`${relative(process.cwd(), out)}: ${(size / 1000).toFixed(1)} kB`)
  })

cli
  .command('kill', 'Write a worker script that removes the layer: serve it in place of the worker')
  .option('--out <file>', 'Where the script goes, for example dist/sw.js')
  .action(async ({ out }: { out?: string }) => {
    if (out === undefined) throw new Error('kill needs --out FILE: where the script goes')
    const size = await buildKillWorker(out)
    console.log(`${relative(process.cwd(), out)}: ${(size / 1000).toFixed(1)} kB`)
  })

cli.help()

try {
  cli.parse(process.argv, { run: false })
  if (cli.matchedCommand === undefined && cli.options['help'] !== true) {
    cli.outputHelp()
    process.exitCode = 1
  }
  await cli.runMatchedCommand()
} catch (error) {
  console.error(`${pc.red('freshlayer')} ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

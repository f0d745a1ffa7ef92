#!/usr/bin/env node
import { relative } from 'node:path'
import { cac } from 'cac'
import pc from 'picocolors'
import { type Config, formatProblem } from '../config/language/index.ts'
import { apply, type Change, changesOf, report, undoingOf } from './build-folder.ts'
import { buildKillWorker, buildWorker } from './build-worker.ts'
import { findConfig } from './find-config.ts'
import { loadConfig } from './load-config.ts'
import { proposeShell } from './propose-shell.ts'
import { tenantHint } from './tenant-hint.ts'

interface CheckFlags {
  readonly config?: string | undefined
  readonly files?: string | undefined
  readonly base?: string | undefined
}

/** Prints what the check says of a rules file, and of its shell where the built app is given; whether it may be used. */
async function check({ config: file = findConfig(process.cwd()), files, base }: CheckFlags): Promise<boolean> {
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

const CONFIG = ['--config <file>', 'The rules file. Default: freshlayer.config.ts here or in config/'] as const
const BASE = ['--base <path>', 'The path at which these files are served, for example /static/'] as const

cli
  .command('check', 'Check a rules file: every problem with its place, what was given and what is expected')
  .option(...CONFIG)
  .option('--files <folder>', 'A built app: also says which of its documents its pages have offline, or could have')
  .option(...BASE)
  .action(async (flags: CheckFlags) => {
    if (!(await check(flags))) process.exitCode = 1
  })

cli
  .command('worker', 'Bundle one self-contained worker script from a rules file')
  .option(...CONFIG)
  .option('--out <file>', 'Where the script goes, for example dist/sw.js')
  .option('--files <folder>', 'A built app whose files are kept for offline use')
  .option(...BASE)
  .option('--attach', 'A part for a worker of your own, which loads it first by importScripts')
  .action(async ({ config = findConfig(process.cwd()), out, files, base, attach = false }: WorkerFlags) => {
    if (out === undefined) throw new Error('worker needs --out FILE: where the script goes')
    if (!(await check({ config, files, base }))) {
      process.exitCode = 1
      return
    }
    const size = await buildWorker({ config, out, attach, files, base: pathOf(base) })
    console.log(`${relative(process.cwd(), out)}: ${(size / 1000).toFixed(1)} kB`)
  })

interface FolderFlags extends CheckFlags {
  readonly dryRun?: boolean
}

/** Says what changes, and changes it unless that is not wanted. */
async function carryOut(folder: string, changes: readonly Change[], dryRun = false): Promise<void> {
  if (!dryRun) await apply(folder, changes)
  console.log(dryRun ? 'would write:' : 'written:')
  for (const line of report(folder, changes)) console.log(line)
}

cli
  .command(
    'build <folder>',
    'Put the layer into a folder of built files: worker, page script, and its tag in the documents',
  )
  .option(...CONFIG)
  .option(...BASE)
  .option('--dry-run', 'Say what would be written, and write nothing')
  .action(async (folder: string, { config = findConfig(process.cwd()), base, dryRun }: FolderFlags) => {
    if (!(await check({ config, files: folder, base }))) {
      process.exitCode = 1
      return
    }
    await carryOut(folder, await changesOf(folder, { config, base: pathOf(base) }), dryRun)
  })

cli
  .command('undo <folder>', 'Take out of a folder what `build` has put into it')
  .option('--dry-run', 'Say what would be written, and write nothing')
  .action(async (folder: string, { dryRun }: FolderFlags) => {
    await carryOut(folder, await undoingOf(folder), dryRun)
    console.log(
      'browsers that have the worker keep it: serve the script of `freshlayer kill` as sw.js to remove it there',
    )
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

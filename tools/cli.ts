#!/usr/bin/env node
import { relative } from 'node:path'
import { cac } from 'cac'
import pc from 'picocolors'
import { formatProblem } from '../config/language/index.ts'
import { buildKillWorker, buildWorker } from './build-worker.ts'
import { loadConfig } from './load-config.ts'

const CONFIG = 'config/freshlayer.config.ts'

/** Prints what the check says of a rules file; whether it may be used. */
async function check(file: string): Promise<boolean> {
  const { problems, warnings } = await loadConfig(file)
  for (const warning of warnings) console.log(`${pc.yellow('warning')} ${formatProblem(warning)}`)
  for (const problem of problems) console.error(`${pc.red('refused')} ${formatProblem(problem)}`)
  if (problems.length === 0) console.log(`${file}: ${pc.green('fine')}`)
  return problems.length === 0
}

const cli = cac('freshlayer')

cli
  .command('check', 'Check a rules file: every problem with its place, what was given and what is expected')
  .option('--config <file>', 'The rules file', { default: CONFIG })
  .action(async ({ config }: { config: string }) => {
    if (!(await check(config))) process.exitCode = 1
  })

cli
  .command('worker', 'Bundle one self-contained worker script from a rules file')
  .option('--config <file>', 'The rules file', { default: CONFIG })
  .option('--out <file>', 'Where the script goes, for example dist/sw.js')
  .option('--files <folder>', 'A built app whose files are kept for offline use')
  .action(async ({ config, out, files }: { config: string; out?: string; files?: string }) => {
    if (out === undefined) throw new Error('worker needs --out FILE: where the script goes')
    if (!(await check(config))) {
      process.exitCode = 1
      return
    }
    const size = await buildWorker({ config, out, ...(files === undefined ? {} : { files }) })
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

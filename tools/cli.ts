#!/usr/bin/env node
import { cac } from 'cac'
import pc from 'picocolors'
import { buildCommand, undoCommand } from './commands/build.ts'
import { checkCommand, UNCHECKED } from './commands/check.ts'
import { copyCommand } from './commands/copy.ts'
import { initCommand } from './commands/init.ts'
import { migrateCommand } from './commands/migrate.ts'
import { suggestCommand } from './commands/suggest.ts'
import { tryCommand } from './commands/try.ts'
import { killCommand, workerCommand } from './commands/worker.ts'

const cli = cac('freshlayer')

for (const command of [
  tryCommand,
  initCommand,
  suggestCommand,
  checkCommand,
  buildCommand,
  undoCommand,
  workerCommand,
  copyCommand,
  killCommand,
  migrateCommand,
])
  command(cli)

cli.help()

// Who reads the output may have seen enough: `freshlayer suggest tour.har | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  cli.parse(process.argv, { run: false })
  if (cli.matchedCommand === undefined && cli.options['help'] !== true) {
    cli.outputHelp()
    process.exitCode = 1
  }
  await cli.runMatchedCommand()
} catch (error) {
  console.error(`${pc.red('freshlayer')} ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = cli.matchedCommandName === 'check' ? UNCHECKED : 1
}

import type { CAC } from 'cac'
import pc from 'picocolors'
import { type Config, formatProblem } from '../../config/language/index.ts'
import { loadConfig } from '../rules/load-config.ts'
import { proposeShell } from '../rules/propose-shell.ts'
import { tenantHint } from '../rules/tenant-hint.ts'
import { BASE, CONFIG, configOf, pathOf, type RulesFlags } from './flags.ts'

export function checkCommand(cli: CAC): void {
  cli
    .command('check', 'Check a rules file: every problem with its place, what was given and what is expected')
    .option(...CONFIG)
    .option('--files <folder>', 'A built app: also says which of its documents its pages have offline, or could have')
    .option(...BASE)
    .action(async (flags: RulesFlags) => {
      if (!(await isAccepted(flags))) process.exitCode = 1
    })
}

/**
 * Prints what the check says of a rules file, and of its shell where the built app is given; whether it may be used.
 *
 * @param kept which files of the built app are kept. Default: all of the app.
 */
export async function isAccepted(flags: RulesFlags, kept?: readonly string[]): Promise<boolean> {
  const file = configOf(flags)
  const { config, problems, warnings } = await loadConfig(file)
  const said = warnings.map(formatProblem)
  // What has no problem is a config.
  if (problems.length === 0)
    said.push(...(await proposeShell(config as Config, flags.files, { base: pathOf(flags.base), files: kept })))
  for (const warning of said) console.log(`${pc.yellow('warning')} ${warning}`)
  const hint = problems.length === 0 ? tenantHint(config as Config) : undefined
  if (hint !== undefined) console.log(`${pc.cyan('hint')} ${hint}`)
  for (const problem of problems) console.error(`${pc.red('refused')} ${formatProblem(problem)}`)
  const warned =
    said.length === 0 ? pc.green('fine') : `accepted with ${said.length} warning${said.length > 1 ? 's' : ''}`
  if (problems.length === 0) console.log(`${file}: ${warned}`)
  return problems.length === 0
}

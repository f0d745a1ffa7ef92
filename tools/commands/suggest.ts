import { writeFile } from 'node:fs/promises'
import type { CAC } from 'cac'
import pc from 'picocolors'
import { type Config, formatProblem } from '../../config/language/index.ts'
import { readHar } from '../recording/har.ts'
import { loadConfig } from '../rules/load-config.ts'
import { analyse, propose, report, simulate, type Suggested } from '../suggest/index.ts'
import { expectOut, tellOfIdle } from './flags.ts'

interface SuggestFlags {
  readonly out?: string
  readonly force?: boolean
  readonly json?: boolean
  readonly build?: boolean
  readonly config?: string
}

export function suggestCommand(cli: CAC): void {
  cli
    .command('suggest <har>', 'Propose rules from a recording of DevTools (HAR), with what they would have saved')
    .option('--out <file>', 'Write the proposed rules there, for example freshlayer.config.ts')
    .option('--force', 'Write them over a file that is there')
    .option('--config <file>', 'Replay the recording with these rules in place of the proposed ones')
    .option('--no-build', 'The app has no built folder: propose rules for its scripts and styles as well')
    .option('--json', 'Print findings, rules and savings as JSON')
    .action(async (har: string, { out, force = false, json = false, build = true, config }: SuggestFlags) => {
      if (out === undefined) tellOfIdle({ '--force': force }, 'without --out')
      if (config !== undefined && out === undefined && !json)
        tellOfIdle({ '--no-build': !build }, 'beside --config, unless --out or --json is given')
      // Nothing is read for minutes, only to be refused then.
      if (out !== undefined) expectOut(out, force)
      const recording = await readHar(har)
      const findings = analyse(recording)
      const proposal = propose(findings, { built: !build })
      const rules = config === undefined ? proposal.config : await given(config)
      const suggested: Suggested = { findings, proposal, simulation: simulate(recording, rules) }
      if (out !== undefined) await writeFile(out, proposal.text)
      const shown = out === undefined && config === undefined ? ['', proposal.text] : []
      const written = out === undefined ? [] : ['', `${pc.green('written')} ${out}: read it, then build with it`]
      console.log(json ? JSON.stringify(suggested, null, 2) : [...report(suggested), ...shown, ...written].join('\n'))
    })
}

/** The rules of a file. */
async function given(file: string): Promise<Config> {
  const { config, problems } = await loadConfig(file)
  const [first] = problems
  if (first !== undefined) throw new Error(`${file}: ${formatProblem(first)}`)
  // What has no problem is a config.
  return config as Config
}

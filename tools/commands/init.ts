import type { CAC } from 'cac'
import pc from 'picocolors'
import { apply } from '../build/apply.ts'
import { askConsent, askRules } from '../init/ask.ts'
import { defaultsOf } from '../init/first-rules.ts'
import { planOf, type Step } from '../init/plan.ts'
import { type Project, projectOf } from '../init/project.ts'
import { DRY_RUN } from './flags.ts'

interface InitFlags {
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export function initCommand(cli: CAC): void {
  cli
    .command('init', 'Write the first rules of an app, and put the layer into its build')
    .option('-y, --yes', 'Ask nothing: take what the files of the app suggest')
    .option(...DRY_RUN)
    .action(async ({ yes = false, dryRun = false }: InitFlags) => {
      if (!yes && !(process.stdin.isTTY && process.stdout.isTTY))
        throw new Error('init asks questions, and this is no terminal: --yes takes what the files of the app suggest')
      const project = await projectOf(process.cwd())
      const asked = yes || project.rules !== undefined ? defaultsOf(project) : await askRules(project)
      if (asked === undefined) {
        process.exitCode = 1
        return
      }
      const { steps, there, next } = await planOf(project, asked)
      const wanted = yes ? { steps, declined: [] } : await consented(steps, project)
      if (wanted === undefined) {
        process.exitCode = 1
        return
      }
      if (!dryRun) await apply(project.folder, wanted.steps)
      console.log(`${pc.bold('freshlayer')} ${project.build} (${project.by}), API at ${asked.apis.join(', ')}`)
      if (wanted.steps.length > 0) console.log(dryRun ? 'would write:' : 'written:')
      for (const { file, what, text } of wanted.steps) {
        console.log(`  ${file}  ${what}`)
        if (dryRun) console.log(indented(text ?? ''))
      }
      for (const line of there) console.log(`there already: ${line}`)
      console.log('next:')
      for (const line of [...wanted.declined, ...next]) console.log(`  ${line}`)
    })
}

interface Consented {
  readonly steps: readonly Step[]
  /** What the developer wants to do without init. */
  readonly declined: readonly string[]
}

/** The steps that the developer agrees to. A new rules file needs no consent: it is what was asked for. */
async function consented(steps: readonly Step[], { newRules }: Project): Promise<Consented | undefined> {
  const agreed: Step[] = []
  const declined: string[] = []
  for (const step of steps) {
    const isWelcome = step.file === newRules || (await askConsent(step.file, step.what))
    if (isWelcome === undefined) return undefined
    if (isWelcome) agreed.push(step)
    else declined.push(`in ${step.file}: ${step.what}`)
  }
  return { steps: agreed, declined }
}

const indented = (text: string): string => text.trimEnd().replaceAll(/^/gm, '    ')

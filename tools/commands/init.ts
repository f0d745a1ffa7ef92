import type { CAC } from 'cac'
import pc from 'picocolors'
import { apply } from '../build/apply.ts'
import { askConsent, askRules } from '../init/ask.ts'
import { defaultsOf, firstRules } from '../init/first-rules.ts'
import { type NewRules, planOf, type Step } from '../init/plan.ts'
import { type Project, projectOf } from '../init/project.ts'
import { recordedRules } from '../init/recorded-rules.ts'
import { DRY_RUN } from './flags.ts'

interface InitFlags {
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly from?: string
}

export function initCommand(cli: CAC): void {
  cli
    .command('init', 'Write the first rules of an app, and put the layer into its build')
    .option('-y, --yes', 'Ask nothing: take what the files of the app suggest')
    .option('--from <har>', 'Write the rules that `suggest` proposes from this recording')
    .option(...DRY_RUN)
    .action(async ({ yes = false, dryRun = false, from }: InitFlags) => {
      if (!yes && !(process.stdin.isTTY && process.stdout.isTTY))
        throw new Error('init asks questions, and this is no terminal: --yes takes what the files of the app suggest')
      const project = await projectOf(process.cwd())
      if (from !== undefined && project.rules !== undefined)
        throw new Error(
          `${project.rules} is there, and init never writes over rules: \`freshlayer suggest ${from} --out ${project.rules} --force\` does`,
        )
      const rules = from === undefined ? await askedRules(project, yes) : await recordedRules(from, hasFolder(project))
      if (rules === undefined) {
        process.exitCode = 1
        return
      }
      const { steps, there, next } = await planOf(project, rules)
      const wanted = yes ? { steps, declined: [] } : await consented(steps, project)
      if (wanted === undefined) {
        process.exitCode = 1
        return
      }
      if (!dryRun) await apply(project.folder, wanted.steps)
      console.log(`${pc.bold('freshlayer')} ${project.build} (${project.by}), ${rules.by}`)
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

/** The first rules, by the files of the app, or by what the developer says; undefined: they have given up. */
async function askedRules(project: Project, yes: boolean): Promise<NewRules | undefined> {
  const asked = yes || project.rules !== undefined ? defaultsOf(project) : await askRules(project)
  return asked && { text: firstRules(asked), users: asked.users, by: `API at ${asked.apis.join(', ')}` }
}

/** Whether a build writes the app's files into a folder, of which the worker keeps them. */
const hasFolder = ({ build }: Project): boolean => build !== 'server' && build !== 'workbox'

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

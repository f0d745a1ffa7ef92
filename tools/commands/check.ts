import type { CAC } from 'cac'
import pc from 'picocolors'
import { compileRules, type Config, formatProblem, type Problem } from '../../config/language/index.ts'
import { probe, type ProbeOptions, type Probed } from '../probe/probe.ts'
import { otherCopiesWarning } from '../rules/other-copies.ts'
import { loadConfig } from '../rules/load-config.ts'
import { proposeShell } from '../rules/propose-shell.ts'
import { tenantHint } from '../rules/tenant-hint.ts'
import { BASE, CONFIG, configOf, pathOf, type RulesFlags, tellOfIdle, tellOfIdleBase } from './flags.ts'

interface CheckFlags extends RulesFlags {
  readonly json?: boolean
  readonly probe?: string
  readonly url?: string | readonly string[]
  readonly header?: string | readonly string[]
  readonly as?: string | readonly string[]
  readonly origin?: string
  readonly signOut?: boolean
  readonly sync?: string
  readonly write?: string | readonly string[]
}

/** Exit codes, as docs/guide/check.md has them. */
const REFUSED = 1
export const UNCHECKED = 2

export function checkCommand(cli: CAC): void {
  cli
    .command('check', 'Check a rules file, and with --probe a running backend: each finding with what would change it')
    .option(...CONFIG)
    .option('--files <folder>', 'A built app: also says which of its documents its pages have offline, or could have')
    .option(...BASE)
    .option('--json', 'Print one JSON document in place of lines')
    .option(
      '--probe <url>',
      'A running backend, which is asked by GET alone (but for --sync, --write and --sign-out), for example http://localhost:3000',
    )
    .option('--url <path>', 'An address for the probe, for example /api/items/7. May be given several times')
    .option(
      '--header <field>',
      "A field of the probe's requests: 'Authorization: Bearer …'. May be given several times",
    )
    .option('--as <field>', 'The same of a second user, in place of those of --header. May be given several times')
    .option('--origin <url>', 'Where the pages are served from, if not by the backend: the probe looks at CORS')
    .option('--sign-out', 'Where rules keep dictionaries until sign-out: sends it by --header, which ends that session')
    .option(
      '--sync <path>',
      "Asks what clients rely on in /sync, too: '/sync?entities=products'. Compare is a POST that reads",
    )
    .option(
      '--write <request>',
      'Performs a write that a rule queues, three times with one key: \'POST /api/sales {"amount":1}\'. Several times too',
    )
    .action(check)
}

async function check(flags: CheckFlags): Promise<void> {
  const { json = false } = flags
  if (json) {
    // A rules file that says something must not say it into the document.
    console.log = console.info = console.debug = console.error
  }
  let file: string | undefined
  tellOfIdleBase(flags)
  if (flags.probe === undefined) {
    const { url, header, as, origin, write } = flags
    const given = { '--url': url, '--header': header, '--as': as, '--origin': origin, '--write': write }
    tellOfIdle(
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value !== undefined])),
      'without --probe',
    )
  }
  try {
    file = configOf(flags)
    const report = await reportOf(file, flags)
    if (json) printDocument(report)
    else printLines(report)
    if (!report.ok) process.exitCode = REFUSED
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (json) printDocument({ file: file ?? null, ok: false, error: message, problems: [], warnings: [], hints: [] })
    else console.error(`${pc.red('freshlayer')} ${message}`)
    process.exitCode = UNCHECKED
  }
}

/**
 * Prints what the check says of a rules file, and of its shell where the built app is given; whether it may be used.
 *
 * @param kept which files of the built app are kept. Default: all of the app.
 */
export async function isAccepted(flags: RulesFlags, kept?: readonly string[]): Promise<boolean> {
  const report = await reportOf(configOf(flags), flags, kept)
  printLines(report)
  return report.ok
}

/** One finding. Those of the rules file have a place in it. */
interface Said {
  /** The option: `routes[2].fresh`. */
  readonly place?: string
  readonly given?: string
  readonly expected?: string
  /** The closest spelling that would be right. */
  readonly nearest?: string
  /** The whole as one line. */
  readonly message: string
}

/** What the check says. As JSON it is what docs/guide/check.md describes. */
interface Report {
  readonly file: string
  /** No problem: the rules may be used. */
  readonly ok: boolean
  readonly problems: readonly Said[]
  readonly warnings: readonly Said[]
  readonly hints: readonly Said[]
  /** Only with `--probe`. */
  readonly probe?: ProbeReport
}

interface Unchecked extends Omit<Report, 'file'> {
  /** Null where none was found. */
  readonly file: string | null
  /** Why nothing could be checked. */
  readonly error: string
}

type ProbeReport = Pick<Probed, 'origin' | 'findings'> & {
  readonly asked: readonly (Omit<Probed['asked'][number], 'route'> & {
    /** The place of the rule that covers the address, and its name; null: none does. */
    readonly rule: { readonly place: string; readonly name: string } | null
  })[]
  readonly unasked: readonly { readonly place: string; readonly pattern: string; readonly why: string }[]
}

async function reportOf(file: string, flags: CheckFlags, kept?: readonly string[]): Promise<Report> {
  const { config: checked, problems, warnings } = await loadConfig(file)
  if (problems.length > 0)
    return { file, ok: false, problems: problems.map(saidOf), warnings: warnings.map(saidOf), hints: [] }
  // What has no problem is a config.
  const config = checked as Config
  const shells = await proposeShell(config, flags.files, { base: pathOf(flags.base), files: kept })
  const copies = await otherCopiesWarning(process.cwd())
  const hint = tenantHint(config)
  const asked = flags.probe === undefined ? undefined : await probed(config, flags.probe, flags)
  return {
    file,
    ok: asked === undefined || ![...asked.findings, ...asked.asked.flatMap(({ findings }) => findings)].some(isProblem),
    problems: [],
    warnings: [
      ...warnings.map(saidOf),
      ...shells.map((message) => ({ place: 'shell', message })),
      ...(copies === undefined ? [] : [{ message: copies }]),
    ],
    hints: hint === undefined ? [] : [{ place: 'identity', message: hint }],
    ...(asked && { probe: asked }),
  }
}

const isProblem = ({ severity }: { readonly severity: string }): boolean => severity === 'problem'

const saidOf = (problem: Problem): Said => {
  const { path: place, ...rest } = problem
  return { place, ...rest, message: formatProblem(problem) }
}

async function probed(config: Config, backend: string, flags: CheckFlags): Promise<ProbeReport> {
  const { url, header, as, origin, sync, signOut = false } = flags
  const rules = compileRules(config)
  const options: ProbeOptions = {
    backend,
    urls: [...feedOf(config), ...listOf(url)],
    headers: listOf(header),
    pages: origin,
    signOut,
    sync,
    writes: listOf(flags.write),
    ...(as !== undefined && { others: listOf(as) }),
  }
  const { asked, unasked, ...found } = await probe(rules, options)
  const placeOf = (index: number): string => `routes[${index}]`
  return {
    ...found,
    asked: asked.map(({ route, ...answer }) => ({
      ...answer,
      rule: route === undefined ? null : { place: placeOf(route), name: rules.routes[route]?.name ?? '' },
    })),
    unasked: unasked.map(({ rule, pattern, why }) => ({ place: placeOf(rule.index), pattern, why })),
  }
}

/** The path of the rules' feed, where the backend itself has it: a proxy may hold it back. */
const feedOf = ({ push }: Config): string[] =>
  push?.via !== 'websocket' && push?.url.startsWith('/') ? [push.url] : []

/** A flag that may be given once or several times. A value that looks like a number is read as one. */
const listOf = (given: unknown): string[] => (given === undefined ? [] : [given].flat().map(String))

const printDocument = (report: Report | Unchecked): void =>
  void process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)

function printLines({ file, problems, warnings, hints, probe: answers }: Report): void {
  for (const { message } of warnings) console.log(`${pc.yellow('warning')} ${message}`)
  for (const { message } of hints) console.log(`${pc.cyan('hint')} ${message}`)
  for (const { message } of problems) console.error(`${pc.red('refused')} ${message}`)
  const count = warnings.length
  const verdict = count === 0 ? pc.green('fine') : `accepted with ${count} warning${count > 1 ? 's' : ''}`
  if (problems.length === 0) console.log(`${file}: ${verdict}`)
  if (answers !== undefined) printProbe(answers)
}

const MARKS = { problem: pc.red('refused'), warning: pc.yellow('warning'), hint: pc.cyan('hint') }

/** All on one stream, so that the lines keep their order. */
function printProbe({ origin, asked, unasked, findings }: ProbeReport): void {
  for (const { url, status, rule, protocol = false, findings: found } of asked) {
    const covered = protocol ? 'asked by the worker' : rule === null ? 'no rule covers it' : `rule '${rule.name}'`
    const method = /\/(?:compare|rows)$/.test(url) && protocol ? 'POST' : 'GET'
    const fine = found.length === 0 ? `: ${pc.green('fine')}` : ''
    console.log(`\n${pc.bold(`${method} ${url}`)} ${status ?? 'no answer'}, ${covered}${fine}`)
    for (const { severity, message } of found) console.log(`  ${MARKS[severity]} ${message}`)
  }
  if (unasked.length > 0) console.log(`\n${pc.bold('not asked')}`)
  for (const { place, pattern, why } of unasked) console.log(`  ${place} ${pattern}: ${why}`)
  if (findings.length > 0) console.log('')
  for (const { severity, message } of findings) console.log(`${MARKS[severity]} ${message}`)
  const count = findings.length + asked.flatMap((answer) => answer.findings).length
  const verdict =
    count === 0 ? pc.green('fine') : `${count} to look at, see docs/guide/backends.md and docs/guide/check.md`
  console.log(`\n${origin}: ${asked.length} ${asked.length === 1 ? 'address' : 'addresses'} asked, ${verdict}`)
}

import { checkConfig, type Config, formatProblem, type Problem } from '../../config/language/index.ts'
import { isThisMachine } from '../../config/this-machine.ts'
import { envelope, type Verdict } from '../protocol.ts'
import type { Parts } from './main.ts'
import { report } from './report.ts'
import { scope, worker } from './scope.ts'
import { shared } from './shared-parts.ts'
import { isStalled, onClose, promisifyRequest } from './store/database.ts'

/** The rules of an app without a build: a script beside the worker's own. */
const RULES_FILE = 'freshlayer.rules.js'

/** The parts that only some rules need: scripts beside the worker's own, so that other rules do without their bytes. */
const COLLECTIONS_FILE = 'freshlayer-collections.js'
const OUTBOX_FILE = 'freshlayer-outbox.js'
const COPIED = 'the script of this version that `freshlayer copy` puts beside the worker'

/** How the rules' script says them. */
const FORM = 'self.freshlayerRules = { "version": "1", "identity": "none", "routes": [] }'

declare const self: { readonly freshlayerRules?: unknown }

/**
 * Loads the rules that lie beside the worker's script, and checks them as a build does. A browser that looks for an update
 * compares this file too, so an edit of it is an update. Wrong rules keep this worker from being installed: the worker
 * before stays, or none. The open pages are told why, as one line.
 *
 * @param then starts the layer with rules that have passed the check, and the parts that they need.
 */
export function withRulesFile(then: (config: Config, parts: Pick<Parts, 'collectionsOf' | 'outboxOf'>) => void): void {
  try {
    worker.importScripts(RULES_FILE)
  } catch (error) {
    return refuse(() => faultOf(RULES_FILE, `a script beside the worker's own: ${FORM}`, error))
  }
  const { problems, warnings } = checkConfig(self.freshlayerRules, RULES_FILE, FORM)
  if (problems.length > 0) return refuse(() => Promise.resolve(listed(problems)))
  // What has no problem is a config.
  const config = self.freshlayerRules as Config
  const files = [
    ...(config.collections === undefined ? [] : [COLLECTIONS_FILE]),
    ...(config.writes?.some(({ offline }) => offline === 'queue') === true ? [OUTBOX_FILE] : []),
  ]
  Object.assign(shared, { promisifyRequest, onClose, isStalled })
  for (const file of files) {
    try {
      worker.importScripts(file)
    } catch (error) {
      return refuse(() => faultOf(file, COPIED, error))
    }
  }
  const { collectionsOf, outboxOf } = shared
  then(config, { collectionsOf, outboxOf })
  if (warnings.length > 0 && isThisMachine(worker.location)) {
    const why = listed(warnings)
    worker.addEventListener('install', (event) => event.waitUntil(tell({ why, isRefused: false })))
  }
}

const listed = (problems: readonly Problem[]): string =>
  problems.map((each) => (each.path === RULES_FILE ? '' : `${RULES_FILE}: `) + formatProblem(each)).join('\n')

/** Keeps this worker from being installed. */
function refuse(reason: () => Promise<string>): void {
  worker.addEventListener('install', (event) => {
    const refused = async (): Promise<never> => {
      const why = await reason()
      await tell({ why, isRefused: true })
      throw new Error(why)
    }
    event.waitUntil(refused())
  })
}

/** Tells the pages in the worker's scope. Where there is none the worker's own console has it. */
async function tell(verdict: Verdict): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const ours = pages.filter(({ url }) => new URL(url).pathname.startsWith(scope()))
  for (const page of ours) page.postMessage(envelope({ say: 'rules', ...verdict }))
  if (ours.length === 0) report('rules', verdict.why)
}

/** Why the script could not be loaded, or not be run. */
async function faultOf(file: string, expected: string, error: unknown): Promise<string> {
  if (error instanceof DOMException && error.name === 'NetworkError') {
    const answer = await fetch(file, { cache: 'no-store' }).catch(() => undefined)
    const type = answer?.headers.get('content-type') ?? 'no type'
    const given = answer === undefined ? 'no answer' : answer.ok ? `a file of ${type}` : `a ${answer.status}`
    return `${file}: ${given} given, expected ${expected}`
  }
  const { message, lineno, colno } = await uncaught(file)
  return `${file}:${lineno}:${colno}: '${message || String(error)}' given, expected ${expected}`
}

/** Loads the script once more. Only an uncaught error says at which line it is. */
const uncaught = (file: string): Promise<Pick<ErrorEvent, 'message' | 'lineno' | 'colno'>> =>
  new Promise((resolve) => {
    worker.addEventListener('error', resolve, { once: true })
    setTimeout(() => {
      worker.importScripts(file)
      // It can be loaded after all, as when the file was mended meanwhile.
      resolve({ message: '', lineno: 0, colno: 0 })
    })
  })

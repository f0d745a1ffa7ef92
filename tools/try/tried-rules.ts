import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Config, IdentifiedBy } from '../../config/language/index.ts'
import { OWN } from './own-address.ts'
import { USER_FIELD } from './user-field.ts'

/** Rules that are tried. */
export interface TriedRules {
  /** The rules file, as the user has named it. */
  readonly file: string
  readonly config: Config
}

/** The rules file of the worker. */
interface WorkerRules {
  /** Absolute. */
  readonly file: string
  /** Whether the proxy names the user of each answer, in place of the page. */
  readonly isUserNamed: boolean
  readonly end: () => Promise<void>
}

/** Where the proxy itself says who the user of a request is. */
const PROBE = `${OWN}user`

/**
 * The rules file to build the worker from. An app as it is does not call `identify()`. Where the rules identify users so, the
 * proxy names them by the session's cookies, which it sees, and the worker's rules identify by `'echo'`: a file outside of
 * the project has the given rules with that identity.
 */
export async function workerRules({ file, config }: TriedRules): Promise<WorkerRules> {
  const identity = config.identity === 'none' ? undefined : identityByProxy(config.identity)
  if (identity === undefined) return { file: resolve(file), isUserNamed: false, end: () => Promise.resolve() }
  const folder = await mkdtemp(join(tmpdir(), 'freshlayer-try-'))
  const own = join(folder, 'freshlayer.config.mjs')
  const from = JSON.stringify(resolve(file))
  const source = `import rules from ${from}\nexport default { ...rules, identity: { ...rules.identity, ...${JSON.stringify(identity)} } }\n`
  await writeFile(own, source)
  return { file: own, isUserNamed: true, end: () => rm(folder, { recursive: true, force: true }) }
}

/** What the rules' identity is replaced by where it leaves the naming to the page; undefined: it does not. */
function identityByProxy({ by }: IdentifiedBy): Partial<IdentifiedBy> | undefined {
  if (!by.includes('identify') || by.includes('echo')) return undefined
  const rest = by.filter((way) => way !== 'identify')
  return { by: [...rest, 'echo'], echo: USER_FIELD, probe: PROBE }
}

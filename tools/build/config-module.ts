import { relative, resolve } from 'node:path'
import { inspect } from 'node:util'
import type { Plugin } from 'rolldown'
import { type Config, compileRules, formatProblem } from '../../config/language/index.ts'
import { CacheError, configRefused } from '../../sw/core/cache-error.ts'
import { type Defines, loadConfig } from '../rules/load-config.ts'
import { rulesModule } from '../rules/rules-source.ts'
import { sourcePath } from '../files/source-path.ts'

const ID = 'virtual:freshlayer/rules'
const RESOLVED = `\0${ID}`

/**
 * Gives the worker's entry the app's rules: checked and compiled here, so that the worker carries neither the check nor
 * the compiler, and only what these rules use. A wrong rule ends the build and says where it is and what was meant.
 */
export function configModule(file: string, define?: Defines): Plugin {
  const path = resolve(file)
  return {
    name: 'freshlayer:rules',
    resolveId: (id) => (id === ID ? RESOLVED : undefined),
    // The caller has printed the warnings.
    load: async (id) =>
      id === RESOLVED ? moduleSource(await acceptedConfig(path, () => undefined, define), path) : undefined,
  }
}

/**
 * The config of a rules file that the check accepts. Its warnings are told.
 *
 * @throws CacheError `config-refused`, without a stack, which would hide the message: the mistake is in the rules.
 */
export async function acceptedConfig(path: string, tell: (warning: string) => void, define?: Defines): Promise<Config> {
  const { config, problems, warnings } = await loadConfig(path, define)
  const name = relative(process.cwd(), path)
  for (const warning of warnings) tell(`${name}: ${formatProblem(warning)}`)
  // The check has let the config pass, so it is one.
  if (problems.length === 0) return config as Config
  const error = new CacheError(configRefused, { file: name, problems: problems.map(formatProblem) })
  error.stack = error.message
  // Vite prints what it inspects.
  throw Object.defineProperty(error, inspect.custom, { value: () => error.message })
}

/** A part of the worker by its export, and the file below `sw/worker` that it stands in. */
type Part = readonly [name: string, module: string]

function moduleSource(config: Config, path: string): string {
  const rules = compileRules(config)
  const { routes, writes, navigation, kill, push } = rules
  // What makes tags of messages runs in pages.
  const { push: _, ...inWorker } = config
  const isPersonal = rules.identity !== 'none'
  // `Cache-Control` of what becomes a dictionary is the browser's; what the backend says is in the layer's own field.
  const readsHttp = routes.some(({ fresh, dictionary = false }) => fresh === 'http' || dictionary !== false)
  const usedBy = (isUsed: boolean, ...part: Part): Part[] => (isUsed ? [part] : [])
  const identity: Part = isPersonal
    ? ['identified as identity', 'identity/identified']
    : ['everyone as identity', 'identity/everyone']
  const parts = [
    identity,
    // Where no freshness is left to HTTP nothing asks for structured fields, nor carries their parser.
    ...usedBy(readsHttp, 'structured', 'requests/structured'),
    ...usedBy(
      routes.some(({ ranges }) => ranges),
      'ranges',
      'requests/ranges',
    ),
    ...usedBy(
      routes.some(({ reads }) => reads === 'graphql'),
      'isQuery',
      'requests/graphql',
    ),
    ...usedBy(
      routes.some(({ ignoreInDiff = [] }) => ignoreInDiff.length > 0),
      'compared',
      'requests/compared',
    ),
    ...usedBy(
      writes.some(({ stores }) => stores),
      'postAnswers',
      'requests/post-answers',
    ),
    ...usedBy(
      writes.some(({ ofAnswer }) => ofAnswer !== undefined),
      'tagsOfAnswer',
      '../fetch/answer-tags',
    ),
    ...usedBy(
      routes.some(({ pollMs }) => pollMs !== undefined),
      'polling',
      'requests/polling',
    ),
    ...usedBy(
      routes.some(({ versions }) => versions !== undefined),
      'VersionedSender',
      'requests/versions',
    ),
    ...usedBy(push === true, 'hintsOf', 'messages/hints'),
    ...usedBy(rules.collections !== undefined, 'collectionsOf', 'collections/collections'),
    ...usedBy(rules.outbox !== undefined, 'outboxOf', 'outbox/outbox'),
    ...usedBy(
      // A key that the backend does not keep for ever may be forgotten.
      writes.some(({ queue }) => queue?.witness !== undefined && queue.idempotency?.keepsFor !== Infinity),
      'witness',
      'outbox/witness-part',
    ),
    ...usedBy(
      writes.some(({ queue }) => queue?.places.some(({ target }) => target === 'row')),
      'conflicts',
      'outbox/conflict-part',
    ),
    ...usedBy(
      writes.some(({ queue }) => queue?.coalesces),
      'mergedIn',
      'outbox/coalescing',
    ),
    ...usedBy(rules.outbox?.batch !== undefined, 'batchesOf', 'outbox/batches'),
    ...usedBy(rules.outbox?.records === true, 'records', 'outbox/records'),
    ...usedBy(rules.outbox !== undefined && rules.outbox.marks !== false, 'rowMarks', 'outbox/row-marks'),
  ]
  const lifecycle = [
    ...usedBy(navigation.pages !== undefined, 'pagesBy', 'lifecycle/pages'),
    ...usedBy(
      routes.some(({ race }) => race),
      'racesOf',
      'lifecycle/races',
    ),
  ]
  const start: Part = kill === undefined ? ['start', 'main'] : ['startKillable as start', 'kill']
  return [
    rulesModule(rules, inWorker, path),
    ...[...parts, ...lifecycle].map((part) => `import ${takenFrom(part)}`),
    `export ${takenFrom(start)}`,
    `export const parts = { ${namesOf(parts)} }`,
    `export const lifecycle = { ${namesOf(lifecycle)} }`,
  ].join('\n')
}

const takenFrom = ([name, module]: Part): string =>
  `{ ${name} } from ${JSON.stringify(sourcePath(`sw/worker/${module}`))}`

const namesOf = (parts: readonly Part[]): string => parts.map(([name]) => name.split(' ').at(-1)).join(', ')

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

function moduleSource(config: Config, path: string): string {
  const rules = compileRules(config)
  const isPersonal = rules.identity !== 'none'
  const readsHttp = rules.routes.some(({ fresh }) => fresh === 'http')
  const part = (name: string, module: string, isUsed: boolean, as = name): string =>
    isUsed
      ? `export { ${name}${as === name ? '' : ` as ${as}`} } from ${JSON.stringify(sourcePath(`sw/worker/${module}`))}`
      : `export const ${as} = undefined`
  return [
    rulesModule(rules, config, path),
    isPersonal
      ? part('identified', 'identity/identified', true, 'identity')
      : part('everyone', 'identity/everyone', true, 'identity'),
    // Where no freshness is left to HTTP nothing asks for structured fields, nor carries their parser.
    part('structured', 'requests/structured', readsHttp),
    part(
      'ranges',
      'requests/ranges',
      rules.routes.some(({ ranges }) => ranges),
    ),
    part(
      'isQuery',
      'requests/graphql',
      rules.routes.some(({ reads }) => reads === 'graphql'),
    ),
    part(
      'postAnswers',
      'requests/post-answers',
      rules.writes.some(({ stores }) => stores),
    ),
    part('collectionsOf', 'collections/collections', rules.collections !== undefined),
    part('pagesBy', 'lifecycle/pages', rules.navigation.pages !== undefined),
    part(
      'racesOf',
      'lifecycle/races',
      rules.routes.some(({ race }) => race),
    ),
    rules.kill === undefined ? part('start', 'main', true) : part('startKillable', 'kill', true, 'start'),
  ].join('\n')
}

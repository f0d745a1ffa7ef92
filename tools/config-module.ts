import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import type { Plugin } from 'vite'
import { type Config, compileRules, formatProblem } from '../config/language/index.ts'
import { CacheError, configRefused } from '../sw/core/cache-error.ts'
import { loadConfig } from './load-config.ts'
import { rulesModule } from './rules-source.ts'

const ID = 'virtual:freshlayer/rules'
const RESOLVED = `\0${ID}`
const WORKER = fileURLToPath(new URL('../sw/worker/', import.meta.url))

/**
 * Gives the worker's entry the app's rules: checked and compiled here, so that the worker carries neither the check nor
 * the compiler, and only what these rules use. A wrong rule ends the build and says where it is and what was meant.
 *
 * @param warns whether to print the warnings of the check. Default: no, because the caller has printed them.
 */
export function configModule(file: string, { warns = false } = {}): Plugin {
  let path = file
  return {
    name: 'freshlayer:rules',
    enforce: 'pre',
    configResolved(config) {
      path = resolve(config.root, file)
    },
    resolveId: (id) => (id === ID ? RESOLVED : undefined),
    async load(id) {
      if (id !== RESOLVED) return undefined
      this.addWatchFile(path)
      return moduleSource(await acceptedConfig(path, (warning) => warns && this.warn(warning)), path)
    },
  }
}

/**
 * The config of a rules file that the check accepts. Its warnings are told.
 *
 * @throws CacheError `config-refused`, without a stack, which would hide the message: the mistake is in the rules.
 */
export async function acceptedConfig(path: string, tell: (warning: string) => void): Promise<Config> {
  const { config, problems, warnings } = await loadConfig(path)
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
  return [
    rulesModule(rules, config, path),
    isPersonal
      ? `export { identified as identity } from ${JSON.stringify(`${WORKER}identity/identified.ts`)}`
      : `export { everyone as identity } from ${JSON.stringify(`${WORKER}identity/everyone.ts`)}`,
    // Where no freshness is left to HTTP nothing asks for structured fields, nor carries their parser.
    readsHttp
      ? `export { structured } from ${JSON.stringify(`${WORKER}requests/structured.ts`)}`
      : 'export const structured = undefined',
    rules.routes.some(({ ranges }) => ranges)
      ? `export { ranges } from ${JSON.stringify(`${WORKER}requests/ranges.ts`)}`
      : 'export const ranges = undefined',
    rules.routes.some(({ reads }) => reads === 'graphql')
      ? `export { isQuery } from ${JSON.stringify(`${WORKER}requests/graphql.ts`)}`
      : 'export const isQuery = undefined',
    rules.writes.some(({ stores }) => stores)
      ? `export { postAnswers } from ${JSON.stringify(`${WORKER}requests/post-answers.ts`)}`
      : 'export const postAnswers = undefined',
    rules.navigation.pages === undefined
      ? 'export const pagesBy = undefined'
      : `export { pagesBy } from ${JSON.stringify(`${WORKER}lifecycle/pages.ts`)}`,
    rules.routes.some(({ race }) => race)
      ? `export { racesOf } from ${JSON.stringify(`${WORKER}lifecycle/races.ts`)}`
      : 'export const racesOf = undefined',
    rules.kill === undefined
      ? `export { start } from ${JSON.stringify(`${WORKER}main.ts`)}`
      : `export { startKillable as start } from ${JSON.stringify(`${WORKER}kill.ts`)}`,
  ].join('\n')
}

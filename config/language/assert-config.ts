import { CacheError, configRefused } from '../../sw/core/cache-error.ts'
import { formatProblem, isRecord, problem, type Problem } from './kind.ts'
import { configKind } from './option-kinds.ts'

/**
 * The problems that prevent a config from being compiled. Never throws.
 *
 * @param file the path when the value is no object.
 * @param form how that file has to give its config.
 */
export function configProblems(config: unknown, file: string, form = MODULE): Problem[] {
  if (!isRecord(config) || config instanceof Promise) return [problem(file, config, form)]
  const problems: Problem[] = []
  configKind(config, '', problems)
  return problems
}

const MODULE = 'export default defineConfig({ version, identity, routes })'

/**
 * Throws unless the config can be compiled. Runs at a worker's start, so it is quick and small. `checkConfig` finds the
 * other problems that a build refuses.
 *
 * @throws CacheError `config-refused`, with every problem
 */
export function assertConfig(config: unknown, file: string): void {
  const problems = configProblems(config, file)
  if (problems.length > 0) throw new CacheError(configRefused, { file, problems: problems.map(formatProblem) })
}

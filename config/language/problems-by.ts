import { CacheError, configRefused } from '../../sw/core/cache-error.ts'
import { formatProblem, isRecord, type Kind, problem, type Problem } from './kind.ts'

/** How a module of rules gives its config. */
export const MODULE = 'export default defineConfig({ version, identity, routes })'

/**
 * What is wrong with a config by this check. Never throws.
 *
 * @param file the path when the value is no object.
 * @param form how that file has to give its config.
 */
export function problemsBy(check: Kind, config: unknown, file: string, form = MODULE): Problem[] {
  if (!isRecord(config) || config instanceof Promise) return [problem(file, config, form)]
  const problems: Problem[] = []
  check(config, '', problems)
  return problems
}

/** @throws CacheError `config-refused`, with every problem, if there is any. */
export function refuse(problems: readonly Problem[], file: string): void {
  if (problems.length > 0) throw new CacheError(configRefused, { file, problems: problems.map(formatProblem) })
}

import { CacheError, configRefused } from '../../sw/core/cache-error.ts'
import { formatProblem, isRecord, problem, type Problem } from './kind.ts'
import { configKind } from './option-kinds.ts'

/** What keeps a config from being understood. `file` names the place when it is no config at all. Never throws. */
export function configProblems(config: unknown, file: string): Problem[] {
  if (!isRecord(config)) return [problem(file, config, 'export default defineConfig({ version, identity, routes })')]
  const problems: Problem[] = []
  configKind(config, '', problems)
  return problems
}

/**
 * Lets a config pass that may be compiled. For the start of a worker: quick, and small enough to be part of it. What a
 * build refuses besides is `checkConfig`'s.
 *
 * @throws CacheError `config-refused`, with every problem in it
 */
export function assertConfig(config: unknown, file: string): void {
  const problems = configProblems(config, file)
  if (problems.length > 0) throw new CacheError(configRefused, { file, problems: problems.map(formatProblem) })
}

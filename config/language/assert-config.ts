import { configKind } from './config-kind.ts'
import type { Problem } from './kind.ts'
import { MODULE, problemsBy, refuse } from './problems-by.ts'

/**
 * The problems that prevent a config from being compiled. Never throws.
 *
 * @param file the path when the value is no object.
 * @param form how that file has to give its config.
 */
export const configProblems = (config: unknown, file: string, form = MODULE): Problem[] =>
  problemsBy(configKind, config, file, form)

/**
 * Throws unless the config can be compiled. Runs at a worker's start, so it is quick and small. `checkConfig` finds the
 * other problems that a build refuses.
 *
 * @throws CacheError `config-refused`, with every problem
 */
export function assertConfig(config: unknown, file: string): void {
  refuse(configProblems(config, file), file)
}

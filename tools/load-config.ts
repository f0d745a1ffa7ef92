import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runnerImport } from 'vite'
import { checkConfig, type Problem } from '../config/language/index.ts'

export interface Checked {
  readonly config: unknown
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/**
 * A rules file, evaluated here as it will be in the worker, and what the check says of it.
 *
 * @throws whatever the file throws, and when it is no ES module or has no default export.
 */
export async function loadConfig(file: string): Promise<Checked> {
  const path = resolve(file)
  if (!existsSync(path)) throw new Error(`${file} is not there: name the rules file with --config`)
  const { module } = await runnerImport<{ default?: unknown }>(pathToFileURL(path).href, { configFile: false }).catch(
    (error: unknown) => {
      throw isOfCommonJs(error)
        ? new Error(
            `${file}, or a file that it imports, is a CommonJS module: write import, and export default defineConfig({ … })`,
          )
        : error
    },
  )
  if (module.default === undefined) throw new Error(`${file} has no default export: export default defineConfig({ … })`)
  return { config: module.default, ...checkConfig(module.default, file) }
}

const isOfCommonJs = (error: unknown): boolean =>
  error instanceof Error && /^(module|exports|require) is not defined/.test(error.message)

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { findConfig } from '../rules/find-config.ts'

/** The flags of each command that reads a rules file. */
export interface RulesFlags {
  readonly config?: string | undefined
  readonly files?: string | undefined
  readonly base?: string | undefined
}

export const CONFIG = ['--config <file>', 'The rules file. Default: freshlayer.config.ts here or in config/'] as const
export const BASE = ['--base <path>', 'The path at which these files are served, for example /static/'] as const
export const DRY_RUN = ['--dry-run', 'Say what would be written, and write nothing'] as const

/** The rules file that the flags name, else the one of this folder. */
export const configOf = ({ config }: RulesFlags): string => config ?? findConfig(process.cwd())

/**
 * The path of `--base`, with a slash at its end.
 *
 * @throws where it is no path.
 */
export function pathOf(base: string | undefined): string | undefined {
  if (base === undefined) return undefined
  if (!/^\/(?!\/)[^?#\s]*$/.test(base))
    throw new Error(`--base is ${base}: give a path that begins with /, such as /static/`)
  return base.endsWith('/') ? base : `${base}/`
}

/**
 * Keeps `--out` from failing when all the work is done.
 *
 * @throws where the file is there and may not be written over, or its folder is not there.
 */
export function expectOut(out: string, force: boolean): void {
  if (existsSync(out) && !force) throw new Error(`${out} is there already: name another file, or add --force`)
  if (!existsSync(dirname(out))) throw new Error(`${out} is in no folder that is there: make ${dirname(out)} first`)
}

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

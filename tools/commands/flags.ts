import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import pc from 'picocolors'
import { NEXT, reasonOf } from '../build/apply.ts'
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

/**
 * Names options that were given and do nothing without another one. The command goes on: what was asked for is still done.
 *
 * @param idle names of options as the command line writes them, and whether each was given.
 * @param without what they need: `without --probe`.
 */
export function tellOfIdle(idle: Readonly<Record<string, boolean>>, without: string): void {
  const names = Object.keys(idle).filter((name) => idle[name])
  if (names.length === 0) return
  const listed = names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  // What a command prints may be for another program.
  console.error(`${pc.yellow('note')} ${listed} ${names.length === 1 ? 'does' : 'do'} nothing ${without}`)
}

/** The same for what goes with a folder of files. */
export function tellOfIdleBase({ base, files }: RulesFlags): void {
  if (files === undefined) tellOfIdle({ '--base': base !== undefined }, 'without --files')
}

/** The rules file that the flags name, else the one of this folder. */
export const configOf = ({ config }: RulesFlags): string => config ?? findConfig(process.cwd())

/** A glob as the command line gives it, or several. What looks like a number has been made one. */
export type GivenGlobs = string | number | readonly (string | number)[] | undefined

/** The globs of an option that may be repeated; undefined: it was not given. */
export const globsOf = (given: GivenGlobs): readonly string[] | undefined =>
  // An empty text has been made 0.
  given === undefined ? undefined : [given].flat().map((each) => (each === 0 ? '' : String(each)))

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
 * @throws where the file is there and may not be written over, its folder is not there, or the system lets nothing be
 * written there.
 */
export function expectOut(out: string, force: boolean): void {
  if (isFolder(out)) throw new Error(`${out} is a folder: name a file in it`)
  if (existsSync(out) && !force) throw new Error(`${out} is there already: name another file, or add --force`)
  if (!isFolder(dirname(out))) throw new Error(`${out} is in no folder that is there: make ${dirname(out)} first`)
  // Only writing finds out: for the superuser the system always says that it may.
  const trial = out + NEXT
  try {
    writeFileSync(trial, '')
    rmSync(trial)
  } catch (error) {
    throw new Error(`${out} may not be written (${reasonOf(error)}): name another file`, { cause: error })
  }
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()

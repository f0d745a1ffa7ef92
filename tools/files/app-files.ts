import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { glob } from 'tinyglobby'
import { HASHED_NAME } from '../../sw/core/hashed-name.ts'
import { inLanes } from './in-lanes.ts'

/** One of the app's files, as the worker's list of them has it. */
export interface FileEntry {
  /** Relative to the worker, or absolute. */
  readonly url: string
  /** Changes with the content; null when the name contains a hash of it. */
  readonly revision: string | null
}

/** What of a built app is kept for offline use unless its rules' build says otherwise. */
export const APP_FILES = ['**/*.{js,css,html,svg,ico,woff2,webmanifest}']

/** Of the whole disk, of another drive, or above the folder. */
const OUTSIDE = /^!?(?:[/\\]|[a-z]:)|(?:^!?|[/\\,{])\.\.(?:[/\\]|$)/i

/**
 * The files of a built app that are kept for offline use: paths relative to its folder, with `/`, sorted.
 *
 * @param ignored paths that are none of them.
 * @throws where a glob is empty, or is of files outside of the folder.
 */
export async function filesOf(
  folder: string,
  globs: readonly string[],
  ignored: readonly string[] = [],
): Promise<string[]> {
  const wrong = globs.find((each) => each.trim() === '' || OUTSIDE.test(each))
  if (wrong !== undefined)
    throw new Error(`'${wrong}' names no files in ${folder}: give a glob below it, such as '*.ejs'`)
  const files = await glob([...globs], { cwd: folder, ignore: ['**/node_modules/**', ...ignored] })
  return files.toSorted()
}

/**
 * The list of files that a worker is built with. A file with a hash in its name needs no revision, and browsers with
 * static routing find it by its URL.
 *
 * @param options `base`: what goes before each path; default: nothing, and then the paths are relative to the worker.
 * `contents`: texts of files that are to be written yet; default: none.
 */
export async function manifestOf(
  folder: string,
  files: readonly string[],
  options: { readonly base?: string | undefined; readonly contents?: ReadonlyMap<string, string> } = {},
): Promise<FileEntry[]> {
  const { base = '', contents } = options
  return inLanes(files, async (file) => ({
    url: base + asUrl(file),
    revision: HASHED_NAME.test(file) ? null : digestOf(contents?.get(file) ?? (await readFile(join(folder, file)))),
  }))
}

const asUrl = (file: string): string => encodeURI(file).replaceAll(/[#?]/g, encodeURIComponent)

const digestOf = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex').slice(0, 32)

/** Files of the app's root before those of its parts. */
export const byDepth = (one: string, other: string): number =>
  one.split('/').length - other.split('/').length || (one < other ? -1 : 1)

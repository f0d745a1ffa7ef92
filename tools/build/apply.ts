import { copyFile, link, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A file that is written, or deleted where it has no text. */
export interface Change {
  /** From the folder, with `/`. */
  readonly file: string
  readonly text: string | undefined
  /** Default: UTF-8. */
  readonly encoding?: 'utf8' | 'latin1' | 'utf16le' | undefined
}

/** The next text of a file is beside it while it is being replaced, by its name and this. */
export const NEXT = '.freshlayer-next'
/** So is what it was. */
const BEFORE = '.freshlayer-before'

/** A file, where it really lies: what a link names is replaced, and not the link. */
interface Place {
  readonly path: string
  readonly text: string | undefined
  /** Undefined: there is no such file yet. */
  readonly mode: number | undefined
}

/**
 * Carries changes out: all of them, or none.
 *
 * ```
 *   each new text is written beside its file ──► each takes its file's place ──► what was there is deleted
 *          │ fails: they are deleted                │ fails: what was there is put back
 * ```
 *
 * Nothing finds out beforehand what may be written: for the superuser the system always says that it may.
 *
 * @throws one line, where a file may not be written; then nothing has changed.
 */
export async function apply(folder: string, changes: readonly Change[]): Promise<void> {
  const places: Place[] = []
  const replaced: Place[] = []
  const made: string[] = []
  let at = folder
  try {
    for (const { file, text, encoding = 'utf8' } of changes) {
      at = join(folder, file)
      const place = await placeOf(at, text)
      places.push(place)
      if (text === undefined) continue
      made.push((await mkdir(dirname(place.path), { recursive: true })) ?? '')
      await writeFile(place.path + NEXT, text, { encoding, ...(place.mode === undefined ? {} : { mode: place.mode }) })
    }
    for (const place of places) {
      at = place.path
      if (place.mode !== undefined) await keep(place)
      replaced.push(place)
      if (place.text === undefined) await rm(place.path)
      else await rename(place.path + NEXT, place.path)
    }
  } catch (error) {
    for (const { path, mode } of replaced.toReversed()) {
      if (mode === undefined) await rm(path, { force: true, recursive: false }).catch(() => undefined)
      else await rename(path + BEFORE, path).catch(() => undefined)
    }
    for (const { path } of places) await rm(path + NEXT, { force: true }).catch(() => undefined)
    for (const path of made) if (path !== '') await rm(path, { recursive: true, force: true })
    throw new Error(`${at} may not be written (${reasonOf(error)}); nothing has been changed`, { cause: error })
  } finally {
    for (const { path } of places)
      for (const end of [NEXT, BEFORE]) await rm(path + end, { force: true }).catch(() => undefined)
  }
}

async function placeOf(path: string, text: string | undefined): Promise<Place> {
  const real = await realpath(path).catch(orAbsent)
  if (real === undefined) return { path, text, mode: undefined }
  const { mode } = await stat(real)
  return { path: real, text, mode }
}

/** Keeps what a file has, for as long as it may have to be put back. A second name takes no room, where there is one. */
async function keep({ path }: Place): Promise<void> {
  await rm(path + BEFORE, { force: true })
  await link(path, path + BEFORE).catch(() => copyFile(path, path + BEFORE))
}

function orAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}

/** Why the system has refused, by its code. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)

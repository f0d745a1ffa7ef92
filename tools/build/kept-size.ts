import { stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { APP_FILES, filesOf } from '../files/app-files.ts'
import { inLanes } from '../files/in-lanes.ts'
import { WORKER } from './own-worker.ts'

/** More than this is rarely meant. */
const MOST_FILES = 1000
const MOST_BYTES = 50_000_000

/**
 * What to say where a worker would keep very many files: each visitor downloads all of them when the worker is installed.
 *
 * @param option how fewer are named.
 */
export async function tellOfKept(
  folder: string,
  globs: readonly string[] = APP_FILES,
  option = "--keep index.html --keep 'assets/index-*.js'",
): Promise<string[]> {
  const files = await filesOf(folder, globs, [WORKER])
  const sized = await inLanes(files, async (file) => ({ file, size: (await stat(join(folder, file))).size }))
  const total = sized.reduce((sum, { size }) => sum + size, 0)
  if (files.length <= MOST_FILES && total <= MOST_BYTES) return []
  /** By the glob that has them. */
  const groups = new Map<string, { glob: string; files: number; bytes: number }>()
  for (const { file, size } of sized) {
    const [first = ''] = file.split('/')
    const glob = `${first === file ? '' : `${first}/**/`}*${extname(file)}`
    const { files: count, bytes } = groups.get(glob) ?? { files: 0, bytes: 0 }
    groups.set(glob, { glob, files: count + 1, bytes: bytes + size })
  }
  const largest = [...groups.values()]
    .filter(({ files: count, bytes }) => count > files.length / 20 || bytes > total / 20)
    .toSorted((one, other) => other.files - one.files)
    .slice(0, 5)
  const parts = largest.map(({ glob, files, bytes }) => `${glob} (${amount(files, bytes)})`)
  return [
    `${amount(files.length, total)} are kept for offline use, and each visitor downloads all of them: ` +
      `most are ${parts.join(', ')}. Name those that every visitor needs, such as ${option}`,
  ]
}

const amount = (files: number, bytes: number): string =>
  `${files.toLocaleString('en')} ${files === 1 ? 'file' : 'files'}, ${(bytes / 1_000_000).toFixed(1)} MB`

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { APP_FILES, filesOf } from './app-files.ts'
import type { Change } from './apply.ts'
import { workerScript } from './build-worker.ts'
import { assertOurs, WORKER } from './own-worker.ts'
import { PAGE_SCRIPT, pageScripts } from './page-script.ts'
import { baseOf, withoutTag, withTag } from './script-tag.ts'

export interface FolderOptions {
  /** The rules file. */
  readonly config: string
  /** The path at which the folder is served, with a slash at its end. Default: `<base href>` of its first document, or '/'. */
  readonly base?: string | undefined
}

/**
 * What puts the layer into a folder of built files, whatever has built it: the worker, which keeps the folder's files, the
 * page's script, and its tag in each document. Done twice it is the same as once. Nothing is written here.
 *
 * @throws where the folder has no document, or a worker that is not the layer's.
 */
export async function changesOf(folder: string, { config, base: given }: FolderOptions): Promise<Change[]> {
  await assertOurs(folder)
  const files = await filesOf(folder, APP_FILES, [WORKER])
  const documents = files.filter((file) => file.endsWith('.html'))
  if (documents.length === 0) throw new Error(`${folder} has no HTML file: name the folder that your build writes`)
  const scripts = await pageScripts()
  const read = await Promise.all(
    documents.map(async (file) => ({ file, html: await readFile(join(folder, file), 'utf8') })),
  )
  const base = given ?? baseOf(read[0]?.html ?? '') ?? '/'
  // A document stands in for pages of any path: a relative address would be another one in each.
  const tagged = read.map(({ file, html }) => ({ file, text: withTag(html, base + PAGE_SCRIPT) }))
  const changes = [...scripts, ...tagged]
  const contents = new Map(changes.map(({ file, text }) => [file, text]))
  const worker = await workerScript({ config, files: folder, base, contents }, join(folder, WORKER))
  return [...changes, { file: WORKER, text: worker }]
}

/**
 * What takes the layer out of a folder again. Browsers that have the worker keep it: `freshlayer kill` removes it there.
 *
 * @throws where the folder has a worker that is not the layer's.
 */
export async function undoingOf(folder: string): Promise<Change[]> {
  await assertOurs(folder)
  const documents = await filesOf(folder, ['**/*.html'])
  const bare = await Promise.all(
    documents.map(async (file) => {
      const html = await readFile(join(folder, file), 'utf8')
      const text = withoutTag(html)
      return text === html ? [] : [{ file, text }]
    }),
  )
  const scripts = await pageScripts()
  const ours = await filesOf(folder, [WORKER, ...scripts.map(({ file }) => file)])
  return [...bare.flat(), ...ours.map((file) => ({ file, text: undefined }))]
}

/** A line for each change: what becomes of the file, and what a browser downloads for it. */
export const report = (folder: string, changes: readonly Change[]): string[] =>
  changes.map(({ file, text }) => `  ${join(folder, file)}  ${text === undefined ? 'deleted' : sizeOf(text)}`)

const sizeOf = (text: string): string => `${(brotliCompressSync(text).length / 1000).toFixed(1)} kB brotli`

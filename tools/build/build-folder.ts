import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { APP_FILES, byDepth, filesOf } from '../files/app-files.ts'
import { expectFolder } from '../files/expect-folder.ts'
import type { Change } from './apply.ts'
import { workerScript } from './build-worker.ts'
import { readDocument } from './document-file.ts'
import { inLanes } from '../files/in-lanes.ts'
import { assertOurs, WORKER } from './own-worker.ts'
import { PAGE_SCRIPT, pageScripts } from './page-script.ts'
import { baseOf, MARK, withoutTag, withTag } from './script-tag.ts'

export interface FolderOptions {
  /** The rules file. */
  readonly config: string
  /** The path at which the folder is served, with a slash at its end. Default: what its documents say. */
  readonly base?: string | undefined
  /** Which of its files are documents: also templates that a server fills in. Default: all that end in `.html`. */
  readonly documents?: readonly string[] | undefined
  /** Which of its files the worker keeps. Default: scripts, styles, documents, icons and fonts. */
  readonly keep?: readonly string[] | undefined
}

/**
 * What puts the layer into a folder of built files, whatever has built it: the worker, which keeps the folder's files, the
 * page's script, and its tag in each document. Done twice it is the same as once. Nothing is written here.
 *
 * @throws where the folder has no document, or a worker that is not the layer's.
 */
export async function changesOf(
  folder: string,
  { config, base: given, documents: globs = DOCUMENTS, keep = APP_FILES }: FolderOptions,
): Promise<Change[]> {
  await assertOurs(folder)
  const documents = await filesOf(folder, globs)
  if (documents.length === 0) {
    const none = globs === DOCUMENTS ? 'no HTML file' : `no file ${globs.join(', ')}`
    throw new Error(
      `${folder} has ${none}: name the folder that your build writes. Where a server fills in a template, name that as well: --document index.ejs`,
    )
  }
  const base = given ?? (await servedAt(folder, globs))
  const scripts = await pageScripts()
  const tagged = await inLanes(documents, async (file) => {
    const { text, encoding } = await readDocument(join(folder, file))
    // A document stands in for pages of any path: a relative address would be another one in each.
    return { file, text: withTag(text, base + PAGE_SCRIPT), encoding }
  })
  const kept = new Set(await filesOf(folder, keep))
  const contents = new Map(
    [...scripts, ...tagged.filter(({ file }) => kept.has(file))].map(({ file, text }) => [file, text]),
  )
  const worker = await workerScript({ config, files: folder, globs: keep, base, contents }, join(folder, WORKER))
  return [...scripts, ...tagged, { file: WORKER, text: worker }]
}

const DOCUMENTS: readonly string[] = ['**/*.html']

/** The path at which a folder is served, as the `<base href>` of its first document says, the shallowest; '/' without one. */
export async function servedAt(folder: string, globs: readonly string[] = DOCUMENTS): Promise<string> {
  const documents = (await filesOf(folder, globs)).toSorted(byDepth)
  const [first] = documents.includes('index.html') ? ['index.html'] : documents
  return (first !== undefined && baseOf(await readFile(join(folder, first), 'utf8'))) || '/'
}

/**
 * What takes the layer out of a folder again. Browsers that have the worker keep it: `freshlayer kill` removes it there.
 *
 * @param globs which of its files are documents. Default: all that have the tag, whatever they are called.
 * @throws where the folder is not there, or has a worker that `build` has not written.
 */
export async function undoingOf(folder: string, globs?: readonly string[]): Promise<Change[]> {
  await expectFolder(folder, 'the folder that `build` was given')
  await assertOurs(folder)
  const documents = globs === undefined ? await possibleDocuments(folder) : await filesOf(folder, globs)
  const bare = await inLanes(documents, async (file) => {
    const { text: html, encoding } = await readDocument(join(folder, file))
    const text = withoutTag(html)
    return text === html ? [] : [{ file, text, encoding }]
  })
  const scripts = await pageScripts()
  const ours = await filesOf(folder, [WORKER, ...scripts.map(({ file }) => file)])
  // The Vite plugin's pages would go on asking for their worker.
  if (bare.flat().length === 0 && ours.length === 1 && ours[0] === WORKER)
    throw new Error(
      `${join(folder, WORKER)} is not of \`freshlayer build\`: take the Vite plugin out of the app, and build it again`,
    )
  return [...bare.flat(), ...ours.map((file) => ({ file, text: undefined }))]
}

/** Files that are no documents, and may be very large. A script may hold the tag as its text. */
const NO_DOCUMENTS = [
  '**/*.{js,mjs,cjs,css,map,json,wasm,br,gz,zip}',
  '**/*.{png,jpg,jpeg,gif,webp,avif,ico,woff,woff2,ttf,otf,eot,mp3,mp4,webm,ogg,wav,pdf}',
]

const MARKS = [Buffer.from(MARK), Buffer.from(MARK, 'utf16le')]

/** No template is larger. Unit: bytes. */
const MAX_TEMPLATE = 4_000_000

/** All that end in `.html`, and what else may be a template: `undo` need not be told what `build` was told. */
async function possibleDocuments(folder: string): Promise<string[]> {
  const others = await filesOf(folder, ['**/*'], [...NO_DOCUMENTS, ...DOCUMENTS])
  const marked = await inLanes(others, async (file) => {
    const path = join(folder, file)
    const { size } = await stat(path)
    // Other files may be of any encoding.
    const bytes = size > MAX_TEMPLATE ? undefined : await readFile(path)
    return MARKS.some((mark) => bytes?.includes(mark)) ? [file] : []
  })
  return [...(await filesOf(folder, DOCUMENTS)), ...marked.flat()]
}

/**
 * A line for each change: what becomes of the file, and what a browser downloads for it. Of many documents the first ones
 * have a line.
 */
export function report(folder: string, changes: readonly Change[]): string[] {
  const documents = changes.filter(({ file }) => file.endsWith('.html'))
  const others = documents.slice(SHOWN)
  const hidden = new Set(others)
  const shown = changes.filter((change) => !hidden.has(change))
  const lines = shown.map(
    ({ file, text }) => `  ${join(folder, file)}  ${text === undefined ? 'deleted' : sizeOf(text)}`,
  )
  return others.length === 0 ? lines : [...lines, `  and ${others.length.toLocaleString('en')} more documents`]
}

const SHOWN = 10

/** At the best quality a document of 4 MB would take seven seconds. This one is what servers use for answers. */
const LARGE = 500_000
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }

function sizeOf(text: string): string {
  const { length } = brotliCompressSync(text, text.length > LARGE ? QUICK : {})
  return `${(length / 1000).toFixed(1)} kB brotli`
}

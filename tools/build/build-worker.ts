import { basename, dirname, relative, resolve, sep } from 'node:path'
import type { Plugin } from 'rolldown'
import type { Config } from '../../config/language/index.ts'
import { apply } from './apply.ts'
import { APP_FILES, type FileEntry, filesOf, manifestOf } from '../files/app-files.ts'
import { bundle } from '../files/bundle.ts'
import { configModule } from './config-module.ts'
import { minified } from './minified.ts'
import { type Defines, loadConfig } from '../rules/load-config.ts'
import { sourcePath } from '../files/source-path.ts'

export interface WorkerOptions {
  /** The rules file. */
  readonly config: string
  /** A folder of built files to keep for offline use. Default: none, and then pages need the network. */
  readonly files?: string | undefined
  /** Which of these files are kept. Default: scripts, styles, documents, icons and fonts. */
  readonly globs?: readonly string[] | undefined
  /** The path at which these files are served, with a slash at its end. Default: the folder of the script. */
  readonly base?: string | undefined
  /** A part for a worker that has work of its own, which loads it by `importScripts`. Default: a worker. */
  readonly attach?: boolean
  /** Texts of files in the folder that are to be written yet, and kept as well, by their paths. Default: none. */
  readonly contents?: ReadonlyMap<string, string> | undefined
  /** Whether the rules' shell stands in for pages. Default: yes. In development there are no built files that it could load. */
  readonly shell?: boolean
  /** Expressions in the rules file, and what they are replaced by, as source. Default: none. */
  readonly define?: Defines | undefined
}

/** Bundles one self-contained worker script from a rules file, and returns its size in bytes. */
export async function buildWorker({ out, ...options }: WorkerOptions & { readonly out: string }): Promise<number> {
  return write(out, await workerScript(options, out))
}

/** Bundles the script that removes the layer where it is served in its place, and returns its size in bytes. */
export const buildKillWorker = async (out: string): Promise<number> => write(out, await script('kill-worker', {}))

/**
 * One self-contained worker script from a rules file.
 *
 * @param out where it is to go: it is none of the files that it keeps. Default: not to a file.
 */
export async function workerScript(
  { config, files, globs = APP_FILES, base, attach = false, contents = new Map(), shell = true, define }: WorkerOptions,
  out?: string,
): Promise<string> {
  const { config: rules } = await loadConfig(config, define)
  const hasFiles = files !== undefined || (shell && (rules as Partial<Config>).shell !== undefined)
  const own = files === undefined || out === undefined ? [] : [relative(files, resolve(out)).replaceAll(sep, '/')]
  const kept =
    files === undefined ? [] : [...new Set([...(await filesOf(files, globs, own)), ...contents.keys()])].toSorted()
  const manifest = files === undefined ? [] : await manifestOf(files, kept, { base, contents })
  const entry = attach ? 'attached' : hasFiles ? 'sw' : 'sw-without-files'
  const worker = await script(entry, define ?? {}, [configModule(config, define)])
  return worker.replace(LIST, () => `[${manifest.map(listed).join()}]`)
}

/** Where a worker has the list of files. Minifiers leave it alone, and need not go through the list. */
const LIST = 'self.__WB_MANIFEST'

const listed = ({ url, revision }: FileEntry): string =>
  `{url:${JSON.stringify(url)},revision:${JSON.stringify(revision)}}`
/** One self-contained script of a module of `sw/worker` that takes its rules at runtime. */
export const libraryScript = (entry: string, plugins: readonly Plugin[] = []): Promise<string> =>
  script(entry, {}, plugins)

async function script(entry: string, define: Defines, plugins: readonly Plugin[] = []): Promise<string> {
  const defines = { 'process.env.NODE_ENV': '"production"', ...define }
  const bundled = await bundle(sourcePath(`sw/worker/${entry}`), {
    platform: 'browser',
    format: 'iife',
    minify: true,
    define: defines,
    plugins,
  })
  // A second pass over what the bundler has minified: 0.4 kB of a worker that each browser downloads.
  return minified(bundled)
}

async function write(out: string, text: string): Promise<number> {
  await apply(dirname(resolve(out)), [{ file: basename(out), text }])
  return Buffer.byteLength(text)
}

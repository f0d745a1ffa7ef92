import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { minify } from 'terser'
import { build, type InlineConfig } from 'vite'
import { getManifest } from 'workbox-build'
import type { Config } from '../config/language/index.ts'
import { HASHED_NAME } from '../sw/core/hashed-name.ts'
import { configModule } from './config-module.ts'
import { loadConfig } from './load-config.ts'

export interface WorkerOptions {
  /** The rules file. */
  readonly config: string
  /** Where the script goes. */
  readonly out: string
  /** A folder of built files to keep for offline use. Default: none, and then pages need the network. */
  readonly files?: string | undefined
  /** The path at which these files are served, with a slash at its end. Default: the folder of the script. */
  readonly base?: string | undefined
  /** A part for a worker that has work of its own, which loads it by `importScripts`. Default: a worker. */
  readonly attach?: boolean
}

const ENTRIES = fileURLToPath(new URL('../sw/worker/', import.meta.url))

/** What of a built app is kept for offline use unless somebody says otherwise. */
export const APP_FILES = ['**/*.{js,css,html,svg,ico,woff2,webmanifest}']

/** Bundles one self-contained worker script from a rules file, and returns its size in bytes. */
export async function buildWorker({ config, out, files, base, attach = false }: WorkerOptions): Promise<number> {
  const manifest = files === undefined ? [] : await manifestOf(files, resolve(out), base)
  const { config: rules } = await loadConfig(config)
  const hasFiles = files !== undefined || (rules as Partial<Config>).shell !== undefined
  const entry = attach ? 'attached.ts' : hasFiles ? 'sw.ts' : 'sw-without-files.ts'
  return bundle(entry, out, {
    define: { 'self.__WB_MANIFEST': JSON.stringify(manifest) },
    plugins: [configModule(config)],
  })
}

/** Bundles the script that removes the layer where it is served in its place, and returns its size in bytes. */
export const buildKillWorker = (out: string): Promise<number> => bundle('kill-worker.ts', out, {})

async function bundle(entry: string, out: string, { define, plugins = [] }: InlineConfig): Promise<number> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    plugins,
    build: {
      write: false,
      copyPublicDir: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: ENTRIES + entry, output: { format: 'iife' } },
    },
  })
  // A second pass over what the bundler has minified: 0.4 kB of a worker that each browser downloads.
  const { code: script = scriptOf(result) } = await minify(scriptOf(result), { compress: { passes: 3, ecma: 2020 } })
  await mkdir(dirname(resolve(out)), { recursive: true })
  await writeFile(out, script)
  return Buffer.byteLength(script)
}

/** The one script that a build was asked for. */
export function scriptOf(result: Awaited<ReturnType<typeof build>>): string {
  const [bundle] = Array.isArray(result) ? result : [result]
  if (bundle === undefined || !('output' in bundle)) throw new Error('The build gave no script')
  return bundle.output[0].code
}

async function manifestOf(folder: string, out: string, base = ''): Promise<unknown[]> {
  const { manifestEntries } = await getManifest({
    globDirectory: folder,
    globPatterns: APP_FILES,
    globIgnores: [out],
    modifyURLPrefix: { '': base },
    // They need no revision, and browsers with static routing find them by their URL.
    dontCacheBustURLsMatching: HASHED_NAME,
  })
  return manifestEntries
}

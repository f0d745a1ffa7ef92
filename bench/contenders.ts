import { mkdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { buildWorker } from '../tools/build/build-worker.ts'
import type { Scripts } from './origin.ts'

/** Those that are compared, in the order of the table's columns. */
export const CONTENDERS = ['none', 'floor', 'freshlayer', 'workbox-cache-first', 'workbox-swr'] as const

export type Contender = (typeof CONTENDERS)[number]

/** Where built scripts and results go. */
export const BENCH_FOLDER = fileURLToPath(new URL('../dist/bench/', import.meta.url))

export const HERE = fileURLToPath(new URL('./', import.meta.url))

/** Builds the page and every contender's worker as an app ships them: bundled, minified, for production. */
export async function buildContenders(): Promise<ReadonlyMap<Contender, Scripts>> {
  await mkdir(BENCH_FOLDER, { recursive: true })
  const page = await bundled('page.ts')
  const scripts = new Map<Contender, Scripts>()
  for (const contender of CONTENDERS) scripts.set(contender, { page, worker: await workerOf(contender) })
  return scripts
}

async function workerOf(contender: Contender): Promise<string | undefined> {
  switch (contender) {
    case 'none':
      return undefined
    case 'freshlayer': {
      const out = `${BENCH_FOLDER}freshlayer.sw.js`
      await buildWorker({ config: `${HERE}rules.ts`, out })
      return readFile(out, 'utf8')
    }
    case 'floor':
    case 'workbox-cache-first':
    case 'workbox-swr':
      return bundled(`${contender}.sw.ts`)
  }
}

/** One script, with the settings that our own worker is built with. */
export async function bundled(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      copyPublicDir: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: HERE + entry, output: { format: 'iife' } },
    },
  })
  const [bundle] = Array.isArray(result) ? result : [result]
  if (bundle === undefined || !('output' in bundle)) throw new Error(`${entry} gave no script`)
  return bundle.output[0].code
}

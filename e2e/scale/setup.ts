import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { buildWorker } from '../../tools/build/build-worker.ts'

export const BUILT = fileURLToPath(new URL('../../dist/e2e-scale/', import.meta.url))

/** The workers that the tests are served, by the name of their rules. */
export const WORKERS = ['rules', 'rules-of-version-2', 'rules-of-tokens'] as const

/** Builds the workers, the page's client and what is put before a worker. */
// oxlint-disable-next-line import/no-default-export -- Playwright takes the default export.
export default async function buildAll(): Promise<void> {
  rmSync(BUILT, { recursive: true, force: true })
  for (const rules of WORKERS) await buildWorker({ config: `e2e/scale/${rules}.ts`, out: `${BUILT}${rules}.js` })
  await bundle('prelude', 'iife')
  await bundle('page', 'es')
}

async function bundle(name: 'prelude' | 'page', format: 'iife' | 'es'): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: BUILT,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'es2022',
      lib: { entry: `e2e/scale/${name}.ts`, formats: [format], name, fileName: () => `${name}.js` },
      // The page is served as one file.
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
}

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { buildKillWorker, buildWorker } from '../../tools/build/build-worker.ts'
import { requireChromium } from '../../tools/upkeep/find-chromium.ts'
import { BUILDS, BUILT, isMadeBeside, WORKERS } from './workers.ts'

/** The built demo that the tests serve. `npm start` serves another one, which a test must not replace. */
export const BUILT_DEMO = fileURLToPath(new URL('../../dist/e2e-demo/', import.meta.url))

/** The document without data that stands in for any page. */
export const SHELL = '<!doctype html><title>shell</title><script type=module src=/page.js></script>'

/** Builds the workers of the rules here, the page's client, and the demo; says which browser is used. */
// oxlint-disable-next-line import/no-default-export -- Playwright takes the default export.
export default async function buildAll(): Promise<void> {
  const { path, source } = requireChromium()
  console.log(`Chromium: ${path} (${source})`)
  mkdirSync(BUILT, { recursive: true })
  mkdirSync(`${BUILT}files`, { recursive: true })
  writeFileSync(`${BUILT}files/index.html`, SHELL)
  for (const [name, asset] of BUILDS) {
    const files = `${BUILT}${name}-files`
    mkdirSync(`${files}/assets`, { recursive: true })
    writeFileSync(`${files}/index.html`, SHELL)
    writeFileSync(files + asset, `export const name = '${name}'`)
  }
  // Minifying keeps one core busy.
  const beside = fork(fileURLToPath(new URL('build-beside.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
  const ended = once(beside, 'exit')
  for (const [at, options] of WORKERS.entries()) if (!isMadeBeside(at)) await buildWorker(options)
  await buildKillWorker(`${BUILT}kill.js`)
  for (const [name, format] of [
    ['page', 'es'],
    ['mocked-page', 'es'],
    ['host.worker', 'iife'],
  ] as const) {
    await build({
      configFile: false,
      logLevel: 'warn',
      define: { 'process.env.NODE_ENV': '"production"' },
      build: {
        outDir: BUILT,
        emptyOutDir: false,
        copyPublicDir: false,
        lib: { entry: `e2e/support/${name}.ts`, name: 'bundle', formats: [format], fileName: () => `${name}.js` },
        rolldownOptions: { output: { codeSplitting: false } },
      },
    })
  }
  if (process.env['FRESHLAYER_SKIP_DEMO_BUILD'] === undefined) {
    await build({ logLevel: 'warn', build: { outDir: BUILT_DEMO } })
  }
  const [code] = await ended
  if (code !== 0) throw new Error('not all workers of the tests could be built')
}

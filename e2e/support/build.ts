import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { buildKillWorker, buildWorker } from '../../tools/build/build-worker.ts'
import { requireChromium } from '../../tools/upkeep/find-chromium.ts'

/** What the tests serve: made once before they run, from the sources as they are. */
export const BUILT = fileURLToPath(new URL('../../dist/e2e/', import.meta.url))

/** The built demo that the tests serve. `npm start` serves another one, which a test must not replace. */
export const BUILT_DEMO = fileURLToPath(new URL('../../dist/e2e-demo/', import.meta.url))

/** The document without data that stands in for any page. */
export const SHELL = '<!doctype html><title>shell</title><script type=module src=/page.js></script>'

/** Two builds of an app, and the file of each whose name has its hash. */
export const BUILDS = [
  ['build-1', '/assets/app-aaaa1111.js'],
  ['build-2', '/assets/app-bbbb2222.js'],
] as const

/** Builds the workers of the rules here, the page's client, and the demo; says which browser is used. */
// oxlint-disable-next-line import/no-default-export -- Playwright takes the default export.
export default async function buildAll(): Promise<void> {
  const { path, source } = requireChromium()
  console.log(`Chromium: ${path} (${source})`)
  mkdirSync(BUILT, { recursive: true })
  await buildWorker({ config: 'e2e/support/rules.ts', out: `${BUILT}sw.js` })
  await buildWorker({ config: 'e2e/support/rules-of-users.ts', out: `${BUILT}sw-of-users.js` })
  await buildWorker({ config: 'e2e/support/rules-of-named-users.ts', out: `${BUILT}sw-of-named-users.js` })
  mkdirSync(`${BUILT}files`, { recursive: true })
  writeFileSync(`${BUILT}files/index.html`, SHELL)
  await buildWorker({ config: 'e2e/support/rules.ts', out: `${BUILT}sw-with-files.js`, files: `${BUILT}files` })
  for (const rules of ['rules-kill', 'rules-kill-gone', 'rules-of-version-2']) {
    await buildWorker({ config: `e2e/support/${rules}.ts`, out: `${BUILT}${rules}.js`, files: `${BUILT}files` })
  }
  for (const [part, rules] of [
    ['attached', 'rules'],
    ['attached-kill', 'rules-kill'],
  ] as const) {
    await buildWorker({ config: `e2e/support/${rules}.ts`, out: `${BUILT}${part}.js`, attach: true })
  }
  for (const rules of [
    'rules-of-pages',
    'rules-of-pages-of-users',
    'rules-of-pages-of-named-users',
    'rules-of-tokens',
    'rules-of-words',
    'rules-of-traits',
    'rules-of-attention',
  ]) {
    await buildWorker({ config: `e2e/support/${rules}.ts`, out: `${BUILT}${rules}.js` })
  }
  for (const [name, asset] of BUILDS) {
    const files = `${BUILT}${name}-files`
    mkdirSync(`${files}/assets`, { recursive: true })
    writeFileSync(`${files}/index.html`, SHELL)
    writeFileSync(files + asset, `export const name = '${name}'`)
    await buildWorker({ config: 'e2e/support/rules.ts', out: `${BUILT}${name}.js`, files })
  }
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
}

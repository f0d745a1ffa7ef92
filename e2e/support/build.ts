import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { buildKillWorker, buildWorker } from '../../tools/build-worker.ts'
import { requireChromium } from '../../tools/find-chromium.ts'

/** What the tests serve: made once before they run, from the sources as they are. */
export const BUILT = fileURLToPath(new URL('../../dist/e2e/', import.meta.url))

/** The document without data that stands in for any page. */
export const SHELL = '<!doctype html><title>shell</title><script type=module src=/page.js></script>'

/** Builds the workers of the rules here, the page's client, and the demo; says which browser is used. */
// oxlint-disable-next-line import/no-default-export -- Playwright takes the default export.
export default async function buildAll(): Promise<void> {
  const { path, source } = requireChromium()
  console.log(`Chromium: ${path} (${source})`)
  mkdirSync(BUILT, { recursive: true })
  await buildWorker({ config: 'e2e/support/rules.ts', out: `${BUILT}sw.js` })
  await buildWorker({ config: 'e2e/support/rules-of-users.ts', out: `${BUILT}sw-of-users.js` })
  mkdirSync(`${BUILT}files`, { recursive: true })
  writeFileSync(`${BUILT}files/index.html`, SHELL)
  await buildWorker({ config: 'e2e/support/rules.ts', out: `${BUILT}sw-with-files.js`, files: `${BUILT}files` })
  for (const rules of ['rules-kill', 'rules-kill-gone']) {
    await buildWorker({ config: `e2e/support/${rules}.ts`, out: `${BUILT}${rules}.js`, files: `${BUILT}files` })
  }
  await buildKillWorker(`${BUILT}kill.js`)
  await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: BUILT,
      emptyOutDir: false,
      copyPublicDir: false,
      lib: { entry: 'e2e/support/page.ts', formats: ['es'], fileName: () => 'page.js' },
    },
  })
  if (process.env['FRESHLAYER_SKIP_DEMO_BUILD'] === undefined) await build({ logLevel: 'warn' })
}

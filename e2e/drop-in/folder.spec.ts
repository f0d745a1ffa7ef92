import { readFileSync } from 'node:fs'
import { BODY, expect, HEARING, journey, PLAIN, RULES, Shop, test } from './test.ts'

/** What some build has written: its document, and a script that knows nothing of the layer but that it may be there. */
const DIST = {
  'dist/index.html': `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="content-security-policy" content="script-src 'self'">
    <title>Shop</title>
  </head>
  <body>${BODY}<script type="module" src="/app-1a2b3c4d.js"></script></body>
</html>
`,
  'dist/app-1a2b3c4d.js': PLAIN + HEARING,
  'freshlayer.config.mjs': RULES,
}

test('any built folder gets there by one command, which can be taken back', async ({ project, browserContext }) => {
  const app = project(DIST)
  await app.install()
  const texts = (): string[] => Object.keys(DIST).map((file) => readFileSync(app.path(file), 'utf8'))
  const before = texts()
  expect((await app.run('npx', 'freshlayer', 'build', 'dist', '--dry-run')).output).toContain('would write:')
  expect(texts()).toEqual(before)
  expect(app.has('dist/sw.js')).toBe(false)
  const { output, code } = await app.run('npx', 'freshlayer', 'build', 'dist')
  expect(output).toMatch(/dist\/sw\.js {2}\d+\.\d kB brotli/)
  expect(code).toBe(0)

  const shop = new Shop(app.path('dist'))
  await shop.start()
  await journey(browserContext, shop, { hears: true })
  await shop.stop()

  const once = texts()
  const worker = readFileSync(app.path('dist/sw.js'), 'utf8')
  await app.run('npx', 'freshlayer', 'build', 'dist')
  expect(texts()).toEqual(once)
  // The whole texts would hide in which of the checks it is.
  expect(readFileSync(app.path('dist/sw.js'), 'utf8') === worker).toBe(true)
  expect((await app.run('npx', 'freshlayer', 'undo', 'dist')).code).toBe(0)
  expect(texts()).toEqual(before)
  expect(app.has('dist/sw.js') || app.has('dist/freshlayer.js')).toBe(false)
})

test('what cannot be built upon is said in one line, and nothing is written', async ({ project }) => {
  const app = project({
    ...DIST,
    'empty/readme.txt': 'nothing',
    'other/index.html': '',
    'other/sw.js': 'self.onfetch = null',
  })
  await app.install()
  const line = async (...args: readonly string[]): Promise<string | undefined> => {
    const { output, code } = await app.run('npx', 'freshlayer', ...args)
    expect(code).toBe(1)
    return output.trimEnd().split('\n').at(-1)
  }
  expect(await line('build', 'empty')).toBe(
    'freshlayer empty has no HTML file: name the folder that your build writes. ' +
      'Where a server fills in a template, name that as well: --document index.ejs',
  )
  expect(await line('build', 'nowhere')).toMatch(/nowhere is not there/)
  expect(await line('build', 'other')).toMatch(/other\/sw\.js is a worker of another kind/)
  expect(app.has('other/freshlayer.js')).toBe(false)
})

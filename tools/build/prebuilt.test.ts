import { expect, it } from 'vitest'
import { readFile } from 'node:fs/promises'
import { prebuiltFiles } from './prebuilt.ts'

it('each script of an app without a build is named by the package and in the guide', async () => {
  const { exports } = JSON.parse(await readFile('package.json', 'utf8')) as { exports: Record<string, unknown> }
  const guide = await readFile('docs/guide/no-build.md', 'utf8')
  const scripts = await prebuiltFiles()
  for (const { file } of scripts) {
    expect(exports[`./${file}`]).toBe(`./lib/prebuilt/${file}`)
    expect(guide).toContain(`| \`${file}\` |`)
  }
  // A page that has the script by another address, such as one with `?v=3`, would load all of it once more.
  const parts = scripts.filter(({ file }) => /^freshlayer-page-(more|push)\.js$/.test(file))
  expect(parts.map(({ file, text }) => [file, /"[^"]+\.js"/.exec(text)?.[0]])).toEqual([
    ['freshlayer-page-more.js', undefined],
    ['freshlayer-page-push.js', '"./freshlayer-page-more.js"'],
  ])
})

it.each([
  ['collections', 'freshlayer-collections.js'],
  ['queued writes', 'freshlayer-outbox.js'],
])('the part for %s counts what the disk completes where the worker does', async (_, name) => {
  const part = (await prebuiltFiles()).find(({ file }) => file === name)
  expect(part?.text).toContain('globalThis.freshlayerParts')
  // The worker's own counter is not in it: it would not know of the part's requests.
  expect(part?.text).not.toContain('onabort')
})

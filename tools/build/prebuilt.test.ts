import { expect, it } from 'vitest'
import { readFile } from 'node:fs/promises'
import { bundleWithParts } from '../files/bundle.ts'
import { sourcePath } from '../files/source-path.ts'
import { PAGE } from './prebuilt.ts'

it('each script of a page without a build is named by the package and in the guide', async () => {
  const { exports } = JSON.parse(await readFile('package.json', 'utf8')) as { exports: Record<string, unknown> }
  const guide = await readFile('docs/guide/no-build.md', 'utf8')
  const scripts = await bundleWithParts(sourcePath('app/tab/prebuilt'), PAGE)
  for (const { fileName } of scripts) {
    expect(exports[`./${fileName}`]).toBe(`./lib/prebuilt/${fileName}`)
    expect(guide).toContain(`| \`${fileName}\` |`)
  }
  // A page that has the script by another address, such as one with `?v=3`, would load all of it once more.
  const parts = scripts.filter(({ fileName }) => /^freshlayer-page-(more|push)\.js$/.test(fileName))
  expect(parts.map(({ fileName, code }) => [fileName, /\bimport\b/.test(code)])).toEqual([
    ['freshlayer-page-more.js', false],
    ['freshlayer-page-push.js', false],
  ])
})

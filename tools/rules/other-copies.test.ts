import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { otherCopiesWarning } from './other-copies.ts'

const home = mkdtempSync(join(tmpdir(), 'freshlayer-copies-'))
afterAll(() => rmSync(home, { recursive: true }))

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** A project with these packages installed, each with its text of package.json. */
function project(packages: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(home, 'app-'))
  for (const [name, text] of Object.entries(packages)) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true })
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), text)
  }
  return folder
}

const copy = (of: string): string => JSON.stringify({ name: 'freshlayer', version: of })

it('a project with one version of the package hears nothing', async () => {
  expect(await otherCopiesWarning(project({}))).toBeUndefined()
  expect(await otherCopiesWarning(project({ freshlayer: copy(version), vite: '{"name":"vite"}' }))).toBeUndefined()
  expect(await otherCopiesWarning(project({ freshlayer: 'half a file {' }))).toBeUndefined()
})

it('a project with another version, or with two, hears of each', async () => {
  const both = project({ freshlayer: copy(version), '@team/kit/node_modules/freshlayer': copy('9.9.9') })
  expect(await otherCopiesWarning(both)).toMatch(
    new RegExp(
      `^freshlayer ${version} is running, and the app has 9\\.9\\.9 in node_modules/@team/kit/node_modules/freshlayer: `,
    ),
  )
  expect(await otherCopiesWarning(project({ freshlayer: copy('8.0.0') }))).toContain(
    'has 8.0.0 in node_modules/freshlayer: ',
  )
})

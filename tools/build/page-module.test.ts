import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { bundle } from '../files/bundle.ts'
import { pageModule } from './page-module.ts'

const folder = mkdtempSync(join(tmpdir(), 'freshlayer-page-module-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What a page has of rules with this feed. */
async function given(push: string): Promise<unknown> {
  const rules = join(folder, 'rules.ts')
  writeFileSync(rules, `export default { version: '1', identity: 'none', routes: [], ${push} }`)
  const module = join(folder, 'page.ts')
  writeFileSync(module, await pageModule({ worker: '/sw.js' }, rules, {}))
  const script = await bundle(module, { platform: 'node', format: 'esm' })
  return ((await import(`data:text/javascript,${encodeURIComponent(script)}`)) as { BUILT_WORKER: unknown })
    .BUILT_WORKER
}

it.each([
  ['has its worker', '', { worker: '/sw.js' }],
  ['has the feed of the rules', `push: { url: '/events' }`, { worker: '/sw.js', push: { url: '/events' } }],
  [
    'has what makes tags of messages',
    `push: { url: '/events', parse: (text) => [text] }`,
    { worker: '/sw.js', push: { url: '/events', parse: expect.any(Function) } },
  ],
])('a page of the Vite plugin %s', async (_, push, expected) => {
  expect(await given(push)).toEqual(expected)
})

it('a page has its worker also where the rules cannot be read', async () => {
  expect(await pageModule({ worker: '/sw.js' }, join(folder, 'none.ts'), {})).toContain('"/sw.js"')
})

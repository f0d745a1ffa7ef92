import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { configText } from './config-text.ts'
import type { Draft } from './proposal.ts'

const draft: Draft = {
  head: ['a'],
  identity: { value: 'none', why: ['b'] },
  defaults: { value: {}, why: ['c'] },
  routes: [],
  writes: [],
  without: [],
}

const valueOf = (text: string): unknown =>
  runInNewContext(text.replace(/^import.*$/m, '').replace('export default defineConfig(', '('))

it.each([
  ['the end of a comment', '*/ process.exit(1) /*'],
  ['the end of a line', 'a\nprocess.exit(1)\u2028process.exit(2)\r\nb'],
  ['quotes', `'"\`\${x}`],
  ['a backslash', '\\'],
])('is source, whatever is in its reasons and values: %s', (_, text) => {
  const value = { match: `/${text}` }
  const given: Draft = { ...draft, head: [text], without: [text], routes: [{ value, why: [text] }] }
  expect(valueOf(configText(given))).toMatchObject({ identity: 'none', routes: [value] })
})

it('has an option per line where one line is too long', () => {
  const value = { match: `/${'a'.repeat(60)}`, tags: ['b'.repeat(60), 'c'.repeat(60)] }
  const text = configText({ ...draft, routes: [{ value, why: ['d '.repeat(200)] }] })
  expect(valueOf(text)).toMatchObject({ routes: [value] })
  expect(text.split('\n').every((line) => line.length <= 120)).toBe(true)
})

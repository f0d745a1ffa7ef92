import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type Backend, BACKENDS, hits, isKept, validatedBy } from '../../e2e/support/backends.ts'

/** The fields that decide what a cache may do; the rest is for the page and the browser. */
const DECISIVE = ['Cache-Control', 'Pragma', 'Expires', 'Vary']

function sentBy({ headers, tag }: Backend): string {
  const fields = DECISIVE.flatMap((name) => (name in headers ? [`\`${name}: ${headers[name]}\``] : []))
  const all = [...fields, ...(tag === undefined ? [] : [`a ${tag} \`ETag\``])]
  return all.length === 0 ? 'nothing' : all.join(', ')
}

function withinFresh(backend: Backend): string {
  if (hits(backend)) return 'hit'
  return `${isKept(backend) ? 'validated' : 'not stored'}: \`${backend.obstacle?.why}\``
}

const guide = readFileSync('docs/guide/backends.md', 'utf8')
const [table = ''] = /^\| backend \|.*?\n\n/ms.exec(guide) ?? []
const documented = table
  .trim()
  .split('\n')
  .slice(2)
  .map((line) => line.slice(2, -2).split(' | '))

it('the guide has the backends of the end-to-end tests, in their order', () => {
  expect(documented.map(([name]) => name)).toEqual(BACKENDS.map(({ name }) => name))
})

it.each(BACKENDS.map((backend, index) => [backend.name, backend, documented[index]] as const))(
  'the guide says of %s what the test holds, and what to change',
  (name, backend, [, ...cells] = []) => {
    const advice = cells.pop()
    expect(cells).toEqual([
      sentBy(backend),
      withinFresh(backend),
      String(validatedBy(backend, 'nothing')),
      isKept(backend) ? 'yes' : 'no',
    ])
    expect(advice, name).toMatch(/^[A-Z].*\.$/)
  },
)

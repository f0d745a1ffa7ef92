import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../config/language/index.ts'
import { referencePage, subjectsOf } from './reference.ts'

const SOURCE = `
/** All there is. */
export interface Whole {
  /**
   * How long. Default: \`'1s'\`.
   * @example '2s'
   * @example 0
   */
  long?: string | number

  /**
   * Says {@link Whole.long} of a <p>.
   * @example whole.say()
   */
  say(): void
}

interface Inner { hidden: string }
`

describe('a page of the reference', () => {
  it('has each exported interface, its members, their types, defaults and examples', () => {
    expect(referencePage(SOURCE, { title: 'Options', lead: 'All of them.' })).toBe(`# Options

All of them.

## Whole

All there is.

### long

\`string | number\`

How long. Default: \`'1s'\`.

\`\`\`ts
long: '2s'
long: 0
\`\`\`

### say

\`say(): void\`

Says \`long\` of a &lt;p>.

\`\`\`ts
whole.say()
\`\`\`
`)
  })

  it('refuses a member without a docstring', () => {
    expect(() => subjectsOf('export interface A { b: string }')).toThrow('A.b has no docstring')
  })
})

describe('the page’s side', () => {
  it('has each option and each method', () => {
    const page = referencePage(readFileSync('app/tab/freshlayer.ts', 'utf8'), { title: 'Page', lead: '' })
    expect(page).toContain('### identify')
    expect(page).toContain('`explain(url: string): Promise<Explanation>`')
  })
})

describe('the options of the rules', () => {
  const subjects = subjectsOf(readFileSync('config/language/options.ts', 'utf8'))
  const options = subjects.flatMap(({ name, members }) =>
    members.map((member) => [`${name}.${member.name}`, member] as const),
  )

  it('are all there', () => {
    expect(subjects.map(({ name }) => name)).toContain('Route')
    expect(options.length).toBeGreaterThan(40)
  })

  it.each(options)('%s has an example, and a default unless it is required', (_, { isRequired, text, examples }) => {
    expect(isRequired || text.includes('Default:')).toBe(true)
    expect(examples.length).toBeGreaterThan(0)
  })

  const optional = subjects.find(({ name }) => name === 'RouteOptions')!.members
  it.each(optional.flatMap(({ name, examples }) => examples.map((example) => [name, example] as const)))(
    'a route takes %s: %s',
    (name, example) => {
      // oxlint-disable-next-line no-eval -- The docstring's own text, as a reader would paste it.
      const value: unknown = (0, eval)(`(${example})`)
      const config = { version: '1', identity: 'none', routes: [{ match: '/a/:id', [name]: value }] }
      expect(checkConfig(config, 'the page').problems).toEqual([])
    },
  )
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { REMEDIES } from '../../app/tab/remedies.ts'

/** The reasons that the guide's table has, and whether the console says each. */
const guide = new Map(
  readFileSync('docs/guide/development.md', 'utf8')
    .split('\n## ')
    .find((part) => part.startsWith('The reasons'))
    ?.split('\n')
    .flatMap((line) => {
      const [, names = '', what = ''] = line.split('|')
      return [...names.matchAll(/`([\w-]+)`/g)].map(
        ([, name = '']) => [name, !what.includes('Not on the console')] as const,
      )
    }),
)

describe('the reasons why a rule does nothing', () => {
  it('have the same names in the guide and on the console', () => {
    const said = [...guide].flatMap(([name, isSaid]) => (isSaid ? [name] : []))
    expect(said.toSorted()).toEqual(Object.keys(REMEDIES).toSorted())
  })

  it.each(Object.entries(REMEDIES))('%s is said with what would change it', (_, remedy) => {
    const text = remedy('a-field: its value', ['identify'])
    // What is wrong, and then a sentence or a clause that says what to do.
    expect(text).toMatch(
      /[.:] \S.*\b(leave|take|send|give|make|change|drop|ask|read|raise|mend|look|exclude|tell|let|keeps|has to|which it can)\b/i,
    )
  })
})

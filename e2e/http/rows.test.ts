import { describe, expect, it } from 'vitest'
import type { Row } from './row.ts'
import { rows } from './rows.ts'

const twice = (values: readonly string[]): string[] => values.filter((value, index) => values.indexOf(value) !== index)
const ids = rows.map(({ id }) => id)

describe('the rows', () => {
  it('have ids of their own, in kebab-case', () => {
    expect(twice(ids)).toEqual([])
    expect(ids.filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([])
  })

  it('have titles of their own within a section', () => {
    expect(twice(rows.map(({ section, title }) => `${section} ${title}`))).toEqual([])
  })

  it('state rules: in the present tense, without a full stop', () => {
    expect(rows.filter(({ title }) => /\bshould\b|\.$/i.test(title)).map(({ id }) => id)).toEqual([])
  })

  it('name their section', () => {
    const isNamed = /^(RFC \d+|Fetch|HTML|No-Vary-Search|RateLimit) §\d+(\.\d+)*$/
    expect(rows.filter(({ section }) => !isNamed.test(section)).map(({ id }) => id)).toEqual([])
  })

  it('depend on rows that are there', () => {
    expect(rows.flatMap(({ dependsOn = [] }) => dependsOn).filter((id) => !ids.includes(id))).toEqual([])
  })

  it('expect something', () => {
    const isEmpty = ({ steps }: Row): boolean => !steps.some(({ kind }) => kind !== 'pass')
    expect(rows.filter(isEmpty).map(({ id }) => id)).toEqual([])
  })

  it('are data and nothing else', () => {
    expect(structuredClone(rows)).toEqual(rows)
    expect(JSON.parse(JSON.stringify(rows))).toEqual(rows)
  })

  it('are counted', () => {
    const count = (binding: Row['binding']): number => rows.filter((row) => row.binding === binding).length
    expect(count('required') + count('optimal') + count('choice')).toBe(rows.length)
    expect(rows.length).toBeGreaterThan(320)
    console.log(
      `${rows.length} rows: required ${count('required')}, optimal ${count('optimal')}, choice ${count('choice')}`,
    )
  })
})

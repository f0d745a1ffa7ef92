import { decoded } from '../../sw/core/search.ts'
import { OPEN, parsePattern } from './pattern.ts'
import type { Invalidates } from './rule.ts'

/** A `{name}` in a tag or in an entry of `invalidates`. */
export const HOLE = /\{(\w+)\}/g

/** Parameters by name. */
export type Values = Readonly<Record<string, string>>

/** The filled-in templates. A template with a hole that has no value is left out: half a tag would be another tag. */
export const fillAll = (templates: readonly string[], values: Values): string[] =>
  templates
    .filter((template) => [...template.matchAll(HOLE)].every(([, name = '']) => Object.hasOwn(values, name)))
    .map((template) => template.replace(HOLE, (_, name: string) => values[name] ?? ''))

/** What a write invalidates, with holes filled in. `values` are still percent-encoded, as URLs need them. */
export const fillInvalidates = ({ tags, urls, patterns }: Invalidates, values: Values): Invalidates => ({
  tags: fillAll(tags, mapValues(values, decoded)),
  urls: fillAll(urls, values),
  // A colon or star in a request's value would become part of the pattern. A star in its place covers it, and a little
  // more.
  patterns: fillAll(
    patterns,
    mapValues(values, (value) => value.replace(/[:*]/g, '*')),
  ),
})

/** The kind of an entry of `invalidates`. An entry that begins with `/` or a scheme is not a tag. */
export function kindOf(entry: string): keyof Invalidates {
  if (!/^([a-z]+:\/)?\//.test(entry)) return 'tags'
  const pattern = parsePattern(entry)
  return pattern === 'invalid' || !OPEN.test(pattern.path) ? 'urls' : 'patterns'
}

/** The same names, with each value converted by `form`. */
export const mapValues = (values: Values, form: (value: string) => string): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, form(value)]))

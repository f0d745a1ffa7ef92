import { decoded } from '../../sw/core/search.ts'
import { OPEN } from './pattern.ts'
import type { Invalidates, Params } from './rule.ts'

/** A `{name}` in a tag or in an entry of `invalidates`. */
export const HOLE = /\{(\w+)\}/g

/**
 * The filled-in templates. A template with a hole that has no value is left out: half a tag would be another tag.
 *
 * @param form converts each value.
 */
const fillAll = (templates: readonly string[], params: Params, form: (value: string) => string): string[] =>
  templates
    .filter((template) => [...template.matchAll(HOLE)].every(([, name = '']) => Object.hasOwn(params, name)))
    .map((template) => template.replace(HOLE, (_, name: string) => form(params[name] ?? '')))

/** The filled-in tags, decoded. */
export const fillTags = (tags: readonly string[], params: Params): string[] => fillAll(tags, params, decoded)

/** The URLs and patterns that a write invalidates, with holes filled in, percent-encoded as URLs need them. */
export const fillPlaces = (
  { urls, patterns }: Invalidates,
  params: Params,
): Pick<Invalidates, 'urls' | 'patterns'> => ({
  urls: fillAll(urls, params, (value) => value),
  // A colon or star in a request's value would become part of the pattern. A star in its place covers it, and a little
  // more.
  patterns: fillAll(patterns, params, (value) => value.replace(/[:*]/g, '*')),
})

/** The kind of an entry of `invalidates`. An entry that begins with `/` or a scheme is not a tag. */
export function kindOf(entry: string): keyof Invalidates {
  if (!/^([a-z]+:\/)?\//.test(entry)) return 'tags'
  return OPEN.test(entry) ? 'patterns' : 'urls'
}

import { nearest } from './spelling.ts'

/** A mistake in a text, and the spelling that was probably meant. */
export interface Mistake {
  readonly expected: string
  readonly nearest?: string | undefined
}

/** The names of a pattern's parameters, in order. */
export const paramsOf = (pattern: string): string[] =>
  [...pattern.replace(ORIGIN, '').matchAll(/:([a-z_]\w*)/gi)].map(([, name = '']) => name)

/**
 * The first mistake in a pattern; `undefined` when it can be compiled and can match something.
 *
 * @param methods the methods that the pattern may name; empty: none
 */
export function patternMistake(pattern: string, methods: readonly string[]): Mistake | undefined {
  const [, method] = /^([a-z]+) /i.exec(pattern) ?? []
  if (method !== undefined && !methods.includes(method)) {
    const meant = nearest(method, methods)
    return {
      expected: `a path after ${methods.length > 0 ? `a method (${methods.join(', ')}) or after none` : 'no method'}`,
      nearest: methods.length > 0 ? meant && pattern.replace(method, meant) : pattern.replace(/^\S+ /, ''),
    }
  }
  for (const [mistake, expected, mended] of MISTAKES) {
    if (pattern.search(mistake) < 0) continue
    return { expected, nearest: mended === undefined ? undefined : pattern.replace(mistake, mended) }
  }
  const params = paramsOf(pattern)
  const twice = params.find((name, at) => params.indexOf(name) !== at)
  return twice === undefined ? undefined : { expected: `:${twice} once` }
}

const ORIGIN = /^(?:[A-Z]+ )?[a-z]+:\/\/[^/]+/

/** Mistakes, what is expected instead, and the correction. Each test may rely on the ones before it. */
const MISTAKES: readonly (readonly [mistake: RegExp, expected: string, mended?: string])[] = [
  [/\p{Cs}/u, 'well-formed text'],
  [/^(?![A-Z]+ \S*$)[^]*\s/, 'no space but one after a method (%20 in a path)'],
  [/^(\S+ )?\/\//, "a full URL, such as 'https://api.example.com/v1/**'"],
  [/:\/\/[^/]+$/, "a path after the origin ('/**' is all of it)", '$&/**'],
  [/^(?!([A-Z]+ )?([a-z]+:\/)?\/)([A-Z]+ )?[./]*/, "a path that begins with '/', or a full URL", '$3/'],
  [/:\/\/[^/]*[@*]/, 'an origin without user name or star'],
  [/(https:\/\/[^/]*):443\/|(http:\/\/[^/]*):80\//, 'an origin without its usual port', '$1$2/'],
  [/\{(\w+)\}/g, "parameters as ':name'", ':$1'],
  [/[?#].*/s, 'a path alone (conditions on the query go in `query`)', ''],
  [/(:\w+)\(.*?\)+|\\/g, 'literal text, :name and stars, no expressions', '$1'],
  [/["<>^`{|}]/, 'characters as a URL has them, others percent-encoded'],
  [/\*\*(?!$)|[^/]\*\*$/, "'**' as the whole last segment ('*' is text within one)"],
  [/\/\.\.?(\/|$)/, "a path without '.' and '..'"],
]

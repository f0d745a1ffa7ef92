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
    if (mended === undefined) return { expected }
    return {
      expected,
      nearest: typeof mended === 'string' ? pattern.replace(mistake, mended) : pattern.replace(mistake, mended),
    }
  }
  const params = paramsOf(pattern)
  const twice = params.find((name, at) => params.indexOf(name) !== at)
  return twice === undefined ? undefined : { expected: `:${twice} once` }
}

const ORIGIN = /^(?:[A-Z]+ )?[a-z]+:\/\/[^/]+/

/** A host's name or address with a path behind it, at the place of a path. */
const HOST = String.raw`(?=(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?\/)`
const LOCAL = String.raw`(?=(?:localhost(?::\d+)?|(?:[\w-]+\.)*[\w-]+:\d+|\d+(?:\.\d+){3})\/)`

const PARAMETER = "parameters as ':name'"
const REST = "'**' as the last segment for the rest of a path"
const FULL_URL = "a full URL, such as 'https://api.example.com/v1/**', or a path that begins with '/'"

/** Mistakes, what is expected instead, and the correction. Each test may rely on the ones before it. */
const MISTAKES: readonly (readonly [mistake: RegExp, expected: string, mended?: string | Mend])[] = [
  [/\p{Cs}/u, 'well-formed text'],
  [/^(?![A-Z]+ \S*$)[^]*\s/, 'no space but one after a method (%20 in a path)'],
  [/^(\S+ )?\/\//, "a full URL, such as 'https://api.example.com/v1/**'"],
  [
    /^([A-Z]+ )?(?=[a-z]*[A-Z])[a-zA-Z]+:\/\//,
    'a scheme in small letters',
    (text) => text.replace(/\S+$/, (scheme) => scheme.toLowerCase()),
  ],
  [/^([A-Z]+ )?[a-z]+:\/\/(?=\/|$)/, FULL_URL],
  [/:\/\/[^/]+$/, "a path after the origin ('/**' is all of it)", '$&/**'],
  [new RegExp(`^([A-Z]+ )?${HOST}`), FULL_URL, '$1https://'],
  [new RegExp(`^([A-Z]+ )?${LOCAL}`), FULL_URL, '$1http://'],
  [/^(?!([A-Z]+ )?([a-z]+:\/)?\/)([A-Z]+ )?[./]*/, "a path that begins with '/', or a full URL", '$3/'],
  [/:\/\/[^/]*[@*]/, 'an origin without user name or star'],
  [/(https:\/\/[^/]*):443\/|(http:\/\/[^/]*):80\//, 'an origin without its usual port', '$1$2/'],
  // The rest of a path and a parameter, as other routers write them.
  [
    /\/(?:\[{1,2}\.{3}\w*\]{1,2}|\{\*+\w*\}|\{\w*(?:\.{3}|:path|\*)\}|<path:\w+>|:\w+(?:[*+]|\(\.\*\))|\(\.\*\)|\$)$/,
    REST,
    '/**',
  ],
  [/\/(?:\[{1,2}\.{3}\w*\]{1,2}|:\w+[*+](?=\/)|\(\.\*\))/, REST],
  [/(:\w+)(?:\(.*?\)|\{.*?\})+|\\/g, 'literal text, :name and stars, no expressions', '$1'],
  [
    /\{(\w+)(?:[:?][^{}]*)?\}|\[{1,2}(\w[\w-]*)\]{1,2}|<(?:\w+:)?(\w+)>/g,
    PARAMETER,
    (_, ...names) => `:${names.find((name) => name !== undefined)?.replaceAll('-', '_')}`,
  ],
  [/(?<=\/)\$(id|\w+(?:Id|ID|_id)|slug|uuid|key|name|code|sku)(?=\/|$)/g, PARAMETER, ':$1'],
  [/[?#].*/s, 'a path alone (conditions on the query go in `query`)', ''],
  [/["<>^`{|}]|(?<!:\/)\/[^/]*[[\]]/, 'characters as a URL has them, others percent-encoded'],
  [/\*\*(?!$)|[^/]\*\*$/, "'**' as the whole last segment ('*' is text within one)"],
  [/\/\.\.?(\/|$)/, "a path without '.' and '..'"],
]

type Mend = (text: string, ...groups: readonly (string | undefined)[]) => string

import { literalOf, prefixTarget, type Target } from './invalidation.ts'

/** How a URL, a path or the beginning of one is written in the rows. */
export type Spelled = (url: string) => string

/**
 * What patterns, tags and URLs reach. A URL without a query is meant with any. A pattern reaches all that begins as it
 * does before its first hole or star: too much costs a validation, too little would break a promise. `/api/items/**` reaches
 * `/api/items` as well, which it matches.
 *
 * @param absolute makes a path of the app a URL.
 * @param urlOf the URL under which an answer is kept.
 * @param urls a colon or a star in them is text.
 */
export const reachedBy = (
  absolute: Spelled,
  urlOf: Spelled,
  patterns: readonly string[],
  tags: readonly string[],
  urls: readonly string[],
): Target[] => [
  ...urls.map((url): Target => `url ${urlOf(absolute(url))}`),
  ...patterns.flatMap((pattern): Target[] => {
    const literal = literalOf(pattern)
    const below = literal === pattern ? [] : [prefixTarget(absolute(literal))]
    const itself = pattern === `${literal}**` ? literal.replace(/\/$/, '') : literal === pattern ? literal : undefined
    return itself === undefined ? below : [...below, `url ${urlOf(absolute(itself))}`]
  }),
  ...tags.map((tag): Target => `tag ${tag}`),
]

import { parsePair } from '../../sw/core/search.ts'

/**
 * The URL that answers are stored under: without fragment, without the pairs a rule ignores, and without the cache
 * busters that older libraries add (`_=` and ten digits or more). Every other byte stays as it is, so that the URL is
 * still the origin's: `?` stays when the page wrote one and no pair was dropped, and goes with the last dropped pair.
 */
export function normaliseUrl(href: string, rule: { readonly ignoreQuery: readonly string[] }): string {
  const [bare = ''] = href.split('#', 1)
  const mark = bare.indexOf('?')
  if (mark < 0) return bare
  const pairs = bare.slice(mark + 1).split('&')
  const kept = pairs.filter((pair) => !/^_=\d{10,}$/.test(pair) && !isIgnored(pair, rule.ignoreQuery))
  return bare.slice(0, kept.length > 0 ? mark + 1 : mark) + kept.join('&')
}

function isIgnored(pair: string, names: readonly string[]): boolean {
  const [given] = parsePair(pair)
  return names.some((name) => (name.endsWith('*') ? given.startsWith(name.slice(0, -1)) : given === name))
}

import { normaliseEncoding } from '../../sw/core/percent-encoding.ts'
import { parsePair } from '../../sw/core/search.ts'

/**
 * The URL under which an answer is stored: without the fragment, without the pairs that the rule ignores, and without
 * the cache busters of older libraries (`_=` and ten digits or more), and with its percent-encoding in normal form. Every
 * other byte stays, so that the origin still knows the URL. A bare `?` stays if the page wrote it; it goes when the last pair is dropped.
 */
export function normaliseUrl(href: string, rule: { readonly ignoreQuery: readonly string[] }): string {
  const [bare = ''] = normaliseEncoding(href).split('#', 1)
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

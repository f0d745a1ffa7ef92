import type { Reach } from '../../sw/protocol.ts'

/** A text that is meant as a URL or a pattern: a path, or an address with its scheme. */
const PLACE = /^(?:\w+:\/)?\//
/** A parameter or a star in it. */
const HOLE = /\/:[a-z_]|\*/i

/**
 * What texts reach, as `invalidates` of the rules has them: tags, URLs, and patterns, which have a parameter or a star. The
 * app fills in values itself.
 */
export function reachOf(texts: readonly string[]): Required<Omit<Reach, 'all'>> {
  const places = texts.filter((text) => PLACE.test(text))
  return {
    tags: texts.filter((text) => !PLACE.test(text)),
    urls: places.filter((text) => !HOLE.test(text)),
    patterns: places.filter((text) => HOLE.test(text)),
  }
}

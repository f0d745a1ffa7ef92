import type { Target } from '../core/invalidation.ts'
import { normaliseEncoding } from '../core/percent-encoding.ts'
import { reachedBy } from '../core/targets.ts'

/** The URL under which an answer is kept: `No-Vary-Search` may have said which parts of its query count. */
export type UrlOf = (url: string) => string

/**
 * What patterns, tags and URLs reach, in the URLs of an app.
 *
 * @param urls a colon or a star in them is text. Default: none.
 * @param home the origin of the app. Default: that of the worker.
 */
export const targetsOf = (
  urlOf: UrlOf,
  patterns: readonly string[],
  tags: readonly string[],
  urls: readonly string[] = [],
  home?: string,
): Target[] => reachedBy((url) => absolute(url, home), urlOf, patterns, tags, urls)

/** `Location` and `Content-Location` of the write's own origin (RFC 9111 §4.4). */
export function named(response: Response, target: string): string[] {
  return ['location', 'content-location'].flatMap((name) => {
    const value = response.headers.get(name)
    if (value === null || !URL.canParse(value, target)) return []
    const url = new URL(value, target)
    return url.origin === new URL(target).origin ? [url.href] : []
  })
}

/** Without fragment, in the form in which rows have their URLs. */
function absolute(url: string, home = location.origin): string {
  const { origin, pathname, search } = new URL(url, home)
  return normaliseEncoding(origin + pathname + search)
}

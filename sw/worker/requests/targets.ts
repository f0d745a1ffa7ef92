import type { Change, ChangeCause } from '../../core/change.ts'
import { EVERYTHING, type Target } from '../../core/invalidation.ts'
import { EVERYONE } from '../../core/key.ts'
import { normaliseEncoding } from '../../core/percent-encoding.ts'
import { reachedBy } from '../../core/targets.ts'
import { now } from '../clock.ts'
import type { UrlOf } from './read.ts'
import { worker } from '../scope.ts'

/**
 * What patterns, tags and URLs reach, in the URLs of this worker.
 *
 * @param urls a colon or a star in them is text. Default: none.
 */
export const targetsOf = (
  urlOf: UrlOf,
  patterns: readonly string[],
  tags: readonly string[],
  urls: readonly string[] = [],
): Target[] => reachedBy(absolute, urlOf, patterns, tags, urls)

/** `Location` and `Content-Location` of the write's own origin (RFC 9111 §4.4). */
export function named(response: Response, target: string): string[] {
  return ['location', 'content-location'].flatMap((name) => {
    const value = response.headers.get(name)
    if (value === null || !URL.canParse(value, target)) return []
    const url = new URL(value, target)
    return url.origin === new URL(target).origin ? [url.href] : []
  })
}

/** What the tabs are told of an invalidation: it concerns every user, since others may be shown what a write changed. */
export const invalidation = (reached: readonly Target[], cause: ChangeCause): Change => ({
  kind: 'invalidated',
  ...(reached.includes(EVERYTHING) ? { targets: [], all: true } : { targets: reached }),
  cause,
  partition: EVERYONE,
  atMs: now(),
  informed: [],
})

/** Without fragment, in the form in which rows have their URLs. */
function absolute(url: string): string {
  const { origin, pathname, search } = new URL(url, worker.location.origin)
  return normaliseEncoding(origin + pathname + search)
}

import { OPEN } from './pattern.ts'
import type { Rules } from './rule.ts'

/** The literal beginning of a path; `origin` absent: the app's own. */
export interface Prefix {
  readonly origin?: string
  readonly prefix: string
}

/**
 * The literal beginnings of every path that a read or write rule can match, for the browser's static routing: what
 * begins with none of them needs no worker. They cover more than the rules do (`/api/**` gives `/api`, and so `/apix`),
 * never less, and none begins with another.
 */
export function prefixes({ routes, writes }: Pick<Rules, 'routes' | 'writes'>): Prefix[] {
  const all = [...routes, ...writes]
    .flatMap((rule) => rule.patterns)
    .map(({ origin, path }) => {
      // `/api/**` is `/api` too, so its slash is no part of the beginning.
      const [prefix = ''] = path.replace(/\/\*\*$/, '*').split(OPEN)
      return { ...(origin !== '' && { origin }), prefix: prefix || '/' }
    })
  return all.filter((one, at) =>
    all.every(
      (other, otherAt) =>
        one.origin !== other.origin ||
        !one.prefix.startsWith(other.prefix) ||
        (one.prefix === other.prefix && at <= otherAt),
    ),
  )
}

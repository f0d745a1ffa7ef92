import { OPEN } from './pattern.ts'
import type { Rules } from './rule.ts'

/** The literal beginning of a path; `origin` absent: the app's own. */
export interface Prefix {
  readonly origin?: string
  readonly prefix: string
}

/**
 * The literal prefixes of every path that a read or write rule can match, for the browser's static routing: a request
 * without such a prefix needs no worker. They cover more than the rules (`/api/**` gives `/api`, which covers `/apix`),
 * never less. No prefix begins with another one.
 */
export function prefixes({ routes, writes }: Pick<Rules, 'routes' | 'writes'>): Prefix[] {
  const all = [...routes, ...writes]
    .flatMap((rule) => rule.patterns)
    .map(({ origin, path }) => {
      // `/api/**` also matches `/api`, so the prefix has no final slash.
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

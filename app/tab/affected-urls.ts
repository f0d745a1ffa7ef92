import { normaliseEncoding } from '../../sw/core/percent-encoding.ts'
import type { ChangeEvent } from './change-feed.ts'
import type { Freshlayer } from './connect.ts'

/** What the worker makes of a URL: the URL under which its answer is stored, and the tags of that. */
interface Known {
  readonly url: string
  readonly tags: readonly string[]
}

/** So many URLs the worker is asked about at once: a page may show thousands. */
const ASKED_AT_ONCE = 32

/**
 * Which URLs of a page a change concerns. URLs here are absolute, in the form of {@link absoluteUrl}.
 *
 * Most changes name the URL itself. Where one does not, only the worker can tell: it has the rules, which give a URL its
 * tags and say which part of its query counts (`ignoreQuery`). It is asked once per URL, and no request is sent to the
 * origin.
 */
export class AffectedUrls {
  readonly #layer: Pick<Freshlayer, 'explain'>
  readonly #known = new Map<string, Promise<Known | undefined>>()

  constructor(layer: Pick<Freshlayer, 'explain'>) {
    this.#layer = layer
  }

  /**
   * Those of `urls` that the change concerns. A URL that the worker says nothing about counts as concerned: to read it once
   * too often costs little.
   */
  async of(change: ChangeEvent, urls: Iterable<string>): Promise<string[]> {
    const affected: string[] = []
    const open: string[] = []
    const byTag = isByTag(change)
    const isCovered = coverOf(change.urls)
    // Only of what follows its path may a part not count.
    const paths = new Set(change.urls.map(withoutQuery))
    for (const url of urls) {
      if (change.all || isCovered(url)) affected.push(url)
      else if (byTag || (url.includes('?') && paths.has(withoutQuery(url)))) open.push(url)
    }
    for (let at = 0; at < open.length; at += ASKED_AT_ONCE) {
      const asked = open.slice(at, at + ASKED_AT_ONCE)
      const known = await Promise.all(asked.map((url) => this.#lookUp(url)))
      affected.push(
        ...asked.filter((_, index) => {
          const found = known[index]
          if (found === undefined || isCovered(found.url)) return true
          return byTag && found.tags.some((tag) => change.tags.includes(tag))
        }),
      )
    }
    return affected
  }

  /** The worker is asked anew about the URL: its next answer may be in other groups (`Cache-Groups`). */
  forget(url: string): void {
    this.#known.delete(url)
  }

  #lookUp(url: string): Promise<Known | undefined> {
    const earlier = this.#known.get(url)
    if (earlier !== undefined) return earlier
    const asked = this.#layer.explain(url).then(
      (explanation) => ({ url: explanation.url, tags: explanation.tags ?? [] }),
      () => {
        this.#known.delete(url)
        return undefined
      },
    )
    this.#known.set(url, asked)
    return asked
  }
}

/** The URL as changes name it: absolute, without its fragment, its percent-encoding in normal form. */
export function absoluteUrl(url: string): string {
  const { href } = new URL(url, document.baseURI)
  return normaliseEncoding(href.split('#', 1)[0] ?? href)
}

/**
 * Whether a change concerns all that has one of its tags. An answer that has come anew is told with its tags, and is one
 * answer all the same: what else has these tags is what it was. A page that read all of it anew would cause the next
 * changes (I11).
 */
const isByTag = ({ kind, cause, tags }: ChangeEvent): boolean =>
  tags.length > 0 && (kind === 'invalidated' || cause === 'remove')

/** Whether one of the named URLs is a URL, is it without its query, or ends in `*` and is a beginning of it. */
function coverOf(named: readonly string[]): (url: string) => boolean {
  // A page that shows thousands of URLs may be told of as many.
  const exact = new Set(named)
  const beginnings = named.flatMap((each) => (each.endsWith('*') ? each.slice(0, -1) : []))
  return (url) =>
    exact.has(url) || exact.has(withoutQuery(url)) || beginnings.some((beginning) => url.startsWith(beginning))
}

const withoutQuery = (url: string): string => url.replace(/\?.*/s, '')

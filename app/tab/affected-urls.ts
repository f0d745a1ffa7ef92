import { normaliseEncoding } from '../../sw/core/percent-encoding.ts'
import type { ChangeEvent } from './change-feed.ts'
import type { Freshlayer } from './freshlayer.ts'
import { inSlices } from './slices.ts'

/** What the worker makes of a URL: the URL under which its answer is stored, and the tags of that. */
interface Known {
  readonly url: string
  readonly tags: readonly string[]
}

/**
 * What has become of a URL. 'first': its answer is stored for the first time. 'changed': its answer has come anew.
 * 'invalidated': anything else, such as a write.
 */
export type Effect = 'first' | 'changed' | 'invalidated'

/** That which counts most comes first. */
const EFFECTS: readonly Effect[] = ['invalidated', 'changed', 'first']

/** So many URLs the worker is asked about at once: a page may show thousands. */
const ASKED_AT_ONCE = 32

/** Where it takes longer than this to answer, as with a slow disk, twice as many are asked about the next time. */
const SLOW_MS = 500

/** So many URLs are remembered beside twice those that the page shows. */
const SPARE = 1000

/**
 * Which URLs of a page changes concern. URLs here are absolute, in the form of {@link absoluteUrl}.
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
   * Those of `urls` that one of the changes concerns, and how. A URL that the worker says nothing about counts as
   * concerned: to read it once too often costs little. A burst of hundreds of changes costs what one does.
   *
   * @param urls all that the page shows.
   */
  async of(changes: readonly ChangeEvent[], urls: ReadonlySet<string>): Promise<ReadonlyMap<string, Effect>> {
    const affected = new Map<string, Effect>()
    for (const { urls: named } of changes) for (const url of named) this.#known.delete(url)
    // What the page has shown in its time, and shows no more.
    if (this.#known.size > 2 * urls.size + SPARE)
      for (const url of this.#known.keys()) if (!urls.has(url)) this.#known.delete(url)
    for (const effect of EFFECTS) {
      const about = folded(changes.filter((change) => effectOf(change) === effect))
      const open: string[] = []
      const isByTag = about.tags.size > 0
      await inSlices(urls, (url) => {
        if (affected.has(url)) return
        if (about.all || isCovered(url, about)) affected.set(url, effect)
        else if (isByTag || (url.includes('?') && about.paths.has(withoutQuery(url)))) open.push(url)
      })
      let atOnce = ASKED_AT_ONCE
      while (open.length > 0) {
        const asked = open.splice(0, atOnce)
        const startedAtMs = performance.now()
        const known = await Promise.all(asked.map((url) => this.#lookUp(url)))
        for (const [index, url] of asked.entries()) {
          const found = known[index]
          if (found === undefined || isCovered(found.url, about) || found.tags.some((tag) => about.tags.has(tag)))
            affected.set(url, effect)
        }
        if (performance.now() - startedAtMs > SLOW_MS) atOnce *= 2
      }
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

const effectOf = ({ kind }: ChangeEvent): Effect => (kind === 'first' || kind === 'changed' ? kind : 'invalidated')

/** Several changes as one. */
interface Folded {
  readonly all: boolean
  readonly urls: ReadonlySet<string>
  /** Of the named URLs what stands before a query. */
  readonly paths: ReadonlySet<string>
  readonly prefixes: readonly string[]
  /** All that has one of these is concerned. */
  readonly tags: ReadonlySet<string>
}

function folded(changes: readonly ChangeEvent[]): Folded {
  const named = changes.flatMap(({ urls }) => urls)
  const [prefixes, urls] = [named.filter(isPrefix), named.filter((url) => !isPrefix(url))]
  return {
    all: changes.some(({ all }) => all),
    urls: new Set(urls),
    // Only of what follows its path may a part not count.
    paths: new Set(urls.map(withoutQuery)),
    prefixes: [...new Set(prefixes)].map((url) => url.slice(0, -1)),
    // An answer that has come anew is told with its tags, and is one answer all the same: what else has these tags is what
    // it was. A page that read all of it anew would cause the next changes (I11).
    tags: new Set(
      changes.flatMap(({ kind, cause, tags }) => (kind === 'invalidated' || cause === 'remove' ? tags : [])),
    ),
  }
}

const isPrefix = (url: string): boolean => url.endsWith('*')

/** Whether one of the named URLs is `url`, `url` without its query, or a beginning of it. */
const isCovered = (url: string, { urls, prefixes }: Folded): boolean =>
  urls.has(url) || urls.has(withoutQuery(url)) || prefixes.some((prefix) => url.startsWith(prefix))

const withoutQuery = (url: string): string => url.replace(/\?.*/s, '')

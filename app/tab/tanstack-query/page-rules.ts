import { absoluteUrl } from '../affected-urls.ts'
import { compilePageRules, type Config, matcherOf, normaliseUrl, type Rule } from '../../../config/language/index.ts'

/** A request that the layer may answer. */
export interface CoveredRead {
  /** Absolute, as changes name it: without what does not count. */
  readonly url: string
  readonly rule: Rule
}

/** The rules, as a page asks them: of a URL and a method alone. */
export class PageRules {
  readonly #match: ReturnType<typeof matcherOf>
  readonly #hasUsers: boolean

  constructor(config: Config) {
    const rules = compilePageRules(config)
    this.#match = matcherOf(rules)
    this.#hasUsers = rules.identity !== 'none'
  }

  /**
   * The read; undefined: no rule covers it.
   *
   * @param method undefined: it is not known. Then it may be any that reads.
   */
  read(given: string, method?: string): CoveredRead | undefined {
    const href = absoluteUrl(given)
    const { origin, pathname, search } = new URL(href)
    const sameOrigin = origin === location.origin
    for (const each of method === undefined ? ['GET', 'POST', 'QUERY'] : [method]) {
      const match = this.#match({ method: each, origin, sameOrigin, pathname, search })
      if (match?.kind === 'read') return { url: normaliseUrl(href, match.rule), rule: match.rule }
    }
    return undefined
  }

  /** Whether all users get the same at this URL. */
  isForAll(url: string): boolean {
    return !this.#hasUsers || this.read(url)?.rule.public === true
  }
}

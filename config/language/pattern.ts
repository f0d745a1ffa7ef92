/** Where a request goes, as far as patterns are concerned. */
export interface RequestPath {
  /** As `URL.origin` gives it. */
  readonly origin: string
  /** Whether that is the app's own. */
  readonly sameOrigin: boolean
  /** As `URL.pathname` gives it: begins with `/`, percent-encoded. */
  readonly pathname: string
}

/** A pattern, taken apart. */
export interface Pattern {
  /** Upper-case; empty when the pattern names none. */
  readonly method: string
  /** Empty for the app's own. */
  readonly origin: string
  /** Begins with `/`; `:name`, `*` and `**` still in it, everything else percent-encoded. */
  readonly path: string
  /** Matches the whole `pathname`; parameters are its named groups. */
  readonly expression: RegExp
}

/** What makes a path or one of its segments more than literal text: `:name` or a star. */
export const OPEN = /:[a-z_]|\*/i

/**
 * The pattern in `text`, or `'invalid'` when it is not of the form `[METHOD ](/path | scheme://host/path)`. Forgiving
 * about the rest: what can match nothing is for the check to refuse. A parameter that comes twice throws.
 */
export function parsePattern(text: string): Pattern | 'invalid' {
  const [, method = '', origin = '', path] = /^(?:([A-Z]+) )?([a-z]+:\/\/[^/]+)?(\/.*)$/s.exec(asSent(text)) ?? []
  if (path === undefined) return 'invalid'
  const source = path.replace(
    /\/\*\*$|\/\*(?![^/])|:([a-z_]\w*)|\W/gi,
    (token, name?: string) => SOURCES[token] ?? (name === undefined ? `\\${token}` : `(?<${name}>[^/]+?)`),
  )
  return { method, origin: origin.toLowerCase(), path, expression: new RegExp(`^${source}$`) }
}

/** A star alone is a segment, which is never empty; beside other text it may stand for nothing. */
const SOURCES: Readonly<Record<string, string>> = { '/**': '(?:/.*)?', '/*': '/[^/]+', '*': '[^/]*' }

/** The text as a URL carries it: what is written with umlauts is percent-encoded. */
export const asSent = (text: string): string => text.replace(/[^ -~]+/g, encodeURIComponent)

/** Whether origin and path are the request's. The method plays no part. */
export const pathMatches = ({ origin, expression }: Pattern, request: RequestPath): boolean =>
  (origin === '' ? request.sameOrigin : origin === request.origin) && expression.test(request.pathname)

import { normaliseEncoding } from '../../sw/core/percent-encoding.ts'

/** The parts of a request's URL that patterns match. */
export interface RequestPath {
  /** As `URL.origin` gives it. */
  readonly origin: string
  /** Whether the origin is the app's own. */
  readonly sameOrigin: boolean
  /** As `URL.pathname` gives it: begins with `/`, percent-encoded. Its encoding need not be in normal form. */
  readonly pathname: string
}

/** A parsed pattern. */
export interface Pattern {
  /** Upper-case; empty when the pattern names none. */
  readonly method: string
  /** Empty: the app's own origin. */
  readonly origin: string
  /** Begins with `/`. Contains `:name`, `*` and `**` as written; the rest is percent-encoded, in normal form. */
  readonly path: string
  /** Matches the whole path, its encoding in normal form; parameters are its named groups. */
  readonly expression: RegExp
}

/** Finds `:name` or a star, which make a path or a segment more than literal text. */
export const OPEN = /:[a-z_]|\*/i

/**
 * The pattern in `text`; `'invalid'` unless it has the form `[METHOD ](/path | scheme://host/path)`. The rest is not
 * checked here: the check refuses a pattern that can match nothing. Throws when a parameter occurs twice.
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

/** A star alone is a whole segment and never empty. Beside other text it may match no text. */
const SOURCES: Readonly<Record<string, string>> = { '/**': '(?:/.*)?', '/*': '/[^/]+', '*': '[^/]*' }

/** The text as in a URL: non-ASCII characters are percent-encoded, and the encoding is in normal form. */
export const asSent = (text: string): string => normaliseEncoding(text.replace(/[^ -~]+/g, encodeURIComponent))

/** Whether origin and path match. The method is ignored. */
export const pathMatches = ({ origin, expression }: Pattern, request: RequestPath): boolean =>
  (origin === '' ? request.sameOrigin : origin === request.origin) &&
  expression.test(normaliseEncoding(request.pathname))

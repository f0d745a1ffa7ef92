import type { Match, Matcher, RequestLine } from '../../config/language/index.ts'

const TEXT = /^(text\/|application\/([^;]+\+)?(json|xml|x-www-form-urlencoded|graphql)\b)/i

/**
 * What the rules say of a request, seen from the request alone (I8); undefined: it is not touched. Never ours are page
 * loads, event streams, uploads, byte ranges that no rule asks for, reads of another origin without CORS, and what asks for
 * a cache mode the browser reserves.
 *
 * @param home the origin of the app. Default: that of the worker.
 */
export function requestMatcher(match: Matcher, home?: string): (request: Request) => Match | undefined {
  /** What was asked lately: an app asks for the same again and again. */
  const known = new Map<string, Match | undefined>()
  return (request) => {
    if (!mayBeOurs(request)) return undefined
    const { method, url } = request
    const line = `${method} ${url}`
    let found = known.get(line)
    if (found === undefined && !known.has(line)) {
      found = match(lineOf(request, home))
      if (known.size === MAX_KNOWN) known.clear()
      known.set(line, found)
    }
    // A sign-in or sign-out is ours whatever its form is; and it is small.
    if (!(found?.kind === 'write' && found.rule.session !== undefined) && isUpload(request)) return undefined
    return found?.kind === 'read' && (isOpaque(request, home) || (!found.rule.ranges && isForBytes(request)))
      ? undefined
      : found
  }
}

const MAX_KNOWN = 500

/** @param home the origin of the app. Default: that of the worker. */
export function lineOf({ method, url }: Pick<Request, 'method' | 'url'>, home = location.origin): RequestLine {
  const { origin, pathname, search } = new URL(url)
  return { method, origin, sameOrigin: origin === home, pathname, search }
}

function mayBeOurs(request: Request): boolean {
  const { headers } = request
  if (request.mode === 'navigate') return false
  if (headers.get('accept')?.includes('text/event-stream') === true) return false
  return request.cache !== 'only-if-cached' || request.mode === 'same-origin'
}

/** A body whose sending a page may want to watch. Without a type it is bytes, if there is one. */
function isUpload(request: Request): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return false
  const type = request.headers.get('content-type')
  return type === null ? !isEmpty(request) : !TEXT.test(type)
}

/**
 * Whether a request has no body. Firefox has no `Request.body` to ask; but no engine makes a GET of a request that has
 * one, and none reads it for saying so (docs/discoveries/requests-without-body.md).
 */
function isEmpty(request: Request): boolean {
  try {
    return Boolean(new Request(request, { method: 'GET' }))
  } catch {
    return false
  }
}

/**
 * Whether no script may see the answer. It cannot be stored, and the worker's own policy may forbid to ask for it where the
 * page's allows it (CSP `connect-src` against `img-src`).
 */
const isOpaque = (request: Request, home?: string): boolean =>
  request.mode === 'no-cors' && !lineOf(request, home).sameOrigin

const isForBytes = ({ headers }: Request): boolean => /^bytes\s*=/i.test(headers.get('range') ?? '')

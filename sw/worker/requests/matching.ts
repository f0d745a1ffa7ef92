import type { Match, Matcher, RequestLine, Rule } from '../../../config/language/index.ts'
import { report } from '../report.ts'
import { worker } from '../scope.ts'

const TEXT = /^(text\/|application\/([^;]+\+)?(json|xml|x-www-form-urlencoded|graphql)\b)/i

/**
 * What the rules say of a request, seen from the request alone (I8); undefined: it is not touched. Never ours are page
 * loads, event streams, uploads, byte ranges that no rule asks for, reads of another origin without CORS, and what asks for
 * a cache mode the browser reserves.
 */
export function requestMatcher(match: Matcher): (request: Request) => Match | undefined {
  /** What was asked lately: an app asks for the same again and again. */
  const known = new Map<string, Match | undefined>()
  return (request) => {
    if (!mayBeOurs(request)) return undefined
    const { method, url } = request
    const line = `${method} ${url}`
    let found = known.get(line)
    if (found === undefined && !known.has(line)) {
      found = match(lineOf(request))
      if (known.size === MAX_KNOWN) known.clear()
      known.set(line, found)
    }
    // A sign-in or sign-out is ours whatever its form is; and it is small.
    if (!(found?.kind === 'write' && found.rule.session !== undefined) && isUpload(request)) return undefined
    return found?.kind === 'read' && (isOpaque(request) || (!found.rule.ranges && isForBytes(request)))
      ? undefined
      : found
  }
}

const MAX_KNOWN = 500

export function lineOf({ method, url }: Pick<Request, 'method' | 'url'>): RequestLine {
  const { origin, pathname, search } = new URL(url)
  return { method, origin, sameOrigin: origin === worker.location.origin, pathname, search }
}

/**
 * Whether a request that a route matches is a read, by its body where the rule says so. What is not surely one is a write.
 *
 * @param isQuery decides for `'graphql'`.
 */
export async function isRead(
  request: Request,
  { name, reads }: Rule,
  isQuery: ((body: string) => boolean) | undefined,
): Promise<boolean> {
  const decide = reads === 'graphql' ? isQuery : reads
  try {
    return decide?.(await request.clone().text()) === true
  } catch (error) {
    report(`${name}: it cannot be told whether a request is a read; it counts as a write`, error)
    return false
  }
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
const isOpaque = ({ mode, url }: Request): boolean =>
  mode === 'no-cors' && new URL(url).origin !== worker.location.origin

const isForBytes = ({ headers }: Request): boolean => /^bytes\s*=/i.test(headers.get('range') ?? '')

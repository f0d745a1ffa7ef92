import type { Match, Matcher } from '../../config/language/index.ts'
import { worker } from './scope.ts'

const TEXT = /^(text\/|application\/([^;]+\+)?(json|xml|x-www-form-urlencoded|graphql)\b)/i

/**
 * What the rules say of a request, seen from the request alone (I8); undefined: it is not touched. Never ours are page
 * loads, event streams, uploads, byte ranges that no rule asks for, and what asks for a cache mode the browser reserves.
 */
export const requestMatcher =
  (match: Matcher) =>
  (request: Request, { origin, pathname, search } = new URL(request.url)): Match | undefined => {
    if (!mayBeOurs(request)) return undefined
    const sameOrigin = origin === worker.location.origin
    const found = match({ method: request.method, origin, sameOrigin, pathname, search })
    return found?.kind === 'read' && !found.rule.ranges && isForBytes(request) ? undefined : found
  }

function mayBeOurs(request: Request): boolean {
  const { headers } = request
  if (request.mode === 'navigate') return false
  if (headers.get('accept')?.includes('text/event-stream') === true) return false
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return false
  return request.method === 'GET' || request.method === 'HEAD' || !isUpload(request)
}

/** A body whose sending a page may want to watch. Without a type it is bytes, if there is one. */
function isUpload(request: Request): boolean {
  const type = request.headers.get('content-type')
  return type === null ? Boolean(request.body) : !TEXT.test(type)
}

const isForBytes = ({ headers }: Request): boolean => /^bytes\s*=/i.test(headers.get('range') ?? '')

import { HASHED_NAME } from '../../sw/core/hashed-name.ts'
import { isQuery } from '../../sw/worker/requests/graphql.ts'
import type { Exchange, Recording } from '../recording/exchange.ts'
import { isJson, mediaTypeOf } from './heads.ts'

/** The exchanges of a recording by what they are for, each in the order of the requests. */
export interface Sorted {
  /** Requests for data, by `fetch` or `XMLHttpRequest`. */
  readonly reads: readonly Exchange[]
  readonly writes: readonly Exchange[]
  /** What elements ask the server for that is no file of the app's build. */
  readonly files: readonly Exchange[]
  /** The files of the app's build: scripts, styles, fonts and images by their usual names. */
  readonly built: readonly Exchange[]
  readonly documents: readonly Exchange[]
  readonly others: readonly { readonly exchange: Exchange; readonly why: string }[]
}

export function sorted({ origin, exchanges }: Recording): Sorted {
  const found = {
    reads: new Array<Exchange>(),
    writes: new Array<Exchange>(),
    files: new Array<Exchange>(),
    built: new Array<Exchange>(),
    documents: new Array<Exchange>(),
    others: new Array<{ exchange: Exchange; why: string }>(),
  }
  for (const exchange of withoutRedirects(exchanges.toSorted((one, other) => one.startedAt - other.startedAt))) {
    const place = placeOf(exchange, origin)
    if (place === 'nowhere') continue
    if (typeof place === 'object') found.others.push({ exchange, ...place })
    else found[place].push(exchange)
  }
  return found
}

type Place = 'reads' | 'writes' | 'files' | 'built' | 'documents' | 'nowhere' | { readonly why: string }

const STREAM = /^(?:text\/event-stream|multipart\/x-mixed-replace|application\/grpc)/

/** Paths of a development server, and of the layer itself. */
const OF_TOOLS =
  /^\/(?:@|node_modules\/|src\/|__(?!data\.json)\w|\.vite\/|_next\/webpack-hmr|sockjs-node|ws$|hmr|freshlayer|sw\.js|service-?worker)/

/** What an app sends to say how it is used: nothing that its own reads show. */
const TELEMETRY =
  /(?:^|\.)(?:google-analytics|googletagmanager|doubleclick|segment|mixpanel|amplitude|sentry|bugsnag|datadoghq|newrelic|nr-data|hotjar|posthog|plausible|matomo|intercom|fullstory|logrocket|facebook|clarity)\.\w+$/

function placeOf(exchange: Exchange, origin: string): Place {
  const { method, url, initiator, requestHeaders, status, isComplete } = exchange
  if (!/^https?:/.test(url)) return 'nowhere'
  if (method === 'OPTIONS' || method === 'CONNECT' || method === 'TRACE') return 'nowhere'
  const { origin: at, pathname, search, hostname } = new URL(url)
  const isOwn = at === origin
  if (isOwn && OF_TOOLS.test(pathname)) return 'nowhere'
  if (!isOwn && TELEMETRY.test(hostname)) return 'nowhere'
  if (initiator === 'document')
    return method === 'GET' ? (isOwn ? 'documents' : 'nowhere') : isOwn ? 'writes' : 'nowhere'
  if (/\/(?:socket\.io|engine\.io|sockjs|signalr|cometd)\//.test(pathname)) return { why: 'a socket by polling' }
  const type = mediaTypeOf(exchange)
  const wantsStream = /text\/event-stream/.test(requestHeaders['accept'] ?? '')
  if (wantsStream || STREAM.test(type)) return { why: 'a stream: the layer leaves it alone' }
  if (!isComplete && status > 0) return { why: 'the answer had not ended: a stream, or cut off by the recording' }
  if (method === 'GET' || method === 'HEAD') {
    if (initiator === 'fetch' || (initiator === 'other' && isJson(type))) {
      const isFile = /\.(?:m?js|css|wasm|map)$/.test(pathname) || isHashedName(pathname)
      return isFile && !isJson(type) ? (isOwn ? 'built' : 'nowhere') : 'reads'
    }
    if (!isOwn || initiator === 'other') return 'nowhere'
    return isOfBuild(pathname, search) ? 'built' : 'files'
  }
  if (method === 'QUERY') return 'reads'
  if (method === 'POST' && isGraphQlQuery(exchange)) return 'reads'
  if (/^(?:POST|PUT|PATCH|DELETE)$/.test(method)) return 'writes'
  return { why: `${method} is no method that a rule reads or writes by` }
}

/** Whether the body of a request is a GraphQL query, so that its answer may be stored. */
function isGraphQlQuery({ requestBody }: Exchange): boolean {
  const text = requestBody?.text
  if (text === undefined || !/"query"\s*:/.test(text)) return false
  try {
    return isQuery(text)
  } catch {
    return false
  }
}

/** Folders of what a build writes, and files that every app has at its root. */
const OF_BUILD =
  /^\/(?:.*\/)?(?:assets|static|build|dist|js|css|img|images|fonts?|media|chunks|_app|_nuxt)\/|^\/(?:favicon|apple-touch-icon|manifest|site\.webmanifest|robots|logo)[^/]*$|^\/[^/]+\.(?:m?js|css|ico|svg|png|webmanifest)$/

/** Whether an element asks for one of the app's own built files: those are kept by `--files`, not by a rule. */
const isOfBuild = (pathname: string, search: string): boolean =>
  isHashedName(pathname) || (OF_BUILD.test(pathname) && !search.includes('='))

/** Whether a file's name changes with its content, as bundlers write it: `app-BX12aZ9q.js`, `main.3f2a1b9c.js`. */
export const isHashedName = (pathname: string): boolean =>
  HASHED_NAME.test(pathname) || /[.-][0-9a-f]{8,}\.[^/]*$/.test(pathname)

/** How long after a redirect its second request may begin. Unit: milliseconds. */
const HOP_MS = 10_000

/**
 * The exchanges without the second requests of redirects. One that only adds or removes a slash at the end counts as the
 * answer to what was asked, as in the worker; any other is no answer that could be stored.
 */
function withoutRedirects(exchanges: readonly Exchange[]): Exchange[] {
  const awaited = new Map<string, { readonly asked: Exchange; readonly isSlash: boolean }[]>()
  const kept: Exchange[] = []
  for (const exchange of exchanges) {
    const waiting = awaited.get(exchange.url) ?? []
    const at = waiting.findIndex(({ asked }) => exchange.startedAt - asked.startedAt < HOP_MS)
    const [hop] = at < 0 ? [] : waiting.splice(at, 1)
    if (hop?.isSlash === true) kept.push({ ...exchange, url: hop.asked.url })
    const target = redirectOf(exchange)
    if (target !== undefined && exchange.initiator !== 'document') {
      const isSlash = withoutSlash(target) === withoutSlash(exchange.url)
      awaited.set(target, [...(awaited.get(target) ?? []), { asked: exchange, isSlash }])
      if (isSlash) continue
    }
    if (hop === undefined) kept.push(exchange)
  }
  return kept
}

function redirectOf({ status, responseHeaders, url }: Exchange): string | undefined {
  const location = responseHeaders['location']
  if (!/^30[12378]$/.test(String(status)) || location === undefined || !URL.canParse(location, url)) return undefined
  return new URL(location, url).href.split('#', 1)[0]
}

const withoutSlash = (href: string): string => href.replace(/\/(?=\?|$)/, '')

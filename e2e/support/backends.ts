/** What stands between the backend and the browser, and compresses. */
export type Front = 'nothing' | 'nginx' | 'Apache'

/** A backend with the headers that it sends to a read of JSON, where its app sets none. */
export interface Backend {
  /** As the guide names it. */
  readonly name: string
  /** Without `ETag`, and without what the server says of itself and of the request. */
  readonly headers: Readonly<Record<string, string>>
  /** The form of its `ETag`. Default: it sends none. */
  readonly tag?: 'weak' | 'strong'
  /**
   * How it compares `If-None-Match` with its tag: as one text, or each tag of the list weakly (RFC 9110 §13.1.2).
   * Default: by no means, as without a tag.
   */
  readonly compares?: 'text' | 'weakly'
  /** It answers a path without a slash at its end by a 307 to the one that has it. Default: false. */
  readonly redirectsToSlash?: true
  /** The rules tell users apart, and the page says who its user is. Default: `identity: 'none'`. */
  readonly hasUsers?: true
  /** Why the rule does not do all that it says, and the field that decides. Default: it does. */
  readonly obstacle?: { readonly why: 'no-store' | 'vary-cookie'; readonly field: string }
}

const NO_STORE = 'no-cache, no-store, max-age=0, must-revalidate'

const OF_DJANGO = {
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

const OF_REST_FRAMEWORK = { Allow: 'GET, PUT, HEAD, OPTIONS', Vary: 'Accept, Cookie', ...OF_DJANGO }

export const BACKENDS: readonly Backend[] = [
  {
    name: 'Rails',
    headers: {
      'Cache-Control': 'max-age=0, private, must-revalidate',
      Vary: 'Accept',
      'X-Frame-Options': 'SAMEORIGIN',
      'X-Content-Type-Options': 'nosniff',
      'X-Permitted-Cross-Domain-Policies': 'none',
      'Referrer-Policy': 'strict-origin-when-cross-origin',
    },
    tag: 'weak',
    compares: 'text',
  },
  { name: 'Laravel', headers: { 'Cache-Control': 'no-cache, private' } },
  {
    name: 'Spring Security',
    headers: {
      'Cache-Control': NO_STORE,
      Pragma: 'no-cache',
      Expires: '0',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'X-XSS-Protection': '0',
    },
    obstacle: { why: 'no-store', field: `cache-control: ${NO_STORE}` },
  },
  { name: 'Express', headers: { 'X-Powered-By': 'Express' }, tag: 'weak', compares: 'weakly' },
  { name: 'Fastify', headers: {} },
  { name: 'Django, with `ConditionalGetMiddleware`', headers: OF_DJANGO, tag: 'strong', compares: 'weakly' },
  {
    name: "Django REST framework, `identity: 'none'`",
    headers: OF_REST_FRAMEWORK,
    obstacle: { why: 'vary-cookie', field: 'vary: Accept, Cookie' },
  },
  { name: 'Django REST framework, users told apart', headers: OF_REST_FRAMEWORK, hasUsers: true },
  { name: 'FastAPI, `/api/items` sent on to `/api/items/`', headers: {}, redirectsToSlash: true },
  { name: 'ASP.NET Core', headers: {} },
  {
    name: 'ASP.NET Core, `[ResponseCache(NoStore = true)]`',
    headers: { 'Cache-Control': 'no-store' },
    obstacle: { why: 'no-store', field: 'cache-control: no-store' },
  },
]

/** What is tried for a backend. Without a tag Apache does what nginx does. */
export const frontsOf = ({ tag }: Backend): readonly Front[] =>
  tag === undefined ? ['nothing', 'nginx'] : ['nothing', 'nginx', 'Apache']

/** Whether an answer may be used without asking the origin. */
export const hits = ({ obstacle }: Backend): boolean => obstacle === undefined

/** Whether an answer is there when the origin is away. */
export const isKept = ({ obstacle }: Backend): boolean => obstacle?.why !== 'no-store'

/** The status of an answer that was validated and has not changed. Apache's tag is none that the backend has given. */
export const validatedBy = ({ tag }: Backend, front: Front): 200 | 304 =>
  tag === undefined || front === 'Apache' ? 200 : 304

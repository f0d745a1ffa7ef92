/** Why a cursor is of no use any more. */
export type GoneReason = 'retention' | 'generation' | 'scope'

/** An answer that is a problem, thrown from anywhere in a handler. @see RFC 9457 */
export class SyncProblem extends Error {
  readonly status: number
  readonly members: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    detail: string,
    members: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail)
    this.name = 'SyncProblem'
    this.status = status
    this.members = members
    this.headers = headers
  }
}

/** Personal, and never for a cache on the way: the position is in the URL, and the engine keeps the rows itself. */
const PRIVATE = { 'cache-control': 'no-store', 'cdn-cache-control': 'no-store' }

export const answerJson = (body: unknown): Response =>
  new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json', ...PRIVATE } })

/**
 * Nothing has changed since the cursor, and the rows that the client holds are right. No answer has an `ETag`: a cache on
 * the way that keeps one in spite of `no-store` could else say this by itself.
 */
export const answerUnchanged = (): Response => new Response(null, { status: 304, headers: PRIVATE })

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

export const answerProblem = ({ status, message, members, headers }: SyncProblem): Response =>
  new Response(
    JSON.stringify({ type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail: message, ...members }),
    { status, headers: { 'content-type': 'application/problem+json', ...PRIVATE, ...headers } },
  )

/**
 * A cursor that is of no use: 410, with a time to wait that is another one for each client, so that they do not all come back
 * in one instant.
 *
 * @param spread the longest wait. Unit: seconds.
 */
export function gone(reason: GoneReason, spread: number): SyncProblem {
  const wait = 1 + Math.floor(Math.random() * spread)
  return new SyncProblem(410, DETAILS[reason], { reason }, { 'retry-after': String(wait) })
}

const DETAILS: Readonly<Record<GoneReason, string>> = {
  retention: 'The cursor is older than what the change log keeps. Compare, or load anew.',
  generation: 'The cursor is of another database or of one that was restored. Compare, or load anew.',
  scope: 'What the caller may see has changed since the cursor was given. Compare, or load anew.',
}

import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { errorCode, errorLine } from './start-error.ts'

/** One field that was refused; `path` is dotted (`lines.0.quantity`), empty for the whole body. */
interface FieldError {
  readonly path: string
  readonly message: string
}

export interface ProblemExtras {
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer that is an error, thrown from anywhere in a route. @see RFC 9457 */
export class Problem extends Error {
  readonly status: ContentfulStatusCode
  readonly detail: string
  readonly extras: ProblemExtras

  constructor(status: ContentfulStatusCode, detail: string, extras: ProblemExtras = {}) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.detail = detail
    this.extras = extras
  }
}

export const notFound = (what: string): Problem => new Problem(404, `There is no such ${what}.`)

/** The status phrases double as titles: `about:blank` promises no more than the status says (RFC 9457 §4.2.1). */
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** Turns any thrown value into `application/problem+json`. An unexpected one gives a 500; its cause is only logged. */
export function answerProblem(error: unknown, c: Context): Response {
  const { status, detail, extras } = asProblem(error, c.req.method)
  if (status === 500) console.error(`${c.req.method} ${c.req.path} failed:`, error)
  const body = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    ...(extras.errors === undefined ? {} : { errors: extras.errors }),
  }
  return c.body(JSON.stringify(body), status, {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...extras.headers,
  })
}

/** Network errors of a lost connection, and PostgreSQL's classes 08 (connection) and 57P (shutting down). */
const DATABASE_IS_AWAY = /^(?:ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|08|57P)/

function asProblem(error: unknown, method: string): Problem {
  if (error instanceof Problem) return error
  const code = errorCode(error) ?? ''
  if (code === '23505') return new Problem(409, 'Another one already has this name or number.')
  if (code === '23503' && method === 'DELETE') return new Problem(409, 'It is still in use elsewhere.')
  if (code === '23503') return new Problem(422, 'It refers to something that does not exist.')
  // 22003: a number that fits the schema by itself but not the sum it becomes part of.
  if (code === '22003') return new Problem(422, 'A number is too large.')
  if (DATABASE_IS_AWAY.test(code) || /Connection terminated|timeout exceeded/.test(errorLine(error))) {
    return new Problem(503, 'The database cannot be reached at the moment.', { headers: { 'Retry-After': '2' } })
  }
  return new Problem(500, 'Something went wrong on our side.')
}

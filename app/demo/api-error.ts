/** Error messages by field path (`name`, `lines.0.quantity`). */
type FieldErrors = Readonly<Record<string, string>>

/** The server has answered, but not with what was asked for. */
export class ApiError extends Error {
  readonly status: number
  readonly title: string
  readonly fieldErrors: FieldErrors

  constructor(status: number, title: string, detail: string | undefined, fieldErrors: FieldErrors) {
    super(detail ?? title)
    this.name = 'ApiError'
    this.status = status
    this.title = title
    this.fieldErrors = fieldErrors
  }
}

const UNREACHABLE = {
  offline: 'The server cannot be reached. Check the connection, then try again.',
  timeout: 'The server did not answer in time. Try again in a moment.',
} as const

/** The server has not answered. The message is for the user; `cause` is the browser's own error. */
export class UnreachableError extends Error {
  constructor(why: keyof typeof UNREACHABLE, options?: ErrorOptions) {
    super(UNREACHABLE[why], options)
    this.name = 'UnreachableError'
  }
}

/**
 * The error for an unsuccessful answer. If the body is not readable `application/problem+json`, the error only names
 * the status: a proxy's HTML page does not help a cashier.
 *
 * @see RFC 9457 §3
 */
export function problemError(status: number, contentType: string | null, text: string): ApiError {
  const fallback = fallbackTitle(status)
  if (contentType === null || !/^application\/(problem\+)?json\b/i.test(contentType)) {
    return new ApiError(status, fallback, undefined, {})
  }
  const problem = parseObject(text)
  if (problem === undefined) return new ApiError(status, fallback, undefined, {})
  return new ApiError(status, textAt(problem, 'title') ?? fallback, textAt(problem, 'detail'), fieldErrors(problem))
}

/** Whether the server could not answer: the network failed, or a gateway reported that its server is away. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 502 || error.status === 503 || error.status === 504
  return error instanceof UnreachableError
}

/** Whether the server would refuse the same request again. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500
}

/** The error of each field; empty for an error that is not about fields. */
export function fieldErrorsOf(error: unknown): FieldErrors {
  return error instanceof ApiError ? error.fieldErrors : {}
}

/** The sentence to show for any thrown value. The text of an error that is not ours is for a developer, so it is left out. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError || error instanceof UnreachableError) return error.message
  return 'Something went wrong in this page. Load it again.'
}

/** What is said of an answer that does not explain itself. */
function fallbackTitle(status: number): string {
  if (status === 502 || status === 503 || status === 504) return UNREACHABLE.offline
  if (status >= 500) return `The server had a problem (${status}). Try again in a moment.`
  if (status >= 400) return `The server refused this (${status}).`
  return 'The server’s answer cannot be read. Try again in a moment.'
}

function fieldErrors(problem: Record<string, unknown>): FieldErrors {
  const found: Record<string, string> = {}
  if (!Array.isArray(problem['errors'])) return found
  for (const each of problem['errors']) {
    if (!isObject(each)) continue
    const path = textAt(each, 'path')
    const message = textAt(each, 'message')
    if (path !== undefined && message !== undefined) found[path] ??= message
  }
  return found
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textAt(object: Record<string, unknown>, key: string): string | undefined {
  const value = object[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What the parts of the server kit are: a request in, an answer out. It runs as it is wherever Fetch's objects do. */
export type Handler = (request: Request) => Response | Promise<Response>

const natives = new WeakMap<Request, unknown>()

/** The request as it goes to a handler, and the framework's own of which it was made. */
export function named<Given extends Request>(request: Given, native: unknown): Given {
  natives.set(request, native)
  return request
}

/**
 * The framework's own request, of which an adapter has made this one: where a session or a user hangs on it that other
 * middleware has found. Undefined: it is of no adapter.
 * @example principalOf: (request) => (nativeRequest(request) as express.Request).user
 */
export const nativeRequest = (request: Request): unknown => natives.get(request)

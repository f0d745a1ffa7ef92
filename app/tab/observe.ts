import { expectArgument } from './arguments.ts'
import { type Fetch, type Observed, PENDING } from './observed-url.ts'
import { isPage, observedUrls } from './observed-urls.ts'
import { attempt } from './report.ts'

export interface ObserveOptions {
  /**
   * How the URL is read, where the app's requests carry something of their own. All who show a URL share one request, and
   * the function that was given last makes it. Default: `fetch`.
   * @example (url, init) => fetch(url, { ...init, headers: { authorization: token() } })
   */
  readonly fetch?: Fetch
}

/**
 * Calls back at once with what the page has of a URL, which may be nothing yet, and again at each change: when an answer
 * comes, when another tab or a write has changed it, when the origin is away or back. All observers of a URL share one
 * request and one state. A page out of sight reads nothing anew until it is in sight. On a server (no `document`) it calls
 * back once, with nothing, and reads nothing.
 *
 * The type of the data is the app's own word.
 *
 * @returns the way out.
 * @throws TypeError where `connect()` has not been called, or an argument is wrong.
 */
export function observe<T = unknown>(
  url: string,
  callback: (observed: Observed<T>) => void,
  options: ObserveOptions = {},
): () => void {
  expectArgument(typeof url === 'string' && typeof callback === 'function', 'observe', 'a URL as text, and a function')
  if (!isPage()) {
    attempt(() => callback(PENDING))
    return () => undefined
  }
  const observed = observedUrls('observe').get(url)
  // Its read, if it has to be read, has begun by the time that it calls back first.
  let isEnded = false
  let told: Observed | undefined
  const tell = (): void => {
    if (isEnded || told === observed.state) return
    told = observed.state
    attempt(() => callback(observed.state as Observed<T>))
  }
  const leave = observed.subscribe(tell, options.fetch)
  tell()
  return () => {
    isEnded = true
    leave()
  }
}

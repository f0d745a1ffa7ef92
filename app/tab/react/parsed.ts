import type { Fetch } from '../observed-url.ts'

/** How a URL is read, and what is made of its answer. */
export interface ReadOptions<T> {
  /**
   * Makes of the body (of JSON the value, else the text) what the app works with: checks it, or picks a part. What it throws
   * is the query's `error`. In a component give the same function at each render, for it is called again where it is
   * another. Default: the body as it is, and the type is the app's own word.
   * @example (body) => productSchema.parse(body)
   */
  readonly parse?: (body: unknown) => T
  /**
   * Makes the request, where the app's requests carry something of their own. All who show a URL share one request. Default:
   * `fetch`.
   * @example (url, init) => fetch(url, { ...init, headers: { authorization: token() } })
   */
  readonly fetch?: Fetch
}

/** The body as the app has it. Without a function of the app its type is what the app says that it is. */
export const parsed = <T>(body: unknown, parse: ReadOptions<T>['parse']): T =>
  parse === undefined ? (body as T) : parse(body)

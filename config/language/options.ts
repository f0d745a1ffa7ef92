import type { Duration } from './duration.ts'
import type { Preset } from './presets.ts'
import type { Size } from './size.ts'

/** A window of a route's timeline: a {@link Duration}, or `'http'`: what the response's own header fields say. */
export type Window = Duration | 'http'

/** Everything a developer tunes. Hand it to `defineConfig`, which types it and changes nothing. */
export interface Config {
  /**
   * The version of these rules as far as stored data is concerned. Changing it drops, on purpose, everything stored
   * under the old one; leave it alone when only windows or tags change.
   * @example '1'
   */
  version: string

  /**
   * How the answers of one user are told from those of another. Required: a worker cannot see cookies, so it cannot
   * guess. `'none'` says that everyone gets the same answers.
   * @example 'none'
   * @example { by: ['authorization', 'identify'] }
   */
  identity: Identity

  /**
   * The document without data that stands in for any page of the app when the network is away. A path of the app's own
   * origin. One that is not among the app's files is asked of the server whenever a worker is installed. Default: none, and
   * then a stored page answers only for its own URL.
   * @example '/index.html'
   */
  shell?: string

  /** How page loads are treated. They always go to the network first. */
  navigation?: NavigationOptions

  /**
   * What all stored answers may take together. When it is more, the least recently used ones of the rules that hold the
   * most go. Browsers have limits of their own. Default: `'100MB'`.
   * @example '20MB'
   */
  budget?: Size

  /**
   * What holds for each route that does not say otherwise.
   * @example { timeout: '5s', ignoreQuery: ['utm_*'] }
   */
  defaults?: RouteOptions

  /** What is kept and for how long. The first route that matches decides, so put the narrow ones first. */
  routes: readonly Route[]

  /**
   * What else changes when the app writes. A write without an entry ends `fresh` and `stale` of its own URL and of the
   * tags that the route at its path carries. Default: none.
   */
  writes?: readonly Write[]

  /**
   * Where the layer asks whether it must go, for the day a deployment cannot wait. Without it there is the script of
   * `freshlayer kill`. Default: none, and then nothing is asked.
   * @example { url: '/freshlayer-kill.json' }
   */
  kill?: KillOptions
}

/** `'none'`, or the ways to tell users apart. */
export type Identity = 'none' | IdentifiedBy

/** Where the name of a user's share of the store comes from; the first way that gives one decides. */
export interface IdentifiedBy {
  /**
   * `'authorization'`: the request's `Authorization` field (`partitionOf`, else a JWT's issuer and subject, else a digest).
   * `'identify'`: what the page said by `identify(user)`, which is the way for cookie sessions. `'echo'`: what the backend
   * says in the field `echo` of its answers; beside `'identify'` it catches a page whose word is out of date.
   * @example ['authorization', 'identify']
   */
  by: readonly ('authorization' | 'identify' | 'echo')[]

  /**
   * The header field by which the backend says, on every personal answer, whose it is: opaque, stable, not secret. Needed
   * by `'echo'`. Another origin has to expose it. Default: none.
   * @example 'X-User'
   */
  echo?: string

  /**
   * A path that answers with the `echo` field at once, asked when a page opens whose user nobody knows. Without it the
   * page's first read is not answered from store, and says who the user is. Default: none.
   * @example '/api/session'
   */
  probe?: string

  /**
   * `'last'`: a page that opens with the origin away, and whose user nobody knows, is taken for the last one's. Right for
   * devices of one person; on a shared one it shows the last user's data to the next. Default: nobody's data is shown.
   * @example 'last'
   */
  offlineIdentity?: 'last'

  /**
   * The user a token belongs to, for tokens that are not JWTs: a text that is not empty, or a safe integer. It must give
   * the same name for a rotated token of the same user, at once and not as a promise, and `undefined` for one it does not
   * know. Where it gives anything else, or throws, the console says so and the default holds. Runs in the worker, so it
   * cannot use variables of this file's surroundings. Default: the issuer and subject of a JWT, else a digest.
   * @example (token) => token.split('.')[0]
   */
  partitionOf?: (token: string) => string | number | undefined
}

export interface NavigationOptions {
  /**
   * Pages that must never be answered from store, on top of those that never are (`/api`, sign-in callbacks, downloads).
   * Patterns as in {@link Route.match}, without a method. Where documents are stored, the check asks for every other path
   * that a write with `session`, or `identity.probe`, names. Default: none.
   * @example ['/admin/**', '/*.pdf']
   */
  exclude?: readonly string[]

  /**
   * How long the network may take before a stored page answers. `0` does not wait. Default: `'3s'`.
   * @example '5s'
   */
  timeout?: Duration

  /**
   * For apps whose server renders their pages: how long the last good one of each URL answers for it when the network
   * cannot be reached. An app whose pages are all one document needs its `shell` alone. Default: 0, and then none is kept.
   * @example '7d'
   */
  offline?: Duration

  /**
   * Whether a page is the same for everybody. Otherwise it belongs to the user that its `echo` field names, or that the
   * page itself does by `identify`; and without the network it answers only where `offlineIdentity` says whose may.
   * Default: `false`.
   * @example true
   */
  public?: boolean

  /**
   * Who wins where a page forbids to stand in, as the default fields of many servers do: as {@link RouteOptions.trust}.
   * Default: `'http'`.
   * @example 'rule'
   */
  trust?: 'http' | 'rule'
}

/** The remote switch: what it says removes the layer from every browser that asks. */
export interface KillOptions {
  /**
   * A path of the app's own origin, asked past every cache when the last time is more than an hour ago; no page waits for
   * it. A 200 whose JSON says `{ "kill": true }` kills: nothing is answered by the worker any more, its caches and records
   * are deleted, it unregisters. Any other 200 of JSON, and 404 and 410 without `gone`, end the kill. Everything else (a
   * redirect, an error, no network) changes nothing.
   * @example '/freshlayer-kill.json'
   */
  url: string

  /**
   * Whether 404 and 410 kill as well: the file has to stay where it is for the layer to live. Default: `false`.
   * @example true
   */
  gone?: boolean
}

/** What a route may say and `defaults` may say for all of them. */
export interface RouteOptions {
  /**
   * How long an answer is served as it is, with no request made, counted from when the origin made it.
   * `0`: never without asking. Default: `'http'` (`max-age`, `Expires`).
   * @example '5m'
   */
  fresh?: Window

  /**
   * How long after the end of `fresh` an answer is served at once and validated behind.
   * Default: `'http'` (`stale-while-revalidate`, RFC 5861 §3).
   * @example '1h'
   */
  stale?: Window

  /**
   * How long after the end of `fresh` an answer is served when the origin cannot be reached. It runs beside `stale`,
   * not after it. Default: `'http'` (`stale-if-error`, RFC 5861 §4).
   * @example '7d'
   */
  offline?: Window

  /**
   * A point on the timeline under its usual name. It wins over `defaults`; windows written beside it win over it.
   * `'network-first'`: 0, 0, 7 days. `'cache-first'`: fresh for 30 days. `'stale-while-revalidate'`: 0, 7 days, 7 days.
   * `'network-only'`: all zeros. Default: none.
   * @example 'network-first'
   */
  preset?: Preset

  /**
   * How long the network may take while a stored copy is at hand; then the copy answers. With no stored copy the layer
   * keeps waiting. `0` does not wait. Default: `'10s'`.
   * @example '3s'
   */
  timeout?: Duration

  /**
   * How many more times a read that failed is tried, 0 to 5, with jitter and `Retry-After` obeyed. Writes are never
   * repeated. Default: 1.
   * @example 2
   */
  retry?: number

  /**
   * Query parameters that do not change the answer; they stay in the request and are left out of the key. A `*` at the
   * end stands for any ending. A list here replaces the one in `defaults`. Default: none (`_=1700000000000` is always
   * left out).
   * @example ['utm_*', 'fbclid']
   */
  ignoreQuery?: readonly string[]

  /**
   * The media type that is right here; anything else (a sign-in page, a captive portal) is handed over and not stored.
   * `'json'` stands for `application/json` and every `+json` type. Default: whatever the request accepts.
   * @example 'json'
   * @example 'text/csv'
   */
  expects?: string

  /**
   * Who wins when the response forbids what a window allows. `'rule'`: windows win over `no-cache` and
   * `must-revalidate`, never over `no-store`; the check warns about it. Default: `'http'`.
   * @example 'rule'
   */
  trust?: 'http' | 'rule'

  /**
   * Whether everybody gets the same answer, so that users share one copy. Never set it where an answer depends on who
   * asks. Default: `false`.
   * @example true
   */
  public?: boolean

  /**
   * What the stored answers of the route may take. When it is more, the least recently used ones go. Default: no limit but
   * the one for all.
   * @example '5MB'
   */
  budget?: Size

  /**
   * Whether requests for a part (`Range: bytes=…`) are answered too: from a whole answer in store, or from parts kept and
   * put together. Without it they are never touched. Default: `false`.
   * @example true
   */
  ranges?: boolean

  /**
   * Request header fields that choose another answer although the response says no `Vary`. Their values are written into
   * keys, those that sound like secrets as digests. `Authorization`, `Proxy-Authorization` and `Cookie` are refused:
   * `identity` tells users apart. Default: none (`Accept` always counts).
   * @example ['X-Store-Id']
   */
  keyHeaders?: readonly string[]
}

/** One line of the rules: which requests, and their timeline. */
export interface Route extends RouteOptions {
  /**
   * The requests meant. A path of the app's own origin, or a full URL for another. Segments are literal or `:name`; `*`
   * is any text within a segment (a lone `*` is one whole segment); `**` as the last segment is the rest, also none at all.
   * No method means `GET` and `HEAD`; `POST` and `QUERY` name reads that carry a body. Several in a list share the route.
   * With a `fresh` or `stale` of its own a route may meet a path of a sign-in (`/login`, `/auth/…`, what `session` and
   * `probe` name) only by its literal text, not by a star or a parameter.
   * @example '/api/products/:id'
   * @example 'GET https://api.example.com/v1/**'
   * @example ['/api/brands', '/api/brands/:id']
   */
  match: string | readonly string[]

  /**
   * What the query must say as well: a string is the value, `true` any value, `false` that the name is absent.
   * Default: no condition.
   * @example { view: 'full', preview: false }
   */
  query?: Readonly<Record<string, string | boolean>>

  /**
   * Names under which writes and the server reach the stored answers. `{name}` is filled in from `match`, decoded; a tag
   * whose hole has no value for a request is left out. Default: none.
   * @example ['products', 'product:{id}']
   */
  tags?: readonly string[]

  /** What statistics and `explain` call it. Default: the text of `match`. */
  name?: string
}

/** What a write changes besides its own URL. */
export interface Write {
  /**
   * The writes meant, as in {@link Route.match}. No method means `POST`, `PUT`, `PATCH` and `DELETE`.
   * @example 'POST /api/sales'
   * @example ['PUT /api/brands/:id', 'DELETE /api/brands/:id']
   */
  match: string | readonly string[]

  /**
   * What stops being fresh. An entry that begins with `/` or a scheme is a URL, with any query unless it has one itself,
   * or a pattern; everything else is a tag. `{name}` is filled in from `match`.
   * Default: its own URL alone.
   * @example ['sales', 'product:{id}', '/api/till', '/api/reports/**']
   */
  invalidates?: readonly string[]

  /**
   * It signs the user in or out. A sign-out ends and erases what is stored for the user, in every tab; after a sign-in
   * what is stored is shown again only once the origin has answered the same user with success. Page loads (a form that is
   * posted, a link to `GET /logout`) are watched as well, and count as done when they begin. Default: neither.
   * @example 'sign-out'
   */
  session?: 'sign-in' | 'sign-out'

  /** What statistics and `explain` call it. Default: the text of `match`. */
  name?: string
}

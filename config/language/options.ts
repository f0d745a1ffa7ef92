import type { Duration } from './duration.ts'
import type { Preset } from './presets.ts'
import type { Size } from './size.ts'

/** A window of a route's timeline: a {@link Duration}, or `'http'` for the duration in the response's own fields. */
export type Window = Duration | 'http'

/** All options. Pass the config to `defineConfig`, which types it and changes nothing. */
export interface Config {
  /**
   * The address of the JSON Schema, by which editors complete and check rules that are written as JSON. The layer does not
   * read it. Default: none.
   * @example './node_modules/freshlayer/lib/schema.json'
   */
  $schema?: string

  /**
   * The version of the stored data. A new version drops everything that was stored under the old one. Do not change it
   * when only windows or tags change.
   * @example '1'
   */
  version: string | number

  /**
   * How the worker tells the answers of one user from those of another. Required, because a worker cannot see cookies.
   * `'none'`: all users get the same answers.
   * @example 'none'
   * @example { by: ['authorization', 'identify'] }
   */
  identity: Identity

  /**
   * A document without data that answers for any page of the app when the network fails. A path of the app's own
   * origin. If it is not one of the app's files, each new worker fetches it from the server. Default: none, and then a
   * stored page answers only for its own URL.
   * @example '/index.html'
   */
  shell?: string

  /**
   * How page loads are handled. They always go to the network first. Default: a stored page answers after `'3s'`.
   * @example { timeout: '5s', exclude: ['/admin/**'] }
   */
  navigation?: NavigationOptions

  /**
   * The maximum size of all stored answers. Above it, the rules that hold the most lose their least recently used
   * answers. Browsers also have their own limits. Default: `'100MB'`.
   * @example '20MB'
   */
  budget?: Size

  /**
   * The options of every route that does not set them itself. Default: none.
   * @example { timeout: '5s', ignoreQuery: ['utm_*'] }
   */
  defaults?: RouteOptions

  /**
   * What is kept and for how long. The first route that matches decides, so put the narrow ones first.
   * @example [{ match: '/api/products/:id', fresh: '5m', stale: '1h', tags: ['product:{id}'] }]
   */
  routes: readonly Route[]

  /**
   * What else changes when the app writes. A write without an entry ends `fresh` and `stale` of its own URL and of the
   * tags that the route at its path carries. Default: none.
   * @example [{ match: 'POST /api/sales', invalidates: ['products', 'stock'] }]
   */
  writes?: readonly Write[]

  /**
   * The groups of the backend's `Cache-Groups` fields (RFC 9875) that `invalidates` names. A `*` at the end stands for any
   * ending. The check takes every other tag for a mistake that no route has. A worker reads the field only if some route
   * leaves `fresh` to `'http'`. Default: none.
   * @example ['catalogue', 'product:*']
   */
  groups?: readonly string[]

  /**
   * A file on the server that can switch the layer off remotely. The script of `freshlayer kill` works without it.
   * Default: none, and then the layer requests no such file.
   * @example { url: '/freshlayer-kill.json' }
   */
  kill?: KillOptions

  /**
   * The feed by which the server says that something has changed. One tab in sight listens for all tabs; what has a tag of a
   * message is validated. The Vite plugin gives it to pages; elsewhere they get it by `connect({ push })`. Default: none.
   * @example { url: '/events' }
   */
  push?: PushOptions

  /**
   * The endpoint by which `collections` are kept in step. Default: none, and then there are no collections.
   * @example { url: '/api/sync' }
   */
  sync?: SyncOptions

  /**
   * What is kept row by row: by the name that the endpoint has for it, where its list and its items are read. A list
   * without a query and its items are then answered from the rows. Default: none.
   * @example { products: { list: '/api/products', item: '/api/products/:id' } }
   */
  collections?: Readonly<Record<string, CollectionOptions>>

  /**
   * How the writes are sent whose rules say `offline: 'queue'`. Default: the defaults of its options.
   * @example { giveUpAfter: '30d' }
   */
  outbox?: OutboxOptions
}

/** A feed of messages from the server. */
export interface PushOptions {
  /**
   * A path of the app's own origin, or a full URL. It gets no token: the request has the page's cookies and, with
   * `connect({ authorization })`, its `Authorization`. The layer adds `since` and `poll` to the query of a feed of
   * `freshlayer/server`.
   * @example '/events'
   */
  url: string

  /**
   * `'sse'`: an event stream. `'websocket'`: a WebSocket, which has cookies and no `Authorization`. Where a proxy holds a
   * feed of `freshlayer/server` back or cuts it, the layer goes on by event stream, long polling and polling, and tries the
   * better ways again later. Default: `'sse'`.
   * @example 'websocket'
   */
  via?: 'sse' | 'websocket'

  /**
   * Makes tags of a message, for a feed that is not of `freshlayer/server`. It gets the message's text and its event type
   * (`'message'` if it has none), and returns tags, or `undefined` for a message that says nothing. One that throws counts
   * as a message that may mean anything. It runs in the page. Default: messages are those of `freshlayer/server`.
   * @example (message) => [message.split(':').slice(0, 2).join(':')]
   */
  parse?: (message: string, type: string) => readonly string[] | undefined

  /**
   * The tags that the feed tells of, for a feed with `parse`: it cannot say what was missed while no tab was connected, so what has these tags
   * is validated after each gap. Default: everything stored.
   * @example ['products', 'categories']
   */
  covers?: readonly string[]

  /**
   * Which cookies the request has, as in `fetch`. Another origin needs `'include'`. Default: `'same-origin'`.
   * @example 'include'
   */
  credentials?: 'omit' | 'same-origin' | 'include'
}

/** `'none'`, or the ways to tell users apart. */
export type Identity = 'none' | IdentifiedBy

/** How the worker finds the user of a request. The first way that names a user decides. */
export interface IdentifiedBy {
  /**
   * `'authorization'`: the request's `Authorization` field (`partitionOf`, else a JWT's issuer and subject, else a
   * digest). `'identify'`: the user that the page named by `identify(user)`, for cookie sessions. `'echo'`: the user
   * that the backend names in the field `echo` of its answers. Beside `'identify'` it detects a page that names a
   * former user.
   * @example ['authorization', 'identify']
   */
  by: readonly ('authorization' | 'identify' | 'echo')[]

  /**
   * The header field in which the backend names the user of every personal answer. The value is opaque, stable and not
   * secret. Required for `'echo'`. Another origin has to expose the field. Default: none.
   * @example 'X-User'
   */
  echo?: string

  /**
   * A path that answers quickly with the `echo` field. The worker requests it when a page opens and its user is
   * unknown. Without it the page's first read is not answered from store; its answer names the user. Default: none.
   * @example '/api/session'
   */
  probe?: string

  /**
   * `'last'`: when a page opens while the origin is away and its user is unknown, it gets the last user's data. Use it
   * for devices of one person. On a shared device the next user sees the last user's data. Default: no personal data is
   * shown.
   * @example 'last'
   */
  offlineIdentity?: 'last'

  /**
   * Returns the user of a token that is not a JWT: a non-empty string or a safe integer. It must return the same name
   * for a rotated token of the same user, not a promise, and `undefined` for an unknown token. If it returns anything
   * else, or throws, the console says so and the default applies. It runs in the worker, so it cannot use variables
   * around it. Default: the issuer and subject of a JWT, else a digest.
   * @example (token) => token.split('.')[0]
   */
  partitionOf?: (token: string) => string | number | undefined
}

export interface NavigationOptions {
  /**
   * More pages that are never answered from store, besides `/api`, sign-in callbacks and downloads. Patterns as in
   * {@link Route.match}, without a method. If documents are stored, the check requires here every other path of a link
   * (`GET`) with `session`, and recommends it for a path to which an HTML form may post. Default: none.
   * @example ['/admin/**', '/*.pdf']
   */
  exclude?: readonly string[]

  /**
   * How long the layer waits for the network before a stored page answers. `0`: no wait. Default: `'3s'`.
   * @example '5s'
   */
  timeout?: Duration

  /**
   * For apps with server-rendered pages: how long the last good page of a URL answers when the network fails. An app
   * with one document for all pages only needs `shell`. Default: 0, and then no page is stored.
   * @example '7d'
   */
  offline?: Duration

  /**
   * Query parameters that do not change a stored page, such as those of campaigns: `/?utm_source=mail` and `/` are one
   * page. They stay in the request. As {@link RouteOptions.ignoreQuery}, whose list in `defaults` is not meant here.
   * Default: none.
   * @example ['utm_*', 'fbclid']
   */
  ignoreQuery?: readonly string[]

  /**
   * Whether pages are the same for all users. Otherwise a page belongs to the user that its `echo` field or its own
   * `identify` names, and without the network it answers only with `offlineIdentity: 'last'`. Default: `false`.
   * @example true
   */
  public?: boolean

  /**
   * What decides when a page's fields forbid offline use, as the default fields of many servers do. As
   * {@link RouteOptions.trust}. Default: `'rule'`.
   * @example 'http'
   */
  trust?: 'http' | 'rule'
}

/** The remote kill switch. It removes the layer from every browser that requests it. */
export interface KillOptions {
  /**
   * A path of the app's own origin. The worker requests it at most once an hour, past every cache, and no page waits
   * for it. A 200 with the JSON `{ "kill": true }` kills: the worker answers nothing any more, deletes its caches and
   * records, and unregisters. Any other JSON 200 ends the kill; so do 404 and 410 without `gone`. Everything else (a
   * redirect, an error, no network) changes nothing.
   * @example '/freshlayer-kill.json'
   */
  url: string

  /**
   * Whether 404 and 410 kill as well. Then the file must stay on the server as long as the layer is used. Default:
   * `false`.
   * @example true
   */
  gone?: boolean
}

/** The endpoint that says what has changed since a cursor: `GET <url>?entities=products&since=<cursor>`. */
export interface SyncOptions {
  /**
   * A path of the app's own origin.
   * @example '/api/sync'
   */
  url: string

  /**
   * Whether the backend has `POST <url>/compare` and `POST <url>/rows`, by which a collection that differs is made good
   * without loading all of it. A 404, 405 or 501 there counts as `false`. Default: `true`.
   * @example false
   */
  compare?: boolean

  /**
   * For a backend whose `timestamp` is a time (ISO 8601): how far before it the next request asks again, because a
   * transaction may commit later than the time that it writes. What comes twice is told apart by its id. Longer than the
   * longest transaction. Default: `'5m'`. Cursors of `freshlayer/server` need none.
   * @example '10m'
   */
  overlap?: Duration
}

/** A list and its items, kept as rows. */
export interface CollectionOptions {
  /**
   * Where all of them are read, without a query: a path of the app's own origin, without parameters. A route must read it.
   * How long its rows are `fresh`, `stale` and `offline` says that route, counted from the last sync. A window that is
   * `'http'` counts as 0.
   * @example '/api/products'
   */
  list: string

  /**
   * Where one of them is read. One parameter stands for the id. A route must read it. Default: items are not answered
   * from the rows.
   * @example '/api/products/:id'
   */
  item?: string

  /**
   * The path of the id in a row's JSON: a text or a number. Default: `'id'`.
   * @example 'uuid'
   */
  id?: string

  /**
   * The path of the rows in the list's JSON. What the list's JSON has around them is taken from its last answer. Default:
   * the JSON is the list of rows.
   * @example 'data.items'
   */
  items?: string

  /**
   * The path of the number of rows in the list's JSON, beside `items`. Default: none.
   * @example 'total'
   */
  total?: string

  /**
   * The path of what changes whenever a row does, as the endpoint's digest has it. Default: `'updated_at'`.
   * @example 'version'
   */
  version?: string

  /**
   * The path of what the list is ordered by; with a `-` before it the highest come first. Numbers are compared as numbers
   * and other values as texts, rows with the same value by their ids. Default: the id.
   * @example '-created_at'
   */
  order?: string
}

/** Options of a route, which `defaults` can set for all routes. */
export interface RouteOptions {
  /**
   * How long an answer is served without a request, counted from when the origin made it.
   * `0`: never. Default: `'http'` (`max-age`, `Expires`).
   * @example '5m'
   */
  fresh?: Window

  /**
   * How long after the end of `fresh` an answer is served at once and validated in the background.
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
   * Windows under the usual name of a strategy. A preset overrides `defaults`; the route's own windows override the
   * preset. `'network-first'`: 0, 0, 7 days. `'cache-first'`: fresh for 30 days. `'stale-while-revalidate'`: 0, 7 days,
   * 7 days. `'network-only'`: all zeros. Default: none.
   * @example 'network-first'
   */
  preset?: Preset

  /**
   * How long the layer waits for the network before a stored answer is served instead. Without a stored answer the
   * layer keeps waiting. `0`: no wait. Default: `'10s'`.
   * @example '3s'
   */
  timeout?: Duration

  /**
   * How often a read is repeated that failed or was answered with 502, 503 or 504: 0 to 5 times, with jitter.
   * `Retry-After` is obeyed. Writes are never repeated. Default: once, and after a 502, 503 or 504 only with
   * `Retry-After`, because a repeated read is a second request at a busy server.
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
   * Members of a JSON body that do not count where a new answer is compared with the stored one: the time, the number of a
   * request. An answer that differs in them alone is unchanged: it is stored, and no page is told of a change. A dot
   * separates names (a backslash stands before a dot of a name), and `*` is any one name or item. A body that is no JSON
   * counts as it is. A list here replaces the one in `defaults`. Windows stay as they are, so a page may show such a member
   * as old as its answer. Default: everything counts.
   * @example ['serverTime', 'meta.now', 'items.*.seenAt']
   */
  ignoreInDiff?: readonly string[]

  /**
   * The expected media type. An answer of another type (a sign-in page, a captive portal) goes to the page and is not
   * stored. `'json'` covers `application/json` and every `+json` type, `'image/*'` each image. The other names of a format
   * (`text/javascript`, `application/javascript`) count as well. `'*\/*'`: any type, whatever `defaults` say. Default: the
   * types that the request accepts.
   * @example 'json'
   * @example 'text/csv'
   */
  expects?: string

  /**
   * What decides when a duration of the rule allows what the response forbids. `'rule'`: the duration overrides
   * `no-cache`, `must-revalidate` and `max-age`; windows that are `'http'` obey them. `'http'`: durations obey them as
   * well. `no-store` is obeyed in any case. Default: `'rule'`.
   * @example 'http'
   */
  trust?: 'http' | 'rule'

  /**
   * Where `fresh` is `'http'` and an answer does not say how long it is fresh: the part of the time since its
   * `Last-Modified` for which it is, 0 to 1, and at most a day (RFC 9111 §4.2.2 suggests a tenth). Use it for files. Many
   * APIs fill `Last-Modified` from a row that a user may edit at any time. A 404, 405, 410, 414 or 501 with
   * `Last-Modified` counts as well, and another error that is `public`. Default: 0, and then such an answer is validated at
   * each use, and such an error is not stored.
   * @example 0.1
   */
  heuristic?: number

  /**
   * Whether all users get the same answer and share one stored copy. Never set it for an answer that depends on the
   * user. Default: `false`.
   * @example true
   */
  public?: boolean

  /**
   * The maximum size of the route's stored answers. Above it, the least recently used ones are deleted. Default: only
   * the limit for all routes together.
   * @example '5MB'
   */
  budget?: Size

  /**
   * Whether the layer answers range requests (`Range: bytes=…`): from a whole stored answer, or from combined parts.
   * Without it such requests go to the network untouched. Default: `false`.
   * @example true
   */
  ranges?: boolean

  /**
   * Whether answers with `Vary: Cookie` may change within one user's session, as with a cookie for the language. A worker
   * cannot see cookies, so such an answer is then validated before each use. Where users are not told apart (`identity:
   * 'none'`, `public`, requests without a token) it always is. Default: `false`, and then a user's own answers are
   * taken to have the user's own cookies.
   * @example true
   */
  cookieVariants?: boolean

  /**
   * What a page that the user has reloaded gets. `'validate'`: the first read of each URL by such a page asks the origin;
   * the stored answer stands in when the origin is away or slower than `timeout`. `'rule'`: the same as any other page.
   * Default: `'validate'`.
   * @example 'rule'
   */
  onReload?: 'validate' | 'rule'

  /**
   * Whether a page that comes into sight has its shown answers validated: those that are no longer fresh, at most once in
   * 5 s for all tabs. An answer that a write has invalidated is validated whatever this says. Default: `true`.
   * @example false
   */
  onFocus?: boolean

  /**
   * Whether the shown answers are validated when the connection is back. Data from before a lost connection counts as
   * stale after it, also for later reads. Default: `true`.
   * @example false
   */
  onReconnect?: boolean

  /**
   * How often an answer is validated while a visible page shows it, whatever `fresh` says: a duration of at least a
   * second. All tabs together make one request. Errors slow it down, and `Retry-After` is obeyed. Only reads by `GET` are
   * polled. Default: never (0 and `'forever'` mean the same).
   * @example '30s'
   */
  poll?: Duration

  /**
   * Whether `poll` goes on in a page that is out of sight. Browsers slow the timers of such pages to one a minute.
   * Default: `false`.
   * @example true
   */
  pollHidden?: boolean

  /**
   * Request header fields that select another answer although the response has no `Vary`. Their values become part of
   * the key. A field whose name suggests a secret is stored as a digest. `Authorization`, `Proxy-Authorization` and
   * `Cookie` are refused, because `identity` tells users apart. Default: none (`Accept` always counts).
   * @example ['X-Store-Id']
   */
  keyHeaders?: readonly string[]
}

/** A light endpoint: it answers a version, a list of `{ id, updatedAt }`, or an object of these by entity. */
export interface VersionsOptions {
  /**
   * A path of the app's own origin, or a full URL of the origin that the route matches. `{name}` is filled in from `match`.
   * @example '/api/versions?entities=products'
   */
  url: string

  /**
   * The member of its answer that is meant, where one answer has several. Default: the answer itself.
   * @example 'products'
   */
  entity?: string

  /**
   * For a route of single items, where the endpoint lists items: the id of the item, so that only its own version counts.
   * `{name}` is filled in from `match`, decoded. Default: all items count.
   * @example '{id}'
   */
  id?: string
}

/** One rule: the requests it matches, and their timeline. */
export interface Route extends RouteOptions {
  /**
   * The requests that match. A path of the app's own origin, or a full URL for another. Segments are literal or
   * `:name`; `*` is any text within a segment (a lone `*` is one whole segment); `**` as the last segment is the rest,
   * also none at all. No method means `GET` and `HEAD`; `POST` and `QUERY` name reads that carry a body. Several in a
   * list share the route. With a `fresh` or `stale` of its own a route may meet a path of a sign-in (`/login`,
   * `/auth/…`, what `session` and `probe` name) only by its literal text, not by a star or a parameter.
   * @example '/api/products/:id'
   * @example 'GET https://api.example.com/v1/**'
   * @example ['/api/brands', '/api/brands/:id']
   */
  match: string | readonly string[]

  /**
   * The query that a request must have: a string is the value, `true` is any value, `false` means that the name is
   * absent. Default: no condition.
   * @example { view: 'full', preview: false }
   */
  query?: Readonly<Record<string, string | boolean>>

  /**
   * Which requests of a `POST` in `match` are reads, where the same path also takes writes. `'graphql'`: those whose
   * body is a GraphQL query (or a list of them) as JSON. A function gets the body as text. What is not surely a read (another
   * operation, a body that cannot be parsed, a function that throws or returns anything but `true`) is a write: it goes to
   * the server, and what `writes` says of the path applies. The function runs in the worker, so it cannot use variables
   * around it. Default: every request that matches is a read.
   * @example 'graphql'
   * @example (body) => JSON.parse(body).method.startsWith('get')
   */
  reads?: 'graphql' | ((body: string) => boolean)

  /**
   * Names by which writes and the server invalidate the stored answers. `{name}` is filled in from `match`, decoded. A
   * tag with a hole that has no value is left out. Default: none.
   * @example ['products', 'product:{id}']
   */
  tags?: readonly string[]

  /**
   * A light endpoint that says whether anything has changed, asked before the route's own URL when a stored answer is
   * validated: an equal version confirms the answer, and another one fetches it. A text is its URL. One request serves all
   * answers that share it. An endpoint that fails, or gives no version, is passed over, and the console says so. `refresh()`
   * and a reload always fetch. Default: none.
   * @example '/api/versions/products'
   * @example { url: '/api/versions?entities=products', entity: 'products', id: '{id}' }
   */
  versions?: string | VersionsOptions

  /**
   * Whether the browser asks the network beside the worker while the worker is stopped: the page gets the first answer
   * and does not wait for the worker to start. Only for answers that are the same for all users, and only for `GET`. The
   * network's answer passes the layer by: it has no `Cache-Status`, the browser's own cache may have given it, and the
   * origin gets two requests. Chromium only; without effect in other browsers and in a worker with work of its own.
   * Default: `false`.
   * @example true
   */
  race?: boolean

  /**
   * Whether the browser may keep the latest answer as a dictionary, by which the backend compresses the next one (RFC 9842):
   * a long list in which little has changed is then a hundredth of its usual size. The backend needs `dictionaries()` of
   * `freshlayer/server`; without it, and in browsers without dictionaries, nothing differs. `true`: for answers that are the
   * same for all users. `'until-sign-out'`: for a user's own answers, where the answer to the sign-out says
   * `Clear-Site-Data: "cache"`. Otherwise the browser would name one user's dictionary in the requests of the next.
   * `freshlayer check --probe` looks at it. Default: `false`.
   * @example true
   */
  dictionary?: boolean | 'until-sign-out'

  /**
   * What statistics and `explain` call it. Default: the text of `match`.
   * @example 'catalogue'
   */
  name?: string
}

/** What a backend honours, so that a write may be sent again: two requests with one key are performed once. */
export interface IdempotencyOptions {
  /**
   * The name of the request field with the key. Another origin has to allow it (CORS). Default: `'Idempotency-Key'`.
   * @example 'X-Request-Id'
   */
  field?: string

  /**
   * `'string'`: the key in quotes, as the expired draft of `Idempotency-Key` has it. `'plain'`: the key as it is. Default:
   * `'string'`.
   * @example 'plain'
   */
  form?: 'string' | 'plain'

  /**
   * How long the backend knows a key. A write whose outcome is still unknown after that is not sent again by itself. Default:
   * `'24h'`.
   * @example '7d'
   */
  keeps?: Duration
}

/** What shows whether a write was performed whose answer was lost. */
export interface WitnessOptions {
  /**
   * What is read by GET: the list that has the new row, or the row. A path of the app's own origin, or a full URL of the
   * origin that `match` names. `{name}` is filled in from `match`. Default: the write's own URL without its query.
   * @example '/api/stock/{productId}/adjustments'
   */
  url?: string

  /**
   * The members of the request's JSON that the backend keeps as they are sent. Leave out what it computes or never gives
   * back. Default: all of them.
   * @example ['productId', 'quantity', 'reference']
   */
  compare?: readonly string[]

  /**
   * How long after the last attempt the backend cannot still be performing it. Only what is missing after that is sent
   * again. Default: `'30s'`.
   * @example '2m'
   */
  after?: Duration
}

/** How a write waits for an origin that is away. */
export interface QueueOptions {
  /**
   * `'queue'`: the write is recorded before it is sent, and sent later where the origin cannot be reached. The page gets a
   * 202 then, and reads show the write. `'off'`: it fails as without the layer. Default: `'off'`.
   * @example 'queue'
   */
  offline?: 'queue' | 'off'

  /**
   * How long the page waits for the origin's own answer to a write whose turn it is. After that it gets the answer of a
   * queued write, and the request goes on. `0`: it never waits. `'forever'`: until the request fails. Default: `'5s'`.
   * @example '2s'
   */
  timeout?: Duration

  /**
   * The status of the answer that the page gets in place of the origin's: what an app expects that does not know of
   * queued writes. A 204 has no body. A deletion gets no body in any case. Default: 202.
   * @example 201
   */
  status?: 200 | 201 | 202 | 204

  /**
   * What the write changes one of. Writes to one of them are sent in order, one after the other, also where their paths
   * differ. Default: the path stands for it.
   * @example 'product'
   */
  entity?: string

  /**
   * The parameter of `match` that is its id. Default: the parameter that is the last segment; a pattern without one is that
   * of a list.
   * @example ':productId'
   */
  id?: string

  /**
   * The member of its JSON that holds its id. Default: `'id'`.
   * @example 'uuid'
   */
  idMember?: string

  /**
   * The member of its JSON that changes whenever the row does, such as a time or a number: for a backend that sends no ETag, and
   * for `'last-write-wins'`, which needs a time. Default: `'updated_at'`.
   * @example 'version'
   */
  versionMember?: string

  /**
   * Whether the backend honours a key, so that a write whose answer was lost can be sent again: `true`, the name of the field,
   * or more about it. Without one, PUT, DELETE, JSON merge patches and writes with `If-Match` are sent again, and for others a
   * `witness` is asked. Default: `false`.
   * @example true
   * @example { field: 'X-Request-Id', form: 'plain', keeps: '7d' }
   */
  idempotent?: boolean | string | IdempotencyOptions

  /**
   * What shows whether a write was performed whose answer was lost, for a backend that honours no key. A text is its URL.
   * `false`: nothing does, so the user is asked. Default: the write's own URL, if a route reads it.
   * @example { compare: ['reference'], after: '2m' }
   */
  witness?: false | string | WitnessOptions

  /**
   * What happens when the row has changed at the origin (409, 412). `'last-write-wins'`: the later one, of a JSON merge patch
   * each member by itself. `'server-wins'`: the write is dropped. `'client-wins'`: it is sent on top. `'ask'`: the user
   * decides. A function gets the row as the user saw it, as the user wants it, and as it is there (undefined: deleted), and
   * returns the row as it is to be, or `'ask'`. It runs in the worker, so it cannot use variables around it. Default:
   * `'ask'`.
   * @example 'last-write-wins'
   * @example (base, mine, theirs) => ({ ...theirs, note: `${theirs.note}\n${mine.note}` })
   */
  conflict?:
    | 'last-write-wins'
    | 'server-wins'
    | 'client-wins'
    | 'ask'
    | ((base: unknown, mine: unknown, theirs: unknown) => unknown)

  /**
   * Whether reads show the write before the origin has it. `true`: a create, a change or a deletion in its list and its item,
   * new rows at the end of the list. `'first'`: new rows at the beginning. `false`: reads show it once the origin has it. A
   * function gets what is read, as JSON, the write, and the URL that is read, and returns what is read with the write. It is
   * called for the write's list, its item, and the URLs that `invalidates` names. It runs in the worker, so it cannot use
   * variables around it. Default: `true`.
   * @example 'first'
   * @example (cached, { body }) => ({ ...cached, open: cached.open + body.count })
   */
  optimistic?:
    | boolean
    | 'first'
    | ((
        cached: unknown,
        write: {
          readonly method: string
          readonly url: string
          readonly params: Readonly<Record<string, string>>
          readonly body: unknown
        },
        read: { readonly url: string },
      ) => unknown)

  /**
   * Whether writes to one row that were never sent are sent as one: a create and its changes, several changes, a change and
   * the deletion. Only where every backend would make the same of it. Default: `false`.
   * @example true
   */
  coalesce?: boolean

  /**
   * `'persistent'`: the write is only queued where the browser has promised not to delete the app's data. Default: it is
   * queued in any case.
   * @example 'persistent'
   */
  demand?: 'persistent'
}

/** Where many queued writes are sent in one request. */
export interface BatchOptions {
  /**
   * The endpoint: a path of the app's own origin that takes `POST` as the server kit's `/sync` does.
   * @example '/api/sync'
   */
  url: string

  /**
   * The writes that are sent there, by their `entity`, and what the endpoint calls it. Of these: creates, JSON merge patches, PATCH with plain
   * members, and deletions. All others are sent one by one.
   * @example { product: 'products' }
   */
  entities: Readonly<Record<string, string>>

  /**
   * How long the endpoint knows a write that it has done. Default: `'7d'`, as the server kit.
   * @example '30d'
   */
  keeps?: Duration
}

/** How queued writes are sent. */
export interface OutboxOptions {
  /**
   * Where many writes are sent in one request. Default: each write is a request of its own.
   * @example { url: '/api/sync', entities: { product: 'products' } }
   */
  batch?: BatchOptions

  /**
   * How many writes are sent at the same time: 1 to 16. Default: 4.
   * @example 1
   */
  lanes?: number

  /**
   * How many attempts follow each other by themselves, 1 to 10. Further ones wait for a sign of life: an answer of the origin,
   * a tab that comes into sight. Default: 3.
   * @example 5
   */
  quick?: number

  /**
   * The longest wait before the second attempt. It doubles with each further one, and any time up to it may be chosen.
   * Default: `'1s'`.
   * @example '5s'
   */
  firstWait?: Duration

  /**
   * The longest wait between two attempts. `Retry-After` comes before it. Default: `'5m'`.
   * @example '1h'
   */
  longestWait?: Duration

  /**
   * When a write is given up that was tried and never acknowledged. It is kept, and the user is told. `'forever'`: never.
   * Default: `'7d'`.
   * @example '30d'
   */
  giveUpAfter?: Duration

  /**
   * How long an attempt may take, from 1 second to 4 minutes. What became of one that took longer is not known. Default: `'25s'`.
   * @example '2m'
   */
  attemptTimeout?: Duration

  /**
   * How many writes may wait, 1 to 100,000. One more is treated as on a full disk: it is sent at once and not queued, and
   * where the origin cannot be reached it fails. Default: 10,000.
   * @example 500
   */
  mostWrites?: number

  /**
   * How large the bodies of waiting writes may be in all. One more is treated as on a full disk. Default: `'100MB'`.
   * @example '500MB'
   */
  budget?: Size

  /**
   * Whether pages with a local store of their own (SQLite, IndexedDB) hand its records over to be sent: `joinRecords()` of
   * `freshlayer/records`. The part for it is in workers whose rules say so. Default: false.
   * @example true
   */
  records?: boolean

  /**
   * Whether rows that the device has changed carry `isDirty`, `isDeleted` and `lastSyncedAt` in the data of `observe()` and the hooks. The
   * bodies that the app's own `fetch` gets are the same either way: the marks are in a field, `Freshlayer-Records`. Default: true.
   * @example false
   */
  marks?: boolean
}

/** What a write invalidates besides its own URL, and how it waits for an origin that is away. */
export interface Write extends QueueOptions {
  /**
   * The writes that match, as in {@link Route.match}. No method means `POST`, `PUT`, `PATCH` and `DELETE`.
   * @example 'POST /api/sales'
   * @example ['PUT /api/brands/:id', 'DELETE /api/brands/:id']
   */
  match: string | readonly string[]

  /**
   * What stops being fresh. An entry that begins with `/` or a scheme is a URL, with any query unless it has one
   * itself, or a pattern; everything else is a tag of a route, or a group that {@link Config.groups} lists. `{name}` is
   * filled in from `match`. A function makes tags of the answer, where that is a success with JSON (at most 1 MB), and of the
   * parameters of `match`, decoded. Without an answer, or where the function throws, its tags are not known: give a text that
   * covers them beside it. It runs in the worker, so it cannot use variables around it. Default: its own URL alone.
   * @example ['sales', 'product:{id}', '/api/till', '/api/reports/**']
   * @example ['orders', (answer) => (answer as Order).lines.map(({ productId }) => `product:${productId}`)]
   */
  invalidates?: readonly (string | ((answer: unknown, params: Readonly<Record<string, string>>) => readonly string[]))[]

  /**
   * Whether the write signs the user in or out. A sign-out erases the user's stored data, in every tab. After a
   * sign-in, stored data is shown again only after the origin has answered the same user with success. Page loads (a
   * posted form, a link to `GET /logout`) count as well, and count as done when they begin. Default: neither.
   * @example 'sign-out'
   */
  session?: 'sign-in' | 'sign-out'

  /**
   * Whether the answer to a `POST` may be stored for later `GET`s of its URL. It is if it is a 200 that states how long it
   * is fresh, its `Content-Location` is that URL (RFC 9110 §9.3.3), and a route reads the URL. Never set it for a backend
   * whose answer to the `POST` is not what its `GET` gives. Default: `false`.
   * @example true
   */
  stores?: boolean

  /**
   * What statistics and `explain` call it. Default: the text of `match`.
   * @example 'catalogue'
   */
  name?: string
}

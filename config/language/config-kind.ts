import { parseDuration } from './duration.ts'
import { isRecord, kind, type Kind, list, problem, record, text, word } from './kind.ts'
import {
  pathOf,
  call,
  configWith,
  duration,
  flag,
  isDuration,
  isText,
  meantDuration,
  parameters,
  pattern,
  PLACE,
  template,
} from './option-kinds.ts'
import type {
  CollectionOptions,
  KillOptions,
  NavigationOptions,
  PushOptions,
  SyncOptions,
  VersionsOptions,
} from './options.ts'
import { OUTBOX_KINDS, QUEUE_KINDS } from './queue-kinds.ts'

/** Nothing is polled more often. '30ms' is a slip, and would be a flood. */
const LEAST_POLL_S = 1

const poll = kind(
  "a duration of at least a second ('30s', '5m'), or 0 for none",
  (given) => {
    const parsed = parseDuration(given)
    return parsed === 0 || (parsed !== 'invalid' && parsed >= LEAST_POLL_S)
  },
  (given) => (isDuration(given) ? given.replace(/ms$/, 's') : meantDuration('forever')(given)),
)

const lightUrl = text("a path or a full URL such as '/api/versions?entities=products'", PLACE)

const VERSIONS: Readonly<Record<keyof VersionsOptions, Kind>> = {
  url: lightUrl,
  entity: kind('a text', isText),
  id: template,
}

const versions: Kind = (value, path, problems) =>
  (isRecord(value) ? record(VERSIONS, { url: "a path such as '/api/versions?entities=products'" }) : lightUrl)(
    value,
    path,
    problems,
  )

const NAVIGATION: Readonly<Record<keyof NavigationOptions, Kind>> = {
  exclude: list(pattern([])),
  timeout: duration,
  offline: duration,
  ignoreQuery: parameters,
  public: flag,
  trust: word('http', 'rule'),
}

const KILL: Readonly<Record<keyof KillOptions, Kind>> = { url: pathOf('/freshlayer-kill.json'), gone: flag }

const PUSH: Readonly<Record<keyof PushOptions, Kind>> = {
  url: text(
    "a path of the app's own origin such as '/events', or a full URL",
    /^(?:\/(?!\/)|(?:https?|wss?):\/\/)[^\s#]*$/,
    (given) => (/^[\w-]+(?:\/|$)/.test(given) ? `/${given}` : undefined),
  ),
  via: word('sse', 'websocket'),
  parse: call('from a message and its type to its tags'),
  covers: list(kind('a tag', isText)),
  credentials: word('omit', 'same-origin', 'include'),
}

const SYNC: Readonly<Record<keyof SyncOptions, Kind>> = { url: pathOf('/api/sync'), compare: flag, overlap: duration }

/** Names of members, from the outermost: `data.items`. */
const member = text("the path of a member such as 'id' or 'data.items'", /^[^.\s-][^.\s]*(?:\.[^.\s]+)*$/)

const COLLECTION: Readonly<Record<keyof CollectionOptions, Kind>> = {
  list: text("a path of the app's own origin without parameters such as '/api/products'", /^\/(?!\/)[^\s*:?#]*$/),
  item: text(
    "a path of the app's own origin with one parameter such as '/api/products/:id'",
    /^\/(?!\/)[^\s*:?#]*:[a-z_]\w*[^\s*:?#]*$/i,
  ),
  id: member,
  items: member,
  total: member,
  version: member,
  order: text("the path of a member such as 'name', or '-created_at' for the highest first", /^-?[^.\s-][^\s]*$/),
}

const collection = record(COLLECTION, { list: "the path of the list such as '/api/products'" })

const collections: Kind = (value, path, problems) => {
  if (!isRecord(value))
    return void problems.push(problem(path, value, "an object such as { products: { list: '/api/products' } }"))
  for (const [name, given] of Object.entries(value)) {
    if (/^[\w.-]+$/.test(name)) collection(given, `${path}.${name}`, problems)
    else problems.push(problem(path, name, 'names of letters, digits, dots and dashes'))
  }
}

/** A whole config. */
export const configKind = configWith({
  options: {
    shell: pathOf('/index.html'),
    navigation: record(NAVIGATION),
    kill: record(KILL, { url: "a path of the app's own origin such as '/freshlayer-kill.json'" }),
    push: record(PUSH, { url: "a path such as '/events'" }),
    sync: record(SYNC, { url: "a path of the app's own origin such as '/api/sync'" }),
    collections,
    outbox: record(OUTBOX_KINDS),
  },
  ofRoutes: { poll, versions },
  ofWrites: QUEUE_KINDS,
})

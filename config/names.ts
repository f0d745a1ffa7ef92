/**
 * Names that outlive a version of this code: what is on users' disks goes by them, so they are public API. Each change
 * needs a line here on how the old one is cleaned up. Everything the layer owns begins with "freshlayer".
 *
 * Each name ends with the scope of the worker that owns it: several apps live on one origin, and no worker reads, judges
 * or deletes what belongs to another scope. A scope is the path of a registration's scope URL: `/`, `/shop/`.
 */

/** The scope of a registration, as the names have it. */
export const scopeOf = (registrationScope: string): string =>
  registrationScope.replace(/^[a-z-]+:\/\/[^/]*/i, '').replace(/[?#].*$/s, '')

/**
 * Rows, invalidations, change log, statistics. Relaxed durability: losing the last moments costs a request. The number is
 * the major version of what is stored: another one is another database, so that a rollback finds what it has left.
 */
export const cacheDatabaseOf = (scope: string): string => `freshlayer-cache-v1 ${scope}`

/**
 * Writes made offline. Strict durability: what the page was told is accepted must survive. Keys of queued writes begin with
 * `write `.
 */
export const outboxDatabaseOf = (scope: string): string => `${OUTBOX_PREFIX}${scope}`

/** What the name of every outbox begins with. */
export const OUTBOX_PREFIX = 'freshlayer-outbox-v1 '

/** The object store of all records but those of collections. */
export const RECORDS_STORE = 'records'

/** The rows and cursors of collections: their bulk never queues before an answer. */
export const COLLECTIONS_STORE = 'collections'

/** The index over `RECORDS_STORE` by rule and last use. */
export const LRU_INDEX = 'lru'

/** There when the rows are not to be believed: a write could not be recorded. Emptying the rows removes it. */
export const dirtyFlagCacheOf = (scope: string): string => `freshlayer-dirty ${scope} `

/** The app's own files: hashed ones at their URL, others at one with `?__freshlayer=<revision>`. */
export const precacheOf = (scope: string): string => `freshlayer-precache-v1 ${scope}`

/** The `BroadcastChannel` on which a worker tells its tabs, and the workers before and after it, of changes. */
export const channelOf = (scope: string): string => `freshlayer ${scope}`

/** The Web Lock that a worker holds for as long as it lives. */
export const aliveLockOf = (scope: string, worker: string): string => `freshlayer-worker ${worker} ${scope}`

/** The Web Lock under which one worker at a time keeps a collection of a partition in step. */
export const syncLockOf = (scope: string, partition: string, entity: string): string =>
  `freshlayer-sync ${entity} ${partition} ${scope}`

/** The Web Lock under which one worker at a time sends queued writes. */
export const outboxLockOf = (scope: string): string => `freshlayer-outbox ${scope}`

/** The tag by which a worker has the browser start it once there is a network. Each registration has tags of its own. */
export const OUTBOX_TAG = 'freshlayer-outbox'

/** The Web Lock under which one tab at a time has the records of a local store sent. The app gives the store its name. */
export const recordsLockOf = (name: string): string => `freshlayer-records ${name}`

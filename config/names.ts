/**
 * Names that outlive a version of this code: what is on users' disks goes by them, so they are public API. Each change
 * needs a line here on how the old one is cleaned up. Everything the layer owns begins with "freshlayer".
 *
 * A name with a scope in it belongs to the worker of that scope: several apps live on one origin. A scope is the path of
 * a registration's scope URL: `/`, `/shop/`.
 */

/** The scope of a registration, as the names have it. */
export const scopeOf = (registrationScope: string): string =>
  registrationScope.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*/s, '')

/** Rows, invalidations, change log, statistics. Relaxed durability: losing the last moments costs a request. */
export const CACHE_DATABASE = 'freshlayer-cache'

/** What the name of every outbox begins with. */
export const OUTBOX_PREFIX = 'freshlayer-outbox-v1 '

/**
 * Writes made offline. Strict durability: what the page was told is accepted must survive. Reserved: nothing writes it
 * yet. Keys of queued writes begin with `write `.
 */
export const outboxDatabaseOf = (scope: string): string => `${OUTBOX_PREFIX}${scope}`

/** The object store of all records but those of collections. */
export const RECORDS_STORE = 'records'

/** The one object store of each database. idb-keyval cannot add a second to a database that exists. */
export const OBJECT_STORE = 'keyval'

/** Bodies too large for their row, in Cache Storage; URLs `/__freshlayer/<sequence>` that exist nowhere else. */
export const BODY_CACHE = 'freshlayer-bodies-v1'

/** There when the rows are not to be believed: a write could not be recorded. Emptying the rows removes it. */
export const DIRTY_FLAG_CACHE = 'freshlayer-dirty'

/** The app's own files: hashed ones at their URL, others at one with `?__freshlayer=<revision>`. */
export const PRECACHE = 'freshlayer-precache-v1'

/** The `BroadcastChannel` on which a worker tells its tabs, and the workers before and after it, of changes. */
export const channelOf = (scope: string): string => `freshlayer ${scope}`

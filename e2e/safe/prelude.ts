import { type Fault, type Plan, SAID_PATH, type Said } from './plan.ts'

/**
 * Runs in the worker, before the layer: makes calls fail as planned, and tells the harness what the worker says. Whether
 * storage is sick in this life has to be known before the worker's first call, so it is one of the few things that a test
 * can set from outside and a worker can read at once: the permission to show notifications.
 */
declare const plan: Plan

const isSick = Notification.permission === 'granted'
const nativeFetch = fetch.bind(globalThis)

function say(kind: Said['kind'], text: string): void {
  nativeFetch(SAID_PATH, { method: 'POST', body: JSON.stringify({ kind, text }) }).catch(() => undefined)
}

addEventListener('unhandledrejection', ({ reason }) => say('unhandled', described(reason)))
addEventListener('error', ({ error, message }) => say('unhandled', `${message} ${described(error)}`))
for (const level of ['warn', 'error'] as const) {
  const native = console[level].bind(console)
  console[level] = (...said: unknown[]) => {
    say('report', said.map(described).join(' '))
    native(...said)
  }
}

function described(value: unknown): string {
  return value instanceof Error ? `${value.name}: ${value.message} ${value.stack ?? ''}`.slice(0, 300) : String(value)
}

const counts = new Map<string, number>()

/** Counts a call, and gives the fault that is planned for it. */
function faultOf(call: string): Fault | undefined {
  const count = (counts.get(call) ?? 0) + 1
  counts.set(call, count)
  if (plan.traced) say('call', call)
  const planned = plan.faults.find(
    (planned) => planned.call === call && (planned.lasting ? count >= planned.nth : count === planned.nth),
  )
  if (planned !== undefined) say('fired', `${call} #${count}: ${planned.fault}`)
  return planned?.fault
}

const failure = (fault: Fault): DOMException =>
  fault === 'quota'
    ? new DOMException('planned: no room', 'QuotaExceededError')
    : fault === 'lost'
      ? new DOMException('planned: connection lost', 'AbortError')
      : new DOMException('planned: failed', 'UnknownError')

/** Puts another function in a method's place; it gets the native one, bound to what it was called on. */
function replace<T extends object, K extends keyof T>(
  of: T,
  name: K,
  by: (self: never, native: (...args: unknown[]) => never, args: unknown[]) => unknown,
): void {
  const native = of[name] as (...args: unknown[]) => never
  const replaced = function (this: never, ...args: unknown[]): unknown {
    return by(this, native.bind(this), args)
  }
  Object.defineProperty(of, name, { value: replaced, configurable: true, writable: true })
}

// Calls that give a promise.

function promised<T extends object>(of: T, name: keyof T & string, call: string): void {
  replace(of, name, (self, native, args) => {
    const fault = faultOf(call)
    if (fault === 'throw') throw failure(fault)
    if (fault === 'hang') return new Promise(() => undefined)
    if (fault !== undefined) {
      if (fault === 'lost' && call.startsWith('cache.')) lostCaches.add(self)
      return Promise.reject(failure(fault))
    }
    if (lostCaches.has(self)) return Promise.reject(failure('lost'))
    return native(...args)
  })
}

/** Caches whose files are gone: only opening them anew helps. */
const lostCaches = new WeakSet<object>()

// Calls that make a request of the database.

/** A request that no page has made: what happens to it is ours to say. */
class Pretended extends EventTarget {
  result: unknown
  error: DOMException | null = null
  onsuccess: (() => void) | null = null
  onerror: (() => void) | null = null

  fail(error: DOMException): void {
    this.error = error
    this.dispatchEvent(new Event('error'))
    this.onerror?.()
  }
}

const nativeGet = IDBObjectStore.prototype.get

/** Keeps a transaction from ending: one lives as long as there are requests. */
function keepOpen(store: IDBObjectStore, rounds = Infinity, after: () => void = () => undefined): void {
  if (rounds === 0) return after()
  try {
    nativeGet.call(store, 'nothing').onsuccess = () => keepOpen(store, rounds - 1, after)
  } catch {
    // It has been aborted.
  }
}

function abort(transaction: IDBTransaction, fault: Fault): void {
  Object.defineProperty(transaction, 'error', { value: failure(fault) })
  try {
    transaction.abort()
  } catch {
    // It has been aborted already.
  }
  if (fault === 'lost') drop(transaction.db, true)
}

/** The browser closes a connection; some say so, some do not. */
function drop(db: IDBDatabase, isSaid: boolean): void {
  db.close()
  if (isSaid) db.dispatchEvent(new Event('close'))
}

/** So many requests later whatever belongs to a transaction has been asked for, and it would be committed. */
const AT_COMMIT = 10

function requested(store: IDBObjectStore, fault: Fault | undefined, native: () => IDBRequest): unknown {
  switch (fault) {
    case undefined:
      return native()
    case 'throw':
      throw failure(fault)
    case 'hang':
      keepOpen(store)
      return new Pretended()
    case 'quota': {
      const request = native()
      keepOpen(store, AT_COMMIT, () => abort(store.transaction, fault))
      return request
    }
    case 'reject':
    case 'lost': {
      const pretended = new Pretended()
      // At the time at which it would have succeeded.
      native().onsuccess = () => {
        pretended.fail(failure(fault))
        abort(store.transaction, fault)
      }
      return pretended
    }
  }
}

/** The kind of record that a key or a range of keys is about; none names them all. */
function kindOf(key: unknown = 'any'): string {
  const text = String(key instanceof IDBKeyRange ? key.lower : key)
  if (text === '!') return 'state'
  const [first = '', kind] = text.split('\n')
  if (kind === '\uffff') return 'next partition'
  return kind === undefined ? (first.replace('!', '').split(' ', 1)[0] ?? '') : text.endsWith('\nbody') ? 'body' : kind
}

function inDatabase(): void {
  for (const name of ['get', 'getAll', 'getAllKeys', 'count', 'put', 'delete', 'openCursor'] as const) {
    replace(IDBObjectStore.prototype, name, (store, native, args) =>
      requested(store, faultOf(`${name} ${kindOf(name === 'put' ? args[1] : args[0])}`), () => native(...args)),
    )
  }
  replace(IDBCursor.prototype, 'continue', (cursor: IDBCursor, native, args) => {
    const fault = faultOf(`cursor.continue ${kindOf(cursor.key)}`)
    const store = cursor.source as IDBObjectStore
    if (fault === 'throw') throw failure(fault)
    if (fault === 'hang') return keepOpen(store)
    native(...args)
    if (fault !== undefined) abort(store.transaction, fault)
  })
  replace(IDBDatabase.prototype, 'transaction', (db: IDBDatabase, native, args) => {
    const fault = faultOf(`transaction ${String(args[1])}`)
    if (fault === 'throw') throw failure(fault)
    if (fault === 'lost') drop(db, false)
    const [name] = args as [string]
    if (fault === 'hang') keepOpen((native(name, 'readwrite') as IDBTransaction).objectStore(name))
    const transaction = native(...args) as IDBTransaction
    if (fault === 'reject') queueMicrotask(() => abort(transaction, fault))
    if (fault === 'quota') keepOpen(transaction.objectStore(name), AT_COMMIT, () => abort(transaction, fault))
    return transaction
  })
  replace(IDBFactory.prototype, 'open', (_factory, native, args) => {
    const fault = faultOf('indexedDB.open')
    if (fault === 'throw') throw failure(fault)
    if (fault === 'hang') return new Pretended()
    if (fault === 'reject' || fault === 'quota') {
      const pretended = new Pretended()
      setTimeout(() => pretended.fail(failure(fault)))
      return pretended
    }
    const request = native(...args) as IDBOpenDBRequest
    if (fault === 'lost') request.addEventListener('success', () => setTimeout(() => drop(request.result, true)))
    return request
  })
}

function inChannel(): void {
  const Native = BroadcastChannel
  globalThis.BroadcastChannel = class extends Native {
    constructor(name: string) {
      const fault = faultOf('new BroadcastChannel')
      if (fault === 'throw') throw failure(fault)
      super(name)
      if (fault === 'lost') this.close()
    }

    override postMessage(message: unknown): void {
      const fault = faultOf('postMessage')
      if (fault === 'throw') throw failure(fault)
      if (fault === 'hang') return
      if (fault === 'lost') this.close()
      super.postMessage(message)
    }
  }
}

if (isSick) {
  for (const name of ['open', 'delete', 'has', 'match', 'keys'] as const) {
    promised(CacheStorage.prototype, name, `caches.${name}`)
  }
  for (const name of ['put', 'match', 'delete', 'keys'] as const) promised(Cache.prototype, name, `cache.${name}`)
  promised(SubtleCrypto.prototype, 'digest', 'digest')
  inDatabase()
  inChannel()
}

import { type Plan, SAID_PATH, type Said } from './plan.ts'

/**
 * Runs in the worker, before the layer: tells the harness what the worker says, and makes storage slow. Whether storage
 * is slow in this life has to be known before the worker's first call. The permission to show notifications is one of
 * the few things that a test can set from outside and a worker can read at once.
 *
 * An answer of the database is late in this way: the request runs in its own transaction, at once. Its success event is
 * held back, and small requests keep the transaction open meanwhile. Then the event is dispatched from the success of
 * such a small request, so the transaction is active and the layer can make its next request. The order of events stays,
 * a transaction lives as long as on a slow disk, and those that wait for it wait as long.
 */
declare const plan: Plan

const life = crypto.randomUUID()
const nativeFetch = fetch.bind(globalThis)

function say(kind: Said['kind'], text: string): void {
  nativeFetch(SAID_PATH, { method: 'POST', body: JSON.stringify({ kind, text, life }) }).catch(() => undefined)
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
  return value instanceof Error ? `${value.name}: ${value.message}` : String(value)
}

/** The same outcome, late. */
async function lately(promise: Promise<unknown>): Promise<unknown> {
  await promise.catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, plan.lateMs))
  return promise
}

type Method = (this: object, ...args: unknown[]) => unknown

/** Puts another function in the place of each method of a prototype. */
function replaceMethods(prototype: object, by: (native: Method) => Method): void {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (typeof value !== 'function' || name === 'constructor') continue
    Object.defineProperty(prototype, name, { value: by(value as Method), configurable: true, writable: true })
  }
}

/** A promise of Cache Storage settles late. */
const latePromise = (native: Method): Method =>
  function (...args) {
    const given = native.apply(this, args)
    return given instanceof Promise ? lately(given) : given
  }

const nativeGet = IDBObjectStore.prototype.get

/** A request that a method gives succeeds late. */
const lateRequest = (native: Method): Method =>
  function (...args) {
    const given = native.apply(this, args)
    if (given instanceof IDBRequest) holdBack(given)
    return given
  }

/** Comes before the listeners of the layer: it is added when the request is made. */
function holdBack(request: IDBRequest): void {
  request.addEventListener('success', (event) => {
    if (!event.isTrusted) return
    event.stopImmediatePropagation()
    const deliver = (): void => void request.dispatchEvent(new Event('success'))
    const store = storeOf(request)
    if (store === undefined) setTimeout(deliver, plan.lateMs)
    else keepOpen(store, performance.now() + plan.lateMs, deliver)
  })
}

/** The store of a request; undefined for one that opens or deletes a database. */
function storeOf({ source }: IDBRequest): IDBObjectStore | undefined {
  if (source instanceof IDBObjectStore) return source
  if (source instanceof IDBIndex) return source.objectStore
  const of: unknown = (source as IDBCursor | null)?.source
  return of instanceof IDBIndex ? of.objectStore : of instanceof IDBObjectStore ? of : undefined
}

/** A transaction lives as long as there are requests. One that is committing or aborted takes none: then a timer delivers. */
function keepOpen(store: IDBObjectStore, untilMs: number, deliver: () => void): void {
  if (performance.now() >= untilMs) return deliver()
  try {
    nativeGet.call(store, 'nothing').onsuccess = () => keepOpen(store, untilMs, deliver)
  } catch {
    setTimeout(deliver, untilMs - performance.now())
  }
}

/** The word that a transaction is committed comes late as well. */
const lateCommit = (native: Method): Method =>
  function (...args) {
    const given = native.apply(this, args)
    if (given instanceof IDBTransaction) {
      given.addEventListener('complete', (event) => {
        if (!event.isTrusted) return
        event.stopImmediatePropagation()
        setTimeout(() => given.dispatchEvent(new Event('complete')), plan.lateMs)
      })
    }
    return given
  }

if (Notification.permission === 'granted') {
  for (const { prototype } of [CacheStorage, Cache]) replaceMethods(prototype, latePromise)
  for (const { prototype } of [IDBFactory, IDBObjectStore, IDBIndex, IDBCursor]) replaceMethods(prototype, lateRequest)
  replaceMethods(IDBDatabase.prototype, lateCommit)
}

import { OUTBOX_PREFIX, outboxDatabaseOf, RECORDS_STORE, scopeOf } from '../../config/names.ts'
import { expectArgument } from './arguments.ts'

/** A write that the origin does not have, as it was recorded. */
export interface UnsentWrite {
  readonly key: IDBValidKey
  readonly record: unknown
  /** A large body lies beside its record. Absent: the record has it, or the write has none. */
  readonly body?: ArrayBuffer
}

export interface ExportOptions {
  /**
   * The scope of the worker whose writes are meant, as it was given to `connect()`. Default: of the scopes that have an
   * outbox, the longest one that this page is in; '/' where the browser lists none.
   */
  readonly scope?: string
}

/**
 * Hands the writes that were never sent to the page, for an app whose layer has been removed: a kill leaves them where
 * they are. They are deleted once `keep` has settled, and stay if it rejects. Needs no worker; a living worker sends them
 * itself.
 *
 * @param keep stores them where the page keeps its data: called once, oldest first, and not at all when there are none.
 * @returns how many writes there were. Other records of the outbox are neither counted nor deleted.
 * @throws TypeError if `keep` is no function, and what `keep` or the browser's database throws.
 */
export async function exportOutbox(
  keep: (writes: readonly UnsentWrite[]) => Promise<void>,
  { scope }: ExportOptions = {},
): Promise<number> {
  expectArgument(typeof keep === 'function', 'exportOutbox', 'a function that keeps the writes')
  const db = await openIfThere(scope)
  if (db === undefined) return 0
  try {
    const store = db.transaction(RECORDS_STORE).objectStore(RECORDS_STORE)
    const [writes, bodies] = [under('write'), under('body')]
    const [keys, records, bodyKeys, bodyRecords] = await Promise.all([
      done(store.getAllKeys(writes)),
      done<unknown[]>(store.getAll(writes)),
      done(store.getAllKeys(bodies)),
      done<ArrayBuffer[]>(store.getAll(bodies)),
    ])
    if (keys.length === 0) return 0
    const bodyOf = new Map(bodyKeys.map((key, at) => [String(key), bodyRecords[at]]))
    const unsent = records.map((record, at): UnsentWrite => {
      const key = keys[at] ?? at
      const body = bodyOf.get(bodyKeyOf(key))
      return { key, record, ...(body && { body }) }
    })
    await keep(unsent)
    const kept = db.transaction(RECORDS_STORE, 'readwrite', { durability: 'strict' })
    // Only what `keep` was given: other writes may have come meanwhile.
    for (const key of keys.flatMap((each) => [each, bodyKeyOf(each)])) kept.objectStore(RECORDS_STORE).delete(key)
    await new Promise((resolve, reject) => {
      kept.addEventListener('complete', resolve)
      kept.addEventListener('abort', () => reject(kept.error ?? new Error('the browser gave no reason')))
    })
    return keys.length
  } finally {
    db.close()
  }
}

/** Every key that begins with the word and a space, and no other: `!` is the character after the space. */
const under = (word: string): IDBKeyRange => IDBKeyRange.bound(`${word} `, `${word}!`, false, true)

/** Where the body of a write lies: under the same number. */
const bodyKeyOf = (key: IDBValidKey): string => String(key).replace(/^write/, 'body')

/** The database, unless it would have to be made. WebKit keeps an empty one whose making was given up. */
async function openIfThere(given: string | undefined): Promise<IDBDatabase | undefined> {
  // As on a server, which renders the page.
  if (typeof indexedDB === 'undefined') return undefined
  // Firefox before 126 has no list.
  const all = 'databases' in indexedDB ? await indexedDB.databases() : undefined
  const scopes = all?.flatMap(({ name }) => (name?.startsWith(OUTBOX_PREFIX) ? [name.slice(OUTBOX_PREFIX.length)] : []))
  const scope = given === undefined ? longestOf(scopes) : scopeOf(new URL(given, document.baseURI).href)
  if (scopes?.includes(scope) === false) return undefined
  const opening = indexedDB.open(outboxDatabaseOf(scope))
  let isAbsent = false
  opening.addEventListener('upgradeneeded', () => {
    isAbsent = true
    opening.transaction?.abort()
  })
  try {
    return await done(opening)
  } catch (error) {
    if (isAbsent) return undefined
    throw error
  }
}

/** The longest scope that this page is in. */
const longestOf = (scopes: readonly string[] = []): string =>
  scopes
    .filter((scope) => location.pathname.startsWith(scope))
    .reduce((longest, scope) => (scope.length > longest.length ? scope : longest), '/')

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser gave no reason')))
  })
}

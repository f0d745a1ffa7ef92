import 'fake-indexeddb/auto'
import { vi } from 'vitest'
import { cacheDatabaseOf } from '../../../config/names.ts'
import type { UseStore } from './database.ts'
import type { Transactions, Writer } from './writer.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
vi.stubGlobal('registration', { scope: 'https://app.test/' })
vi.stubGlobal('caches', {
  keys: () => Promise.resolve([]),
  open: () => Promise.resolve({}),
  delete: () => Promise.resolve(true),
})
// In Node a channel would keep the process alive.
vi.stubGlobal('BroadcastChannel', undefined)

let databases = 0

/** A database of its own. Called again with its name it is opened as by another worker. */
export async function fakeDatabase(
  name = cacheDatabaseOf(`/${++databases}/`),
): Promise<{ name: string; use: UseStore }> {
  const { openStore } = await import('./database.ts')
  return { name, use: openStore(name, 'relaxed') }
}

/** A writer over a database of its own, or over one that another worker has opened. */
export async function fakeWriter(name?: string): Promise<{ name: string; writer: Writer }> {
  const { Writer: Class } = await import('./writer.ts')
  const database = await fakeDatabase(name)
  return { name: database.name, writer: new Class(database.use, '1') }
}

/** Every record of a database by its key. */
export async function recordsIn(writer: Transactions): Promise<Map<string, unknown>> {
  const { promisifyRequest } = await import('./database.ts')
  return writer.read(async (store) => {
    const [keys, records] = await Promise.all([
      promisifyRequest(store.getAllKeys()),
      promisifyRequest<unknown[]>(store.getAll()),
    ])
    return new Map(keys.map((key, at) => [String(key), records[at]]))
  })
}

/** Web Locks that are granted at once. Returns those that are held: the locks of a worker that is gone are not. */
export function fakeLocks(): { readonly name: string }[] {
  const held: { readonly name: string }[] = []
  const locks = {
    request: (name: string, ...given: readonly unknown[]) => {
      held.push({ name })
      const hold = given.at(-1) as (lock: { readonly name: string }) => unknown
      return Promise.resolve(hold({ name }))
    },
    query: () => Promise.resolve({ held }),
  }
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, locks })
  return held
}

/** Cache Storage that holds the names of caches alone. Returns those that are there. */
export function fakeCaches(): Set<string> {
  const names = new Set<string>()
  vi.stubGlobal('caches', {
    keys: () => Promise.resolve([...names]),
    open: (name: string) => Promise.resolve(void names.add(name)),
    delete: (name: string) => Promise.resolve(names.delete(name)),
  })
  return names
}

/**
 * A store that counts rounds: how often in a row a transaction has waited for an answer before it asked again. On a disk
 * that takes a second for each answer, that is how many seconds its transactions have taken.
 */
export function countingRounds(use: UseStore): {
  readonly use: UseStore
  readonly rounds: () => number
  /** The most in one transaction so far. */
  readonly longest: () => number
} {
  let rounds = 0
  let longest = 0
  return {
    rounds: () => rounds,
    longest: () => longest,
    use: (mode, work) => {
      let answered = 0
      let deepest = 0
      const watched = <T extends object>(source: T): T =>
        new Proxy(source, {
          get: (target, name) => {
            const value: unknown = Reflect.get(target, name)
            if (typeof value !== 'function') return value
            return (...given: unknown[]): unknown => {
              const made: unknown = value.apply(target, given)
              if (made instanceof IDBIndex) return watched(made)
              if (!(made instanceof IDBRequest)) return made
              const round = answered + 1
              if (round > deepest) rounds++
              deepest = Math.max(deepest, round)
              longest = Math.max(longest, deepest)
              made.addEventListener('success', () => (answered = Math.max(answered, round)))
              return made
            }
          },
        })
      return use(mode, (store) => work(watched(store)))
    },
  }
}

/** A store that fails at everything. */
export const FAILING: Transactions = {
  read: () => Promise.reject(new Error('no such luck')),
  write: () => Promise.reject(new Error('no such luck')),
}

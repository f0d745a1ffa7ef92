import { vi } from 'vitest'
import type { Config } from '../../../config/language/index.ts'
import type { OutboxNews, Question } from '../../../sw/protocol.ts'
import type { Freshlayer, State } from '../freshlayer.ts'
import type { RecordAdapter } from './adapter.ts'

const { joinRecords } = await import('./join-records.ts')

// The two sides import each other nowhere, and have other types of what a global is. Here they talk to each other all the same.
const WORKER = '../../../sw/worker/outbox/outbox.fixture.ts'
const { Backend, CONFIG, outboxWorker, pages } = (await import(WORKER)) as WorkerSide

/** What is used of the worker's side. */
interface WorkerSide {
  readonly Backend: new () => Backend
  readonly CONFIG: Config
  readonly outboxWorker: (given: Given) => Promise<Worker>
  readonly pages: Set<string>
}

/** A backend behind a network. */
export interface Backend {
  readonly products: Map<number, { readonly id: number; readonly name: string; readonly version: number }>
  readonly received: readonly { readonly method: string; readonly path: string; readonly body: string }[]
  readonly refused: Set<string>
  isAway: boolean
  hold(): () => void
  answer(request: Request): Promise<Response>
}

type Use = (mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<unknown>) => Promise<unknown>

interface Given {
  readonly backend?: Backend
  readonly config?: Config
  /** In place of the identity where all users see the same. */
  readonly identity?: object
  readonly wrap?: (use: Use) => Use
}

interface Worker {
  readonly news: OutboxNews[]
  readonly ask: (question: Question) => Promise<unknown>
  readonly write: (
    method: string,
    path: string,
    body: unknown,
    fields: Readonly<Record<string, string>>,
  ) => Promise<Response>
  readonly writes: () => Promise<readonly unknown[]>
  readonly rest: () => Promise<void>
  readonly outbox: { drain(isSign: boolean): Promise<void> }
}

export const newBackend = (): Backend => new Backend()

export const RULES = { ...CONFIG, outbox: { ...CONFIG.outbox, records: true } } as Config

/** Rules as their module has them. */
export const TYPED = {
  writes: [
    {
      match: ['POST /api/products', 'PUT /api/products/:id', 'PATCH /api/products/:id', 'DELETE /api/products/:id'],
      entity: 'product',
      offline: 'queue',
    },
  ],
} as const

/** One lock after the other, as browsers give them. */
class Locks {
  readonly #last = new Map<string, Promise<unknown>>()

  request(
    name: string,
    { ifAvailable, signal }: LockOptions,
    work: (lock: object | null) => unknown,
  ): Promise<unknown> {
    if (ifAvailable === true && this.#last.has(name)) return Promise.resolve(work(null))
    // A page that is closed gives its locks back.
    const closed = new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    // It may wait behind a lock that a stopped worker never gives back.
    closed.catch(() => undefined)
    const before = this.#last.get(name) ?? Promise.resolve()
    const done = before.then(() =>
      signal?.aborted === true ? Promise.reject(new Error('aborted')) : Promise.race([work({}), closed]),
    )
    const settled: Promise<unknown> = done
      .catch(() => undefined)
      .finally(() => this.#last.get(name) === settled && this.#last.delete(name))
    this.#last.set(name, settled)
    return done
  }

  query = (): Promise<object> => Promise.resolve({ held: [] })
}

/** A browser with a worker, and a store that its pages share. */
export async function browser({ store, ...given }: Given & { readonly store: RecordAdapter<'product'> }) {
  const backend = given.backend ?? new Backend()
  const worker = await outboxWorker({ config: RULES, ...given, backend })
  pages.add('a tab')
  const controller = {
    postMessage: (question: Question, [port]: readonly MessagePort[]) => {
      const answered = Promise.resolve().then(() => worker.ask(question))
      void answered.then(
        (answer) => port?.postMessage({ answer }),
        (error: unknown) => port?.postMessage({ error: String(error) }),
      )
    },
  }
  vi.stubGlobal('navigator', {
    userAgent: 'Chrome',
    onLine: true,
    locks: new Locks(),
    serviceWorker: { controller, getRegistrations: () => Promise.resolve([{}]) },
  })
  vi.stubGlobal('document', Object.assign(new EventTarget(), { hidden: false }))
  vi.stubGlobal('addEventListener', () => undefined)
  const heard = new Set<(news: OutboxNews) => void>()
  const { news } = worker
  news.push = (...each) => {
    for (const one of each) for (const hear of heard) hear(one)
    return news.length
  }
  /** What the page has handed over: method, path and body. */
  const handed: string[] = []
  /** Called before each request of a page. What it throws is what the page gets. */
  let before = async (): Promise<void> => undefined
  return {
    ...worker,
    backend,
    handed,
    drain: () => worker.outbox.drain(true),
    beforeEach: (work: () => Promise<void>) => (before = work),
    /** A page of the app, with all that it has. */
    open: (state: Partial<State> = {}) => {
      const listeners = { outbox: new Set<never>(), state: new Set<never>(), change: new Set<never>() }
      heard.add((each) => {
        for (const listener of listeners.outbox as Set<(event: OutboxNews) => void>) listener(each)
      })
      let isClosed = false
      const layer = {
        state: { controlled: true, ...state },
        on: (kind: keyof typeof listeners, listener: never) => {
          listeners[kind].add(listener)
          return () => listeners[kind].delete(listener)
        },
      } as unknown as Freshlayer & { state: State }
      const never = new Promise<never>(() => undefined)
      const stoppable = new Proxy(store, {
        get: (of, name: keyof RecordAdapter) => {
          const value: unknown = of[name]
          if (typeof value !== 'function') return value
          return async (...args: unknown[]) => {
            if (isClosed) return never
            const given: unknown = await (value as (...each: unknown[]) => unknown).apply(of, args)
            return isClosed ? never : given
          }
        },
      })
      const records = joinRecords(layer, {
        rules: TYPED,
        adapter: stoppable,
        fetch: async (url, { method, headers, body }) => {
          if (method !== 'GET') handed.push(`${method} ${url}${body === undefined ? '' : ` ${body}`}`)
          await before()
          const sent: unknown = body === undefined ? undefined : JSON.parse(body)
          if (method === 'GET') return backend.answer(new Request(new URL(url, 'https://app.test')))
          const answer = await worker.write(method, url, sent, { ...headers })
          return isClosed ? never : answer
        },
      })
      return {
        records,
        layer,
        set: (changed: Partial<State>) => {
          Object.assign(layer, { state: { ...layer.state, ...changed } })
          for (const listener of listeners.state as Set<(event: State) => void>) listener(layer.state)
        },
        signOut: () => {
          for (const listener of listeners.change as Set<(event: object) => void>) listener({ cause: 'sign-out' })
        },
        /** The browser closes it: nothing of it goes on. */
        close: () => {
          isClosed = true
          records.close()
        },
      }
    },
  }
}

import { afterEach, vi } from 'vitest'
import { compileRules, type Config, matcherOf, type WriteMatch } from '../../../config/language/index.ts'
import { lineOf } from '../../fetch/matching.ts'
import type { OutboxNews, Question } from '../../protocol.ts'
import { fakeDatabase } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'

const { everyone } = await import('../identity/everyone.ts')
const { Generations } = await import('../store/generations.ts')
const { outboxOf } = await import('./outbox.ts')
const { conflicts } = await import('./conflict-part.ts')
const { batchesOf } = await import('./batches.ts')
const { mergedIn } = await import('./coalescing.ts')
const { witness } = await import('./witness-part.ts')
const { records } = await import('./records.ts')
const { rowMarks } = await import('./row-marks.ts')

/** Pages that are open, by their ids. */
export const pages = new Set(['a tab'])
/** What they say when the worker asks them; undefined: nothing. */
export const page: { says: (question: object) => unknown } = { says: () => undefined }
vi.stubGlobal('clients', {
  matchAll: () =>
    Promise.resolve(
      [...pages].map((id) => ({
        id,
        postMessage: (question: object, [port]: MessagePort[]) => port?.postMessage(page.says(question)),
      })),
    ),
})
vi.spyOn(console, 'warn').mockImplementation(() => undefined)

const JSON_TYPE = 'application/json'

export const CONFIG: Config = {
  version: '1',
  identity: 'none',
  routes: [
    { match: '/api/products', tags: ['products'] },
    { match: '/api/products/:id', tags: ['products'] },
  ],
  writes: [
    {
      match: ['POST /api/products', 'PUT /api/products/:id', 'PATCH /api/products/:id', 'DELETE /api/products/:id'],
      invalidates: ['products'],
      offline: 'queue',
      entity: 'product',
      idempotent: true,
    },
  ],
  outbox: { firstWait: '100ms', longestWait: '200ms' },
}

interface Product {
  readonly id: number
  readonly name: string
  readonly version: number
}

/** A request as the origin has received it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly fields: Headers
  readonly body: string
}

/** A backend that honours keys and preconditions, behind a network that can be cut. */
export class Backend {
  readonly products = new Map<number, Product>()
  /** Writes. */
  readonly received: Received[] = []
  /** Reads. */
  readonly read: Request[] = []
  /**
   * What comes of the next writes, one each. `cut`: the answer is lost, and it is performed. `late`: the answer is lost, and it is
   * performed when `commit` is called.
   */
  readonly faults: ('cut' | 'late' | 'away' | number)[] = []
  /** What comes of the next reads, one each. */
  readonly readFaults: ('away' | number | Response)[] = []
  honoursKeys = true
  /** Its clock, as answers give it. Default: they do not. */
  date: (() => string) | undefined
  readonly #late: Received[] = []
  isAway = false
  /** Bodies that are refused with 422. */
  readonly refused = new Set<string>()
  /** Answers are held back until this is called. */
  #held: (() => void)[] | undefined
  readonly #answers = new Map<string, { status: number; body: unknown; etag?: string }>()
  #nextId = 7

  hold(): () => void {
    const held: (() => void)[] = (this.#held = [])
    return () => {
      this.#held = undefined
      for (const release of held) release()
    }
  }

  /** What was slow is performed. */
  commit(): void {
    for (const each of this.#late.splice(0)) this.#perform(each)
  }

  async answer(request: Request): Promise<Response> {
    if (this.isAway) throw new TypeError('Failed to fetch')
    const { pathname } = new URL(request.url)
    if (request.method === 'GET') return this.#answerRead(request, pathname)
    const received: Received = {
      method: request.method,
      path: pathname,
      fields: request.headers,
      body: await request.text(),
    }
    this.received.push(received)
    const fault = this.faults.shift()
    if (fault === 'away') throw new TypeError('Failed to fetch')
    if (this.refused.has(received.body)) return Response.json({}, { status: 422 })
    if (typeof fault === 'number') return new Response('{}', { status: fault, headers: { 'content-type': JSON_TYPE } })
    if (fault === 'late') {
      this.#late.push(received)
      throw new TypeError('Failed to fetch')
    }
    const { status, body, etag } = this.#perform(received)
    const held = this.#held
    if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve))
    if (fault === 'cut' || this.isAway) throw new TypeError('Failed to fetch')
    const date = this.date?.()
    const headers = {
      'content-type': JSON_TYPE,
      ...(etag !== undefined && { etag }),
      ...(date !== undefined && { date }),
    }
    return status === 204 ? new Response(null, { status }) : Response.json(body, { status, headers })
  }

  #answerRead(request: Request, path: string): Response {
    this.read.push(request)
    const fault = this.readFaults.shift()
    if (fault === 'away') throw new TypeError('Failed to fetch')
    if (typeof fault === 'number') return new Response('{}', { status: fault, headers: { 'content-type': JSON_TYPE } })
    if (fault !== undefined) return fault
    const id = path.split('/').at(3)
    if (id === undefined) return Response.json([...this.products.values()])
    const product = this.products.get(Number(id))
    if (product === undefined) return Response.json({}, { status: 404 })
    return Response.json(product, { headers: { etag: `"${product.version}"` } })
  }

  #perform({ method, path, fields, body }: Received): { status: number; body: unknown; etag?: string } {
    const key = this.honoursKeys ? fields.get('idempotency-key') : null
    const before = key === null ? undefined : this.#answers.get(key)
    if (before !== undefined) return before
    const given = this.#write(method, path, fields, body)
    if (key !== null && given.status < 400) this.#answers.set(key, given)
    return given
  }

  #write(
    method: string,
    path: string,
    fields: Headers,
    body: string,
  ): { status: number; body: unknown; etag?: string } {
    const id = Number(path.split('/').at(3))
    const sent = body === '' ? {} : (JSON.parse(body) as Partial<Product>)
    if (method === 'POST') {
      const made = { ...sent, id: this.#nextId++, name: String(sent.name), version: 1 }
      this.products.set(made.id, made)
      return { status: 201, body: made, etag: '"1"' }
    }
    const product = this.products.get(id)
    if (product === undefined) return { status: 404, body: {} }
    const wanted = fields.get('if-match')
    if (wanted !== null && wanted !== `"${product.version}"`) return { status: 412, body: product }
    if (method === 'DELETE') {
      this.products.delete(id)
      return { status: 204, body: undefined }
    }
    const changed = { ...product, ...sent, id, version: product.version + 1 }
    this.products.set(id, changed)
    return { status: 200, body: changed, etag: `"${changed.version}"` }
  }
}

export interface Given {
  readonly backend?: Backend
  /** The name of a database that another worker has opened. Default: one of its own. */
  readonly database?: string
  readonly config?: Config
  /** In place of the identity where all users see the same. */
  readonly identity?: object
  readonly wrap?: (use: UseStore) => UseStore
  /** What is stored of URLs. */
  readonly rows?: ((url: string) => unknown[]) | undefined
  /** How far collections are. Default: the rules have none. */
  readonly kept?: readonly object[] | undefined
}

let workers = 0

/** A worker that outlives its test would send what it has left to the backend of the next one: they share `fetch`. */
const running = new Set<() => void>()
afterEach(() => {
  for (const stop of running) stop()
  running.clear()
})

/** An outbox over a database and a backend, as pages see it. */
export async function outboxWorker({
  backend = new Backend(),
  database,
  config = CONFIG,
  identity = {},
  wrap = (use) => use,
  rows = () => [],
  kept,
}: Given = {}) {
  const { name, use } = await fakeDatabase(database)
  const rules = compileRules(config)
  const match = matcherOf(rules)
  const news: OutboxNews[] = []
  const worker = `worker ${++workers}`
  const generations = new Generations()
  let isStopped = false
  const stop = (): void => void (isStopped = true)
  running.add(stop)
  const behind: Promise<unknown>[] = []
  const waitUntil = (work: Promise<unknown>): void => void behind.push(work)
  const ended: string[] = []
  const stoppable = <T>(work: () => Promise<T>): Promise<T> => (isStopped ? new Promise(() => undefined) : work())
  vi.stubGlobal('fetch', (request: Request) => backend.answer(request))
  if (rules.outbox === undefined) throw new Error('these rules queue nothing')
  const outbox = outboxOf(
    rules.outbox,
    {
      identity: { ...everyone().identity, ...identity },
      channel: { announce: (each: OutboxNews) => news.push(each), tellWorkers: () => undefined } as never,
      generations,
      liveness: { worker, hold: () => Promise.resolve() } as never,
      rows: { rowsOf: (url: string) => Promise.resolve(rows(url)) } as never,
      match,
      witness,
      conflicts,
      mergedIn,
      batchesOf,
      records,
      rowMarks,
      entities: ['product', 'sale'],
      kept: kept && ({ answerers: { 'sync-state': () => Promise.resolve(kept) } } as never),
      reachability: {
        get state() {
          return { reachable: !backend.isAway }
        },
      },
      send: (request, { rule }) =>
        stoppable(() => ((rule as { send?: typeof fetch }).send ?? fetch)(request)).then((response) => {
          ended.push(`${request.method} ${new URL(request.url).pathname} ${response.status}`)
          return stoppable(() => Promise.resolve(response))
        }),
    },
    wrap((mode, work) => stoppable(() => use(mode, work)).then((given) => stoppable(() => Promise.resolve(given)))),
  )
  const answer = (
    method: string,
    path: string,
    body: unknown,
    signal?: AbortSignal,
    fields: Record<string, string> = {},
    clientId = 'a tab',
  ) => {
    const request = new Request(`https://app.test${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': JSON_TYPE }), accept: JSON_TYPE, ...fields },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    const found = match(lineOf(request)) as WriteMatch
    return outbox.answer(request, found, clientId, waitUntil)
  }
  return {
    name,
    /** What it is called in leases. */
    worker,
    backend,
    outbox,
    generations,
    news,
    behind,
    /** What has ended as a write: a success invalidates what it reaches. */
    ended,
    /** The browser stops the worker: nothing of it goes on, and no page hears from it. */
    stop,
    /** A page writes. */
    write: (method: string, path: string, body?: unknown, fields: Record<string, string> = {}, clientId = 'a tab') =>
      answer(method, path, body, undefined, fields, clientId),
    /** A page writes, and may give up. */
    answer,
    ask: (question: Question, clientId = 'a tab'): Promise<unknown> => {
      const answerer = outbox.answerers[question.ask] as (...given: unknown[]) => Promise<unknown>
      return answerer({}, question, clientId)
    },
    writes: () => outbox.writesOf('a tab'),
    /** All that goes on behind answers has ended. */
    rest: async () => {
      while (behind.length > 0) await behind.shift()
    },
  }
}

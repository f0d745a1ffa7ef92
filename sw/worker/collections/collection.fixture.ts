import { expect, vi } from 'vitest'
import { compileRules, type Config, matcherOf, normaliseUrl } from '../../../config/language/index.ts'
import { COLLECTIONS_STORE } from '../../../config/names.ts'
import { cacheStatus } from '../../core/cache-status.ts'
import type { Question, SyncState } from '../../protocol.ts'
import { fakeDatabase, fakeLocks } from '../store/fake-database.fixture.ts'
import { PageLoads } from '../requests/page-loads.ts'
import type { Reachability } from '../requests/reachability.ts'
import type { ReadContext } from '../requests/read.ts'
import type { UseStore } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import { Backend } from './backend.fixture.ts'

const { openStore, promisifyRequest } = await import('../store/database.ts')
const { storeOver } = await import('../store/store.ts')
const { everyone } = await import('../identity/everyone.ts')
const { Statistics } = await import('../statistics.ts')
const { collectionsOf } = await import('./collections.ts')
const { Attention } = await import('../requests/attention.ts')
const { polling } = await import('../requests/polling.ts')
const { hintsOf } = await import('../messages/hints.ts')
const { refresh } = await import('../messages/refresh.ts')
const { Housekeeping } = await import('../housekeeping.ts')
const { validate } = await import('../messages/validate.ts')

vi.spyOn(console, 'warn').mockImplementation(() => undefined)

export const CONFIG: Config = {
  version: '1',
  identity: 'none',
  sync: { url: '/sync' },
  routes: [
    { match: '/api/products', fresh: '1h', offline: '7d', tags: ['products'] },
    { match: '/api/products/:id', fresh: '1h', offline: '7d', tags: ['products', 'product:{id}'] },
  ],
  collections: { products: { list: '/api/products', item: '/api/products/:id', items: 'items', total: 'total' } },
}

export interface Given {
  /** Default: a backend of its own. */
  readonly backend?: Backend
  /** The name of a database that another worker has opened. Default: one of its own. */
  readonly database?: string
  readonly config?: Config
  /** In place of the identity where all users see the same. */
  readonly identity?: object
  /** What is stored of a route beside the rows: it stands in where the origin is away. Default: nothing. */
  readonly standIn?: () => unknown
  /** Nothing is stored beside the rows that a page gets who takes only what is stored. Default: the network answers. */
  readonly unsatisfied?: boolean
  /** So long the origin wants to be left alone, as an answer has said. Default: it does not. */
  readonly restMs?: number
  /** In place of the object store of collections. */
  readonly wrap?: (use: UseStore) => UseStore
}

/** The part for collections over a store and a backend, as pages see it. */
export async function collectionWorker({
  backend = new Backend(),
  database,
  config = CONFIG,
  identity,
  standIn,
  unsatisfied = false,
  restMs = 0,
  wrap = (use) => use,
}: Given = {}) {
  fakeLocks()
  vi.stubGlobal('fetch', backend.fetch)
  const { name, use } = await fakeDatabase(database)
  const rows = wrap(openStore(name, 'relaxed', COLLECTIONS_STORE))
  const rules = compileRules(config)
  const store: Store = storeOver(use, rules)
  store.writer.activate()
  const missed: { readonly url: string; readonly byGateway: boolean; readonly again: () => Promise<unknown> }[] = []
  const told: { readonly say?: string; readonly kind?: string }[] = []
  const channel = {
    changes: (changes: readonly ({ kind: string } | undefined)[]) =>
      told.push(...changes.flatMap((each) => each ?? [])),
    announce: (each: { say: string }) => told.push(each),
    tellWorkers: () => told.push({ say: 'write' }),
  }
  const match = matcherOf(rules)
  if (rules.collections === undefined) throw new Error('these rules have no collections')
  const loads = new PageLoads()
  const statistics = new Statistics(store.writer)
  const ports = {
    ...store,
    match,
    channel,
    identity: { ...everyone().identity, ...identity },
    identifiedBy: [],
    reachability: {
      reached: () => undefined,
      missed: (...[url, byGateway, again]: Parameters<Reachability['missed']>) =>
        void missed.push({ url, byGateway, again }),
      forget: () => undefined,
      state: { reachable: true },
    },
    loads,
    statistics,
  }
  const collections = collectionsOf(rules.collections, ports as never, rows, rules.budget)
  store.erasure.eraseCollections = collections.erase
  const messagePorts = {
    ...ports,
    collections,
    urlOf: (url: string) => url,
    attention: new Attention(),
    polling: polling(),
    sender: { restMs: () => restMs },
  }
  const hints = hintsOf(messagePorts as never)
  const behind: Promise<unknown>[] = []
  const waitUntil = (work: Promise<unknown>): void => void behind.push(work)
  const contextOf = (
    path: string,
    init: RequestInit,
    partition: string,
  ): ReadContext & { readonly request: Request } => {
    const request = new Request(new URL(path, 'https://app.test'), init)
    const found = match({
      method: request.method,
      origin: 'https://app.test',
      sameOrigin: true,
      pathname: new URL(request.url).pathname,
      search: new URL(request.url).search,
    })
    if (found?.kind !== 'read') throw new Error(`no route reads ${path}`)
    return {
      request,
      head: {
        method: request.method,
        url: normaliseUrl(request.url, found.rule),
        fields: new Map(request.headers),
        cache: request.cache,
        ofToken: false,
      },
      rule: found.rule,
      tags: found.tags,
      partition,
      key: request.url,
      keyOf: () => request.url,
      body: undefined,
      authorization: null,
      isTheirs: store.generations.watch(partition),
      clientId: 'a tab',
      waitUntil,
    }
  }
  const read = async (path: string, init: RequestInit = {}, partition = 'everyone'): Promise<Response> => {
    const context = contextOf(path, init, partition)
    const rest = async (): Promise<Response> => {
      if (standIn !== undefined && backend.isAway) {
        const how = cacheStatus({ fwd: 'stale', detail: 'offline-before-write' }, undefined)
        return Response.json(standIn(), { headers: { 'cache-status': how } })
      }
      if (unsatisfied && context.head.cache === 'only-if-cached') return new Response('', { status: 504 })
      const response = await fetch(context.request)
      const headers = new Headers(response.headers)
      headers.set('cache-status', 'network')
      return new Response(response.body, { status: response.status, headers })
    }
    return (await collections.answer(context, rest)) ?? Response.error()
  }
  return {
    backend,
    database: name,
    collections,
    store,
    loads,
    told,
    /** The origin was away. */
    missed,
    behind,
    read,
    /** The rows of a user of whom it is not known whether they still ask. */
    standIn: (path: string, init: RequestInit = {}) =>
      collections.standIn(contextOf(path, init, 'everyone'), 'offline'),
    /** The answer's JSON, and how it came about. */
    get: async (path: string, init?: RequestInit) => {
      const response = await read(path, init)
      const how = response.headers.get('cache-status') ?? ''
      const text = await response.text()
      return { how, status: response.status, value: text === '' ? undefined : (JSON.parse(text) as unknown) }
    },
    sync: (entities?: readonly string[], full = false): Promise<readonly SyncState[]> =>
      collections.answerers.sync?.({}, { ask: 'sync', full, ...(entities && { entities }) }, 'a tab') ??
      Promise.reject(),
    /** A tab says what the server has told it. */
    hint: (hint: Omit<Extract<Question, { readonly ask: 'hint' }>, 'ask'>) =>
      hints.answer({}, { ask: 'hint', ...hint }, 'a tab'),
    noteWrite: (answer: Response, tags: readonly string[]) => hints.note(Promise.resolve(answer), tags),
    /** A tab shows these URLs. */
    validate: (
      because: Extract<Question, { readonly ask: 'validate' }>['because'],
      urls: readonly string[],
      more = {},
    ) => validate(messagePorts as never, { ask: 'validate', because, urls, ...more }, 'a tab'),
    refresh: (url: string) => refresh(messagePorts as never, { ask: 'refresh', url }, 'a tab'),
    caughtUp: (more: { position?: string; limitMs?: number } = {}) =>
      collections.answerers['caught-up']?.({}, { ask: 'caught-up', limitMs: 5000, ...more }, 'a tab'),
    stats: () => collections.answerers['sync-counts']?.({}, { ask: 'sync-counts' }, 'a tab'),
    /** What the worker does when it has been idle for a while, to its end. */
    keepHouse: async (): Promise<void> => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
      try {
        const none = (): Promise<void> => Promise.resolve()
        const more = { ruleOf: () => rules.routes[0], sessions: { endLoads: none }, identity: { tidy: none } }
        const housekeeping = new Housekeeping({ ...ports, ...more, collections, files: { tidy: none } } as never)
        housekeeping.activate()
        housekeeping.noteActivity()
        const read = vi.spyOn(store.log, 'tidy')
        await vi.advanceTimersByTimeAsync(2000)
        await vi.waitFor(() => expect(read.mock.calls.some(([, isAudited]) => isAudited)).toBe(true))
        read.mockRestore()
        await store.writer.write(() => undefined)
      } finally {
        vi.useRealTimers()
      }
    },
    /** The keys in the object store of collections. */
    keys: () => rows('readonly', async (records) => (await promisifyRequest(records.getAllKeys())).map(String)),
    settle: async (): Promise<void> => {
      for (let at = 0; at < behind.length; at++) await behind[at]
    },
  }
}

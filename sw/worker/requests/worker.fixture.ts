import { expect, vi } from 'vitest'
import { fakeDatabase } from '../store/fake-database.fixture.ts'
import type { Session } from '../identity/identity.ts'
import type { Explanation, OriginState, Question, Refreshed, Stats, Validated } from '../../protocol.ts'
import type { UseStore } from '../store/database.ts'
import { PageLoads } from './page-loads.ts'
import type { Store } from '../store/store.ts'

// After the globals of the fixture.
const { storeOver } = await import('../store/store.ts')
const { everyone } = await import('../identity/everyone.ts')
const { Secrets } = await import('../identity/secrets.ts')
const { Statistics } = await import('../statistics.ts')
const { Obstacles } = await import('./obstacles.ts')
const { Reads } = await import('./answer-read.ts')
const { fillStore } = await import('./fill-store.ts')
const { Flights } = await import('./flights.ts')
const { Lookup } = await import('./lookup.ts')
const { Sender } = await import('./send.ts')
const { compared } = await import('./compared.ts')
const { ranges } = await import('./ranges.ts')
const { Reachability } = await import('./reachability.ts')
const { postAnswers } = await import('./post-answers.ts')
const { ResponseStore } = await import('./response-store.ts')
const { explain } = await import('../messages/explain.ts')
const { validate } = await import('../messages/validate.ts')
const { Attention } = await import('./attention.ts')
const { polling } = await import('./polling.ts')
const { refresh } = await import('../messages/refresh.ts')
const { Writes } = await import('./writes.ts')
const { tagsOfAnswer } = await import('../../fetch/answer-tags.ts')

/** A page that knows nothing that it is asked for. */
export const PAGE = { id: 'a tab', postMessage: (_: unknown, [port]: MessagePort[]) => port?.postMessage(undefined) }
vi.stubGlobal('clients', { matchAll: () => Promise.resolve([PAGE]), get: () => Promise.resolve() })
vi.spyOn(console, 'warn').mockImplementation(() => undefined)

export const URL_ASKED = 'https://app.test/api/items'
const RULE = {
  name: 'items',
  fresh: 0,
  stale: 0,
  offline: 3600,
  timeoutMs: 60_000,
  retry: 0,
  trust: 'rule',
  keyHeaders: [],
  ignoreQuery: [],
}

type Validate = Extract<Question, { readonly ask: 'validate' }>

export type Fields = Record<string, string>

/** A request as the origin has received it, and what the origin says to it. */
export interface Arrived {
  readonly request: Request
  readonly fields: Headers
  readonly answer: (response: Response) => void
  readonly fail: () => void
}

export interface Given {
  /** Users are told apart, in place of the identity where all users see the same. */
  readonly identities?: (ports: object) => object
  /** Sessions in place of none. */
  readonly sessions?: (ports: object) => object
  /** Default: a database of its own. */
  readonly database?: UseStore
  /** In place of the identity where all users see the same. */
  readonly identity?: object
  /** What all answers may take. Default: more than enough. */
  readonly maxBytes?: number
  /** What answers say of their users. Default: they are of the user who asked. */
  readonly applySignals?: () => Promise<boolean>
  /** Default: one that asks no light endpoints. */
  readonly Sender?: object
  /** What finds the rule of a request, where the worker's own parts ask. Default: all requests have the same. */
  readonly match?: (line: { readonly pathname: string }) => unknown
  /** What answers from rows. Default: the rules have no collections. */
  readonly collections?: object
}

/** Reads and writes over a store, as pages and the origin see them. */
export async function worker({
  database,
  identities,
  identity: other,
  applySignals,
  maxBytes = 1e9,
  Sender: SenderOf = Sender,
  match: matchBy,
  collections,
  sessions = () => ({}),
}: Given = {}): Promise<{
  readonly loads: PageLoads
  readonly arrived: Arrived[]
  readonly told: unknown[]
  readonly read: (rule?: object, fields?: Fields, init?: RequestInit, url?: string) => Promise<Response>
  readonly fill: (rule?: object, fields?: Fields) => Promise<number | undefined>
  readonly refresh: (rule?: object) => Promise<Refreshed>
  /** A page shows these URLs, `URL_ASKED` alone by default. */
  readonly validate: (
    because: Validate['because'],
    rule?: object,
    question?: Partial<Validate>,
    clientId?: string,
  ) => Promise<Validated>
  readonly explain: (clientId?: string) => Promise<Explanation>
  /** A tab asks whether the origin is back. */
  readonly probe: () => Promise<OriginState>
  readonly stats: () => Promise<Pick<Stats, 'total' | 'rules'>>
  readonly write: (session?: Session, headers?: Fields, url?: string) => Promise<Response>
  /** A POST whose rule makes tags of the answer; `ended` gets them. */
  readonly create: (ofAnswer: (answer: unknown) => readonly string[], ended: string[]) => Promise<Response>
  /** A POST whose answer may be stored. */
  readonly post: (stores?: boolean, rule?: object) => Promise<Response>
  readonly behind: Promise<unknown>[]
  readonly store: Store
}> {
  const arrived: Arrived[] = []
  const told: unknown[] = []
  const behind: Promise<unknown>[] = []
  vi.stubGlobal(
    'fetch',
    (request: Request | string) =>
      new Promise<Response>((resolve, reject) => {
        const fail = (): void => reject(new TypeError('Failed to fetch'))
        // After a failure the worker asks by the URL alone whether the origin is away. It is.
        if (typeof request === 'string') fail()
        else arrived.push({ request, fields: request.headers, answer: resolve, fail })
      }),
  )
  const use = database ?? (await fakeDatabase()).use
  const store = storeOver(use, { version: '1', budget: { all: maxBytes as never, rules: {} } })
  const channel = {
    changes: (changes: unknown[]) => told.push(...changes),
    announce: (each: unknown) => told.push(each),
    tellWorkers: () => told.push({ say: 'write' }),
  }
  const secrets = new Secrets(store.writer)
  const everyones = everyone()
  const statistics = new Statistics(store.writer)
  const shared = {
    ...store,
    channel,
    secrets,
    ...everyones,
    identity: { ...everyones.identity, ...other },
    ...(applySignals && { applySignals }),
    ...identities?.({ ...store, channel, secrets }),
    urlOf: (url: string) => url,
    statistics,
    attention: new Attention(),
    polling: polling(),
    obstacles: new Obstacles(statistics),
    reachability: new Reachability(channel as never),
    structured: undefined,
    policies: undefined,
    ranges,
    compared,
  }
  const responses = new ResponseStore(shared as never)
  const loads = new PageLoads()
  const askAgain = (...again: [never, never]): unknown => flights.launch(...again, false).landed
  const sender = new (SenderOf as typeof Sender)({ ...shared, match: matchBy, askAgain } as never)
  const flights = new Flights({ ...shared, responses, sender } as never)
  const lookup = new Lookup(store.rows)
  const ports = { ...shared, responses, loads, sender, flights, lookup, collections }
  const reads = new Reads(ports as never)
  let readingBy: object = RULE
  const match = () => ({ kind: 'read', rule: readingBy, tags: ['items'] })
  const writing = { ...ports, ...sessions(ports), postAnswers: postAnswers({ ...ports, match } as never), tagsOfAnswer }
  const writes = new Writes(writing as never)
  const waitUntil = (work: Promise<unknown>): void => void behind.push(work)
  return {
    loads,
    arrived,
    told,
    behind,
    store,
    read: (rule, headers = {}, init = {}, url = URL_ASKED) => {
      const match = { kind: 'read', rule: { ...RULE, ...rule }, tags: [], ...rule } as never
      return reads.answer({
        request: new Request(url, { headers, ...init }),
        match,
        clientId: 'a tab',
        waitUntil,
      })
    },
    fill: (rule, headers = {}) => {
      const match = { kind: 'read', rule: { ...RULE, ...rule }, tags: [] } as never
      const request = new Request(URL_ASKED, { headers })
      return fillStore(ports as never, { request, match, clientId: 'a tab', waitUntil })
    },
    refresh: (rule) => {
      const match = { kind: 'read', rule: { ...RULE, ...rule }, tags: [] }
      return refresh({ ...ports, match: () => match } as never, { ask: 'refresh', url: URL_ASKED }, 'a tab')
    },
    validate: (because, rule, question = {}, clientId = 'a tab') => {
      const match = ({ pathname }: { readonly pathname: string }): unknown =>
        pathname.startsWith('/api/') ? { kind: 'read', rule: { ...RULE, ...rule }, tags: ['items'] } : undefined
      const asked = { urls: [URL_ASKED], ...question }
      return validate({ ...ports, match } as never, { ask: 'validate', because, ...asked }, clientId)
    },
    explain: (clientId = 'a tab') => {
      const match = { kind: 'read', rule: RULE, tags: [] }
      const asking = { ...ports, match: () => match, identifiedBy: ['identify'], files: undefined } as never
      return explain(asking, { ask: 'explain', url: URL_ASKED }, clientId)
    },
    probe: () => shared.reachability.probe(),
    stats: () => statistics.read(),
    write: (session, headers = {}, url = URL_ASKED) => {
      const invalidates = { urls: [], patterns: [], tags: [] }
      const { tags, ...places } = invalidates
      const match = { kind: 'write', rule: { invalidates: places, session }, params: {}, tags } as never
      return writes.answer(new Request(url, { method: 'PUT', headers }), match, 'a tab', waitUntil)
    },
    create: (ofAnswer, ended) => {
      const rule = { invalidates: { urls: [], patterns: [] }, session: undefined, ofAnswer: [ofAnswer] }
      const match = { kind: 'write', rule, params: {}, tags: ['items'] } as never
      return writes.answer(new Request(URL_ASKED, { method: 'POST', body: 'a' }), match, 'a tab', waitUntil, ended)
    },
    post: (stores = true, reading = {}) => {
      readingBy = { ...RULE, ...reading }
      const rule = { invalidates: { urls: [], patterns: [] }, session: undefined, stores }
      const match = { kind: 'write', rule, params: {}, tags: [] } as never
      return writes.answer(new Request(URL_ASKED, { method: 'POST', body: 'a' }), match, 'a tab', waitUntil)
    },
  }
}

export type Worker = Awaited<ReturnType<typeof worker>>

/** The origin's next request; waits for it. */
export const next = async ({ arrived }: Worker, at: number): Promise<Arrived> => {
  await vi.waitFor(() => expect(arrived.length).toBeGreaterThan(at), { timeout: 5000 })
  return arrived[at] as Arrived
}

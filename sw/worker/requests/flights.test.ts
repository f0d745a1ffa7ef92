import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Plan } from '../../core/plan.ts'
import type { Flights as FlightsClass } from './flights.ts'
import type { Read } from './read.ts'

const URL_ASKED = 'https://app.test/api/items'

/** A read of the one URL here, as the worker describes it. */
const reading = (method: 'GET' | 'HEAD' = 'GET'): Read => {
  const fields = new Map<string, string>()
  const request = { method, url: URL_ASKED, fields, credentials: 'same-origin' as const }
  const head = { method, url: URL_ASKED, fields, cache: 'default' as const }
  const rule = { name: 'items', retry: 0 } as Read['rule']
  const whose = { partition: 'everyone', authorization: null, isTheirs: () => true, clientId: 'a client' }
  const waitUntil = (): void => undefined
  return {
    request,
    head,
    rule,
    tags: [],
    key: 'key',
    keyOf: () => 'key',
    body: undefined,
    row: undefined,
    waitUntil,
    ...whose,
  }
}

const FETCH: Plan = { kind: 'fetch', store: true, variants: [], fwd: 'uri-miss', why: '' }

describe('a read that may join another', () => {
  let flights: FlightsClass
  /** How many invalidations there were. */
  let invalidated = 0
  const log = { memory: { covering: () => invalidated }, tagVersion: 0 }
  /** The origin's answers, in the order of the requests. */
  let answers: ((response: Response) => void)[] = []
  let failures: ((error: Error) => void)[] = []

  beforeEach(async () => {
    answers = []
    failures = []
    vi.stubGlobal('location', new URL('https://app.test/sw.js'))
    vi.stubGlobal('navigator', { onLine: true })
    vi.stubGlobal(
      'fetch',
      () =>
        new Promise<Response>((resolve, reject) => {
          answers.push(resolve)
          failures.push(reject)
        }),
    )
    const { Flights } = await import('./flights.ts')
    const { Sender } = await import('./send.ts')
    const never = (): Promise<never> => new Promise(() => undefined)
    const shared = {
      writer: { ticket: () => ({}), placeOf: () => Promise.resolve(1), release: () => undefined },
      urlOf: (url: string) => url,
      generations: { watch: () => () => true },
      log,
      responses: { keep: never },
      reachability: { reached: () => undefined, missed: () => undefined },
      statistics: { count: () => undefined },
      obstacles: { note: () => undefined },
      identity: { isDoubted: () => false, watchOthers: () => () => true },
      applySignals: () => Promise.resolve(true),
    }
    const sender = new Sender(shared as unknown as ConstructorParameters<typeof Sender>[0])
    const ports = { ...shared, sender }
    flights = new Flights(ports as unknown as ConstructorParameters<typeof Flights>[0])
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('joins the newest, also when an older one is answered before it', async () => {
    const older = flights.launch(reading(), FETCH, true)
    invalidated++
    const newer = flights.launch(reading(), FETCH, true)
    await vi.waitFor(() => expect(answers).toHaveLength(2))
    answers[0]?.(new Response('{}'))
    await older.landed
    expect(flights.toJoin(reading())).toBe(newer)
  })

  it('joins the GET in the air, also when a HEAD is answered before it', async () => {
    const get = flights.launch(reading(), FETCH, true)
    const head = flights.launch(reading('HEAD'), FETCH, true)
    await vi.waitFor(() => expect(answers).toHaveLength(2))
    answers[1]?.(new Response(null))
    await head.landed
    expect(flights.toJoin(reading())).toBe(get)
  })

  it('does not join one that began before a tag was invalidated: its answer may turn out to have that tag', () => {
    flights.launch(reading(), FETCH, true)
    expect(flights.toJoin(reading())).toBeDefined()
    log.tagVersion++
    expect(flights.toJoin(reading())).toBeUndefined()
  })

  it('does not join one of a session that has ended since', () => {
    let isTheirs = true
    flights.launch({ ...reading(), isTheirs: () => isTheirs }, FETCH, true)
    expect(flights.toJoin(reading())).toBeDefined()
    isTheirs = false
    expect(flights.toJoin(reading())).toBeUndefined()
  })

  it('gets a copy of its own of what can be stored, the same happening of what cannot, and nothing of one read alone', async () => {
    const followed = async (answer: Response | 'away', fields?: Record<string, string>): Promise<string> => {
      const flight = flights.launch(reading(), FETCH, true)
      const read = reading()
      const following = flight.follow(
        { ...read, head: { ...read.head, fields: new Map(Object.entries(fields ?? {})) } },
        FETCH,
      )
      await vi.waitFor(() => expect(answers).toHaveLength(1))
      if (answer === 'away') failures[0]?.(new TypeError('Failed to fetch'))
      else answers[0]?.(answer)
      const { landed } = flight
      expect((await landed).response?.bodyUsed ?? false).toBe(false)
      const got = await following
      answers = []
      failures = []
      return got?.response === undefined ? (got?.settlement.kind ?? 'none') : `copy ${await got.response.text()}`
    }
    const cached = { 'cache-control': 'max-age=60' }
    expect(await followed(new Response('one', { headers: cached }))).toBe('copy one')
    expect(await followed('away')).toBe('fail')
    const varied = { ...cached, vary: 'x-tenant' }
    expect(await followed(new Response('one', { headers: varied }))).toBe('copy one')
    expect(await followed(new Response('one', { headers: varied }), { 'x-tenant': '7' })).toBe('none')
    expect(await followed(new Response('one', { headers: { 'cache-control': 'no-store' } }))).toBe('none')
    // A key whose answer could not be shared is not waited for again.
    flights.launch(reading(), FETCH, true)
    expect(flights.toJoin(reading())).toBeUndefined()
  })

  it('does not join one whose answer may not be kept', () => {
    flights.launch(reading(), { ...FETCH, store: false }, true)
    expect(flights.toJoin(reading())).toBeUndefined()
  })

  it('an answer that no page reads and that breaks off is no uncaught failure', async () => {
    const { landed } = flights.launch(reading(), FETCH, false)
    await vi.waitFor(() => expect(answers).toHaveLength(1))
    answers[0]?.(
      new Response(new ReadableStream({ start: (stream) => stream.error(new Error('reset')) }), { status: 500 }),
    )
    // An unhandled rejection fails the whole run.
    expect((await landed).response?.status).toBe(500)
    await new Promise((resolve) => setTimeout(resolve))
  })
})

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Row } from '../../core/row.ts'
import { STORED_AT, storedRow } from '../../core/stored-row.fixture.ts'
import type { Reads as ReadsClass } from './answer-read.ts'
import type { Lookup as LookupClass } from './lookup.ts'
import { PageLoads } from './page-loads.ts'

const RULE = {
  name: 'r',
  fresh: 600,
  stale: 0,
  offline: 3600,
  timeoutMs: 1000,
  retry: 0,
  trust: 'rule',
  keyHeaders: [],
}
const ROW = storedRow({}, { body: new TextEncoder().encode('stored').buffer })

let Reads: typeof ReadsClass
let Lookup: typeof LookupClass
beforeAll(async () => {
  vi.setSystemTime(STORED_AT)
  vi.stubGlobal('self', globalThis)
  vi.stubGlobal('location', new URL('https://app.test/sw.js'))
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'] })
  ;({ Reads } = await import('./answer-read.ts'))
  ;({ Lookup } = await import('./lookup.ts'))
})
afterAll(() => void vi.useRealTimers())

const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)

/** What a page gets, where the store and the network answer as told. */
async function got({
  found,
  network,
  hide = (given: unknown) => given,
}: {
  readonly found: () => Promise<readonly Row[]>
  readonly network: Promise<Response>
  readonly hide?: (given: unknown) => unknown
}): Promise<string> {
  const landed = network.then(
    (response) => ({ settlement: { kind: 'keep', why: 'status' }, response }),
    (error: unknown) => ({ settlement: { kind: 'fail', why: 'network' }, error }),
  )
  const ports = {
    generations: { watch: () => () => true },
    log: { isInvalidated: () => false, isRemoved: () => false },
    lookup: new Lookup({ remembered: () => undefined, find: found }),
    urlOf: (url: string) => url,
    eviction: { use: () => undefined },
    statistics: { count: () => undefined },
    obstacles: { meet: () => undefined },
    identity: { partitionOf: () => 'everyone', isDoubted: () => false },
    flights: {
      storing: () => undefined,
      isAhead: () => false,
      toJoin: () => undefined,
      launch: () => ({
        informed: new Set(),
        landed,
        whole: () => Promise.resolve(true),
        stored: Promise.resolve(undefined),
        leave: () => undefined,
      }),
    },
    secrets: { hide },
    loads: new PageLoads(),
    writer: { lostAtMs: -Infinity },
  }
  vi.stubGlobal('fetch', () => network)
  const reads = new Reads(ports as unknown as ConstructorParameters<typeof Reads>[0])
  const match = { kind: 'read', rule: { ...RULE, ignoreQuery: [] }, tags: [] }
  const request = new Request('https://app.test/api')
  const asked = { request, match, clientId: 'a client', waitUntil: () => undefined } as unknown
  const answer = await reads.answer(asked as Parameters<ReadsClass['answer']>[0])
  return `${await answer.text()} ${answer.headers.get('cache-status')}`
}

const later = <T>(value: T, ms: number): Promise<T> => new Promise((resolve) => setTimeout(resolve, ms, value))
const away = (): Promise<never> => Promise.reject(new TypeError('Failed to fetch'))

describe('a store that is late', () => {
  it('is not an empty one: where the network brings nothing, its answer is waited for', async () => {
    expect(await got({ found: () => later([ROW], 1500), network: away() })).toContain('stored Freshlayer; hit')
  })

  it('lets the network answer meanwhile', async () => {
    const network = later(new Response('from the network'), 1200)
    expect(await got({ found: () => later([ROW], 3000), network })).toContain('from the network')
  })

  it('answers all the same where it is sooner than the network', async () => {
    const network = later(new Response('from the network'), 3000)
    expect(await got({ found: () => later([ROW], 1500), network })).toContain('stored Freshlayer; hit')
  })

  it('leaves the failure to the page where it has nothing either', async () => {
    await expect(got({ found: () => later([], 1500), network: away() })).rejects.toThrow('Failed to fetch')
  })
})

it('a read that cannot be looked for has the network\u2019s answer', async () => {
  const hide = (): never => {
    throw new Error('no such algorithm')
  }
  const network = Promise.resolve(new Response('from the network'))
  expect(await got({ found: () => Promise.resolve([ROW]), network, hide })).toContain('detail=unkeyed')
  expect(said).toHaveBeenCalled()
})

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../server/demo/database.ts'
import { openMemoryDatabase } from '../../server/demo/memory-database.fixture.ts'
import { migration, sync, toNode, versions } from '../../server/index.ts'
import { conformance } from './conformance.ts'

let database: Database
const ENTITIES = {
  products: { rows: (user: string) => ({ text: 'select * from products where owner = $1', values: [user] }) },
  units: { rows: () => ({ text: 'select * from units' }) },
}
const ADA = { 'x-user': 'ada' }

beforeAll(async () => {
  database = await openMemoryDatabase()
  await database.pool.query('create table products (id integer primary key, owner text)')
  await database.pool.query('create table units (id integer primary key)')
  await database.pool.query(migration(['products', 'units'].map((table) => ({ entity: table, table }))))
  await database.pool.query(`insert into products select n, 'ada' from generate_series(1, 45) n`)
  await database.pool.query('insert into units values (1)')
})
afterAll(() => database.close())

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

type Change = (request: Request, answered: () => Promise<Response>) => Promise<Response>

/** The kit itself, behind something that gets it wrong. */
async function probed(change: Change = (_, answered) => answered(), others?: Record<string, string>) {
  const principalOf = (request: Request): string | undefined => request.headers.get('x-user') ?? undefined
  const options = { pool: database.pool, entities: ENTITIES, principalOf }
  const [syncing, versioning] = [sync({ ...options, pageSize: 10 }), versions(options)]
  const handler = (request: Request): Promise<Response> =>
    change(request, async () => (request.url.includes('/versions') ? versioning(request) : syncing(request)))
  const server = createServer(toNode(handler))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const judged = await conformance({
    sync: new URL('/sync?entities=products,units', origin),
    versions: [{ url: new URL('/versions?entities=products', origin), entity: 'products' }],
    headers: ADA,
    others,
    answerMs: 5000,
  })
  return { judged, codes: judged.flatMap(({ findings }) => findings.map(({ code }) => code)) }
}

/** What the kit answers, as far as it is changed here. */
interface Given {
  readonly data?: { readonly products?: { readonly added: unknown[]; readonly updated: unknown[]; total?: number } }
  readonly buckets?: readonly { readonly bucket: number }[]
}

/** An answer whose JSON is another. */
const changed = async (answered: () => Promise<Response>, change: (json: Given) => unknown): Promise<Response> => {
  const response = await answered()
  return response.status === 200
    ? Response.json(change(await response.json()), { headers: { 'cache-control': 'no-store' } })
    : response
}

describe('the conformance of a backend', () => {
  test('finds nothing in the kit', async () => {
    const { judged, codes } = await probed()
    expect(codes).toEqual([])
    expect(judged.map(({ url, status }) => [url, status])).toEqual([
      ['/versions?entities=products', 200],
      ['/sync?entities=products,units', 200],
      ['/sync/compare', 200],
    ])
  })

  test('a cursor is of its user alone', async () => {
    expect((await probed(undefined, { 'x-user': 'grace' })).codes).toEqual([])
  })

  test.each<[string, Change]>([
    ['sync-echo', (_, answered) => changed(answered, (json) => ({ ...json, since: null }))],
    ['sync-shape', (_, answered) => changed(answered, (json) => ({ ...json, hasMore: 'no' }))],
    [
      'sync-shape',
      (request, answered) => (request.url.includes('/sync?') ? Promise.resolve(new Response('<html>')) : answered()),
    ],
    [
      'sync-twice',
      (_, answered) =>
        changed(answered, (json) => {
          const { added = [], updated } = json.data?.products ?? {}
          if (added.length > 0) updated?.push(added[0])
          return json
        }),
    ],
    [
      'sync-total',
      (_, answered) =>
        changed(answered, (json) => {
          const products = json.data?.products
          if (products?.total !== undefined) products.total++
          return json
        }),
    ],
    [
      'sync-cacheable',
      async (_, answered) => {
        const response = await answered()
        response.headers.set('cache-control', 'max-age=60')
        return response
      },
    ],
    [
      'sync-bad-cursor',
      (request, answered) =>
        request.url.includes('since=no-cursor') ? Promise.resolve(Response.json({ all: [] })) : answered(),
    ],
    [
      'sync-unknown-entity',
      (request, answered) => (request.url.includes('no-such-entity') ? Promise.resolve(Response.json({})) : answered()),
    ],
    [
      'sync-open',
      async (request, answered) => {
        request.headers.set('x-user', 'ada')
        return answered()
      },
    ],
    [
      'compare-missing',
      (request, answered) =>
        request.url.endsWith('/compare') ? Promise.resolve(new Response('', { status: 404 })) : answered(),
    ],
    [
      'compare-differs',
      (request, answered) =>
        request.url.endsWith('/compare')
          ? changed(answered, (json) => ({
              ...json,
              buckets: json.buckets?.[0] === undefined ? [{ bucket: 1, rows: [] }] : json.buckets,
            }))
          : answered(),
    ],
    [
      'compare-bucket',
      (request, answered) =>
        request.url.endsWith('/compare')
          ? changed(answered, (json) => ({
              ...json,
              buckets: json.buckets?.map((each) => ({ ...each, bucket: (each.bucket + 1) % 4096 })),
            }))
          : answered(),
    ],
    [
      'rows-shape',
      (request, answered) =>
        request.url.endsWith('/rows') ? Promise.resolve(Response.json({ rows: [] })) : answered(),
    ],
    [
      'versions-shape',
      (request, answered) =>
        request.url.includes('/versions') ? Promise.resolve(Response.json({ error: 'no' })) : answered(),
    ],
    [
      'versions-cacheable',
      (request, answered) =>
        request.url.includes('/versions') ? Promise.resolve(Response.json({ products: 'x' })) : answered(),
    ],
    [
      'versions-changing',
      (request, answered) =>
        request.url.includes('/versions') ? Promise.resolve(Response.json({ products: Math.random() })) : answered(),
    ],
  ])('finds %s: %#', async (code, change) => {
    expect((await probed(change)).codes).toContain(code)
  })
})

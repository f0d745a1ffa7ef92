import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { Client, Pool } from 'pg'
import { createClient } from 'redis'
import { transaction } from '../../server/demo/database.ts'
import { changeHub, events, listenWith, redisStream, sync, versions, writePosition } from '../../server/index.ts'
import { PAGE } from './document.ts'

// One server process of several over the database that all share: /events, lists of products and of parts, writes to them,
// /api/sync for the parts, and /api/versions for the products.

const { DATABASE_URL = '', REDIS_URL = '', PORT = '0', FOLDER = '' } = process.env
const pool = new Pool({ connectionString: DATABASE_URL, max: 8 })
// An idle connection that breaks is replaced at the next query.
pool.on('error', () => undefined)
let logReads = 0
const hub = changeHub({
  pool: {
    connect: () => {
      logReads++
      return pool.connect()
    },
  },
  listen: listenWith(() => new Client({ connectionString: DATABASE_URL })),
  ...(REDIS_URL !== '' && { stream: redisStream(() => createClient({ url: REDIS_URL }), { keep: 100 }) }),
  // The tests take the database and Redis away.
  report: () => undefined,
})
const feed = events<string>({
  hub,
  principalOf: () => 'everyone',
  mayHear: () => ({ products: { tags: ['products', 'product:{id}'] }, parts: { tags: ['parts'] } }),
  limits: { connections: 10_000, perMinute: 1_000_000 },
  heartbeat: 2,
  returnsPerSecond: Number(process.env['RETURNS_PER_SECOND'] ?? 200),
})

const synced = sync<string>({
  pool,
  principalOf: () => 'everyone',
  entities: { parts: { rows: () => ({ text: 'select id, name, updated_at from parts' }) } },
})

const versioned = versions<string>({
  pool,
  principalOf: () => 'everyone',
  entities: { products: { rows: () => ({ text: 'select id, updated_at from products' }), answer: 'items' } },
})

/** Requests by path, reads of lists also by their method, and how many feeds have been opened in each second. */
const received: Record<string, number> = {}
const opened: number[] = []

async function write(request: Request, table: 'products' | 'parts'): Promise<Response> {
  const { id, name } = (await request.json()) as { id: number; name: string }
  const written = await transaction(pool, async (client) => {
    await client.query(
      `insert into ${table} (id, name) values ($1, $2) on conflict (id) do update set name = excluded.name`,
      [id, name],
    )
    const position = await writePosition(client)
    // Before the commit: no later than it is visible.
    const committedAt = String(performance.timeOrigin + performance.now())
    return { 'freshlayer-position': position, 'committed-at': committedAt }
  })
  return new Response(null, { status: 204, headers: written })
}

async function list(request: Request, table: 'products' | 'parts'): Promise<Response> {
  const { rows } = await pool.query(`select id, name, updated_at from ${table} order by id`)
  const body = JSON.stringify(rows)
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
  const headers = { etag, 'content-type': 'application/json', 'cache-control': 'no-cache' }
  return request.headers.get('if-none-match') === etag
    ? new Response(null, { status: 304, headers })
    : new Response(body, { headers })
}

async function answer(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  received[pathname] = (received[pathname] ?? 0) + 1
  switch (pathname) {
    case '/events': {
      if (searchParams.has('poll')) received['polls'] = (received['polls'] ?? 0) + 1
      const second = Math.floor(Date.now() / 1000)
      opened[second] = (opened[second] ?? 0) + 1
      return feed(request)
    }
    case '/api/products':
    case '/api/parts': {
      const table = pathname === '/api/parts' ? 'parts' : 'products'
      const counted = `${request.method} ${pathname}`
      received[counted] = (received[counted] ?? 0) + 1
      return request.method === 'GET' ? list(request, table) : write(request, table)
    }
    case '/api/sync':
    case '/api/sync/compare':
    case '/api/sync/rows':
      return synced(request)
    case '/api/versions':
      return versioned(request)
    case '/stats': {
      if (searchParams.has('collect')) globalThis.gc?.()
      const peak = Math.max(0, ...Object.values(opened))
      const { rss, heapUsed } = process.memoryUsage()
      return Response.json({ connections: feed.connections, received, rss, heapUsed, peak, logReads })
    }
  }
  const file = join(FOLDER, pathname.slice(1))
  if (/^\/[\w-]+\.js$/.test(pathname) && existsSync(file))
    return new Response(readFileSync(file), { headers: { 'content-type': 'text/javascript' } })
  return new Response(PAGE, {
    headers: { 'content-type': 'text/html', 'cache-control': 'no-cache' },
  })
}

/** As a gateway would, where the database is away. */
const away = (): Response => new Response('', { status: 503, headers: { 'cache-control': 'no-store' } })

const listener = getRequestListener((request) => answer(request).catch(away), { overrideGlobalObjects: false })
const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
server.listen(Number(PORT), '127.0.0.1', 10_000, () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('SIGTERM', () => {
  void Promise.all([feed.close(1000, Number(process.env['AWAY'] ?? 0)), hub.close()]).then(() => process.exit(0))
})

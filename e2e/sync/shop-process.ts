import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { Client, Pool } from 'pg'
import { changeHub, events, listenWith, writePosition } from '../../server/index.ts'

// One server process of several: /events over the database that all share, a list of products and writes to it.

const { DATABASE_URL = '', PORT = '0', FOLDER = '' } = process.env
const pool = new Pool({ connectionString: DATABASE_URL, max: 8 })
// An idle connection that breaks is replaced at the next query.
pool.on('error', () => undefined)
const hub = changeHub({
  pool,
  listen: listenWith(() => new Client({ connectionString: DATABASE_URL })),
  // The tests take the database away.
  report: () => undefined,
})
const feed = events<string>({
  hub,
  principalOf: () => 'everyone',
  mayHear: () => ({ products: { tags: ['products', 'product:{id}'] } }),
  limits: { connections: 10_000, perMinute: 1_000_000 },
  heartbeat: 2,
  returnsPerSecond: Number(process.env['RETURNS_PER_SECOND'] ?? 200),
})

/** Requests by path, and how many feeds have been opened in each second. */
const received: Record<string, number> = {}
const opened: number[] = []

async function write(request: Request): Promise<Response> {
  const { id, name } = (await request.json()) as { id: number; name: string }
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(
      `insert into products (id, name) values ($1, $2) on conflict (id) do update set name = excluded.name`,
      [id, name],
    )
    const position = await writePosition(client)
    // Before the commit: no later than it is visible.
    const committedAt = String(performance.timeOrigin + performance.now())
    await client.query('commit')
    return new Response(null, {
      status: 204,
      headers: { 'freshlayer-position': position, 'committed-at': committedAt },
    })
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}

async function list(request: Request): Promise<Response> {
  const { rows } = await pool.query('select id, name from products order by id')
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
      return request.method === 'GET' ? list(request) : write(request)
    case '/stats': {
      if (searchParams.has('collect')) globalThis.gc?.()
      const peak = Math.max(0, ...Object.values(opened))
      const { rss, heapUsed } = process.memoryUsage()
      return Response.json({ connections: feed.connections, received, rss, heapUsed, peak })
    }
  }
  const file = join(FOLDER, pathname.slice(1))
  if (/^\/[\w-]+\.js$/.test(pathname) && existsSync(file))
    return new Response(readFileSync(file), { headers: { 'content-type': 'text/javascript' } })
  return new Response('<!doctype html><title>shop</title><script type=module src=/page.js></script>', {
    headers: { 'content-type': 'text/html', 'cache-control': 'no-cache' },
  })
}

const listener = getRequestListener(answer, { overrideGlobalObjects: false })
const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
server.listen(Number(PORT), '127.0.0.1', 10_000, () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('SIGTERM', () => {
  void feed.close(1000, Number(process.env['AWAY'] ?? 0)).then(() => process.exit(0))
})

import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type PoolClient } from 'pg'
import { PAGE } from '../sync/document.ts'

// A plain REST backend on PostgreSQL in a process of its own: it honours keys and `If-Match`, and notes each write that it has
// performed or refused. Each host is a shop of its own. What goes wrong between it and its callers comes as a message.

/**
 * What becomes of the next write. 'cut-before': it never arrives. 'cut-after': it is performed, and the answer is lost. 'slow': the
 * commit takes its time. 'portal': something else answers with a page. A number: the status with which it is refused.
 */
export type Fault = 'cut-before' | 'cut-after' | 'slow' | 'portal' | number

/** What the process does on a message. */
export interface Order {
  /** The only shop that is open from then on. */
  readonly shop?: string
  readonly isAway?: boolean
  /** Devices that do not reach it. */
  readonly away?: readonly string[]
  readonly faults?: readonly Fault[]
  /** How long each request is on its way. Milliseconds. */
  readonly wayMs?: number
}

/** How far ahead the clocks of some devices are. Milliseconds. */
const AHEAD_MS: Readonly<Record<string, number>> = { ahead: 3_600_000, behind: -3_600_000 }

/** How long a slow commit takes: seconds. */
const SLOW = 0.15

const { DATABASE_URL = '', PORT = '0', FOLDER = '' } = process.env
const pool = new Pool({ connectionString: DATABASE_URL, max: 8 })
pool.on('error', () => undefined)
let open = process.env['SHOP'] ?? ''
let isAway = process.env['IS_AWAY'] === 'yes'
let faults: Fault[] = []
let away: readonly string[] = []
let wayMs = 0
process.on('message', (order: Order) => {
  open = order.shop ?? open
  isAway = order.isAway ?? isAway
  away = order.away ?? away
  wayMs = order.wayMs ?? wayMs
  faults.push(...(order.faults ?? []))
  if (order.isAway === false) faults = []
  process.send?.({ obeyed: true })
})

interface Answer {
  readonly status: number
  readonly body?: object
  readonly etag?: string
}

interface Row {
  readonly id: number
  readonly name: string
  readonly note: string
  readonly version: number
  readonly updated_at: Date
}

const MEMBERS = 'id, name, note, version, updated_at'

/** A write as it has arrived. */
interface Write {
  readonly shop: string
  readonly method: string
  readonly url: URL
  readonly body: string
  readonly key: string | undefined
  readonly ifMatch: string | undefined
  readonly isSlow: boolean
}

const rowsOf = async (client: Pool | PoolClient, shop: string, id?: number, lock = ''): Promise<Row[]> => {
  const which = id === undefined ? '' : 'and id = $2'
  const text = `select ${MEMBERS} from products where shop = $1 ${which} order by id ${lock}`
  return (await client.query<Row>(text, id === undefined ? [shop] : [shop, id])).rows
}

async function perform(client: PoolClient, { shop, method, url, body, key, ifMatch }: Write): Promise<Answer> {
  const sent = (body === '' ? {} : JSON.parse(body)) as { name?: string; note?: string }
  const id = Number(url.pathname.split('/')[3])
  const intent = url.searchParams.get('intent') ?? sent.name ?? ''
  const note = (product: number | undefined): Promise<unknown> =>
    client.query('insert into performed (shop, intent, product, key) values ($1, $2, $3, $4)', [
      shop,
      intent,
      product,
      key,
    ])
  if (method === 'POST') {
    const { rows } = await client.query<Row>(`insert into products (shop, name) values ($1, $2) returning ${MEMBERS}`, [
      shop,
      sent.name,
    ])
    await note(rows[0]?.id)
    return { status: 201, body: { ...rows[0] }, etag: '"1"' }
  }
  if (!Number.isInteger(id)) return { status: 400, body: { detail: 'no such id' } }
  const [current] = await rowsOf(client, shop, id, 'for update')
  if (current === undefined) return { status: 404, body: {} }
  if (ifMatch !== undefined && ifMatch !== `"${current.version}"`) return { status: 412, body: current }
  await note(id)
  if (method === 'DELETE') {
    await client.query('delete from products where id = $1', [id])
    return { status: 204 }
  }
  const { rows } = await client.query<Row>(
    `update products set name = coalesce($2, name), note = coalesce($3, note), version = version + 1,
       updated_at = clock_timestamp() where id = $1 returning ${MEMBERS}`,
    [id, sent.name, sent.note],
  )
  return { status: 200, body: { ...rows[0] }, etag: `"${rows[0]?.version}"` }
}

async function transaction(work: (client: PoolClient) => Promise<Answer>): Promise<Answer> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const given = await work(client)
    await client.query('commit')
    client.release()
    return given
  } catch (error) {
    client.release(true)
    throw error
  }
}

/** The write and its key are one transaction: a process that is killed performs both or neither. */
const write = (given: Write): Promise<Answer> =>
  transaction(async (client) => {
    const { key, shop, isSlow } = given
    if (key !== undefined) {
      const { rowCount } = await client.query('insert into keys (key) values ($1) on conflict do nothing', [key])
      const { rows } = await client.query<{ answer: Answer | null }>('select answer from keys where key = $1', [key])
      if (rowCount === 0 && rows[0]?.answer) return rows[0].answer
    }
    const answer = await perform(client, given)
    if (answer.status >= 400)
      await client.query('insert into refused (shop, status) values ($1, $2)', [shop, answer.status])
    else if (key !== undefined) await client.query('update keys set answer = $2 where key = $1', [key, answer])
    if (isSlow) await client.query('select pg_sleep($1)', [SLOW])
    return answer
  })

const bodyOf = async (incoming: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

const field = (incoming: IncomingMessage, name: string): string | undefined =>
  incoming.headers[name] as string | undefined

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<unknown> {
  const url = new URL(incoming.url ?? '/', 'http://shop.invalid')
  const { method = 'GET' } = incoming
  const host = (incoming.headers.host ?? '').replace(/\.localhost(?::\d+)?$/, '')
  const shop = host.replace(/^.*--/, '')
  const device = host.slice(0, Math.max(0, host.indexOf('--')))
  // What an earlier test has left waits for ever.
  if (shop !== open) return incoming.socket.destroy()
  if (!url.pathname.startsWith('/api/')) return file(shop, device, url.pathname, outgoing)
  if (wayMs > 0) await sleep(wayMs)
  if (isAway || away.includes(device)) return incoming.socket.destroy()
  if (method === 'GET' || method === 'HEAD') {
    const [, , , id] = url.pathname.split('/')
    const rows = await rowsOf(pool, shop, id === undefined ? undefined : Number(id) || 0)
    const [row] = rows
    const body = id === undefined ? rows : row
    const etag = id === undefined ? undefined : row && `"${row.version}"`
    return send(outgoing, body === undefined ? { status: 404, body: {} } : { status: 200, body, ...(etag && { etag }) })
  }
  const body = await bodyOf(incoming)
  const fault = faults.shift()
  if (fault === 'cut-before') return incoming.socket.destroy()
  if (fault === 'portal') {
    outgoing.writeHead(200, { 'content-type': 'text/html' })
    return outgoing.end('<!doctype html><title>Sign in to the network</title>')
  }
  if (typeof fault === 'number') return send(outgoing, { status: fault, body: {} })
  const [key, ifMatch] = [field(incoming, 'idempotency-key'), field(incoming, 'if-match')]
  const given = await write({ shop, method, url, body, key, ifMatch, isSlow: fault === 'slow' })
  if (fault === 'cut-after' || isAway) return incoming.socket.destroy()
  return send(outgoing, given)
}

function send(outgoing: ServerResponse, { status, body, etag }: Answer): void {
  outgoing.writeHead(status, {
    'cache-control': 'no-cache',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(etag !== undefined && { etag }),
  })
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
}

/** The scripts are those of the build that a shop's name ends with. */
function file(shop: string, device: string, path: string, outgoing: ServerResponse): void {
  const [, build = ''] = shop.split('.')
  const found = join(FOLDER, build, path.slice(1))
  const isScript = /^\/[\w-]+\.js$/.test(path) && existsSync(found)
  outgoing.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html', 'cache-control': 'no-cache' })
  outgoing.end(isScript ? clockOf(device, path) + readFileSync(found, 'utf8') : PAGE)
}

/** What gives a worker the clock of its device. */
function clockOf(device: string, path: string): string {
  const aheadMs = path === '/sw.js' ? AHEAD_MS[device] : undefined
  return aheadMs === undefined ? '' : `((now) => { Date.now = () => now.call(Date) + ${aheadMs} })(Date.now);`
}

const server = createServer((incoming, outgoing) => {
  // Chromium sends a POST a second time by itself when a connection that was used before is cut: only a key helps there.
  if (/\.keyless\b/.test(incoming.headers.host ?? '')) outgoing.setHeader('connection', 'close')
  answer(incoming, outgoing).catch(() => {
    if (!outgoing.headersSent) outgoing.writeHead(503)
    outgoing.end()
  })
})
server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 })
})

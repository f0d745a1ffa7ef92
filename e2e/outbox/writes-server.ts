import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Pool, type PoolClient } from 'pg'
import { transaction } from '../../server/demo/database.ts'
import { PAGE } from '../sync/document.ts'

// A plain REST backend on PostgreSQL in a process of its own: it honours keys and `If-Match`, and notes each write that it has
// performed. What goes wrong between it and its callers comes as a message.

/**
 * What becomes of the next write. 'cut-before': it never arrives. 'cut-after': it is performed, and the answer is lost. 'portal':
 * something else answers with a page. A number: the status with which it is refused.
 */
export type Fault = 'cut-before' | 'cut-after' | 'portal' | number

/** What the process does on a message. */
export interface Order {
  readonly isAway?: boolean
  readonly faults?: readonly Fault[]
}

const { DATABASE_URL = '', PORT = '0', FOLDER = '', HONOURS_KEYS = 'yes' } = process.env
const pool = new Pool({ connectionString: DATABASE_URL, max: 8 })
pool.on('error', () => undefined)
let isAway = false
let faults: Fault[] = []
process.on('message', (order: Order) => {
  isAway = order.isAway ?? isAway
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
  readonly version: number
}

const rowsOf = async (client: Pool | PoolClient, where = '', values: unknown[] = []): Promise<Row[]> =>
  (await client.query<Row>(`select id, name, version from products ${where} order by id`, values)).rows

async function perform(client: PoolClient, method: string, url: URL, body: string, ifMatch?: string): Promise<Answer> {
  const sent = (body === '' ? {} : JSON.parse(body)) as { name?: string; intent?: string }
  const id = Number(url.pathname.split('/')[3])
  const intent = sent.intent ?? url.searchParams.get('intent') ?? ''
  if (method === 'POST') {
    const { rows } = await client.query<Row>('insert into products (name) values ($1) returning id, name, version', [
      sent.name,
    ])
    const [made] = rows
    await client.query('insert into performed (intent, product) values ($1, $2)', [intent, made?.id])
    return { status: 201, body: { ...made }, etag: '"1"' }
  }
  if (!Number.isInteger(id)) return { status: 400, body: { detail: 'no such id' } }
  const [row] = await rowsOf(client, 'where id = $1', [id])
  if (row === undefined) return { status: 404, body: {} }
  await client.query('select from products where id = $1 for update', [id])
  const [current] = await rowsOf(client, 'where id = $1', [id])
  if (current === undefined) return { status: 404, body: {} }
  if (ifMatch !== undefined && ifMatch !== `"${current.version}"`) {
    return { status: 412, body: current }
  }
  await client.query('insert into performed (intent, product) values ($1, $2)', [intent, id])
  if (method === 'DELETE') {
    await client.query('delete from products where id = $1', [id])
    return { status: 204 }
  }
  const { rows } = await client.query<Row>(
    'update products set name = $2, version = version + 1 where id = $1 returning id, name, version',
    [id, sent.name],
  )
  return { status: 200, body: { ...rows[0] }, etag: `"${rows[0]?.version}"` }
}

/** The write and its key are one transaction: a process that is killed performs both or neither. */
const write = (method: string, url: URL, body: string, key?: string, ifMatch?: string): Promise<Answer> =>
  transaction(pool, async (client) => {
    if (key !== undefined && HONOURS_KEYS === 'yes') {
      const { rowCount } = await client.query('insert into keys (key) values ($1) on conflict do nothing', [key])
      const { rows } = await client.query<{ answer: Answer | null }>('select answer from keys where key = $1', [key])
      if (rowCount === 0 && rows[0]?.answer) return rows[0].answer
    }
    const answer = await perform(client, method, url, body, ifMatch)
    if (key !== undefined) await client.query('update keys set answer = $2 where key = $1', [key, answer])
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
  if (!url.pathname.startsWith('/api/')) return file(url.pathname, outgoing)
  if (isAway) return incoming.socket.destroy()
  if (method === 'GET' || method === 'HEAD') {
    const [, , , id] = url.pathname.split('/')
    const rows = await rowsOf(pool, id === undefined ? '' : 'where id = $1', id === undefined ? [] : [Number(id) || 0])
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
  const given = await write(method, url, body, field(incoming, 'idempotency-key'), field(incoming, 'if-match'))
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

function file(path: string, outgoing: ServerResponse): void {
  const found = join(FOLDER, path.slice(1))
  const isScript = /^\/[\w-]+\.js$/.test(path) && existsSync(found)
  outgoing.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html', 'cache-control': 'no-cache' })
  outgoing.end(isScript ? readFileSync(found) : PAGE)
}

const server = createServer((incoming, outgoing) => {
  answer(incoming, outgoing).catch(() => {
    if (!outgoing.headersSent) outgoing.writeHead(503)
    outgoing.end()
  })
})
server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 })
})

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Database, openDatabase } from '../../server/demo/database.ts'
import { migration } from '../../server/sync/migration.ts'
import { sync } from '../../server/sync/sync.ts'
import { workerScript } from '../../tools/build/build-worker.ts'
import { PAGE } from './document.ts'
import { pageScript } from './page-script.ts'

/** Gives a worker of another scope the names of the one at the root: then two workers are alive on the same data. */
const OF_ROOT = `Object.defineProperty(ServiceWorkerRegistration.prototype, 'scope', { value: location.origin + '/' });\n`

/** The worker and the page's script, made from the sources as they are. */
export async function scripts(): Promise<{ readonly worker: string; readonly page: string }> {
  const worker = await workerScript({ config: 'e2e/sync/rules-of-collections.ts' })
  return { worker, page: await pageScript('e2e/sync/collections-page.ts') }
}

/** A shop's server: products on PGlite, `/api/sync` by the kit's own handlers, and a list in JSON. */
export class Shop {
  /** Paths of the API that came, with their queries. */
  readonly received: string[] = []
  /** Another one makes the worker's script another one. */
  build = 1
  /** The status of each answer of the endpoint. */
  readonly synced: number[] = []
  /** Settles before a request to the endpoint is answered. */
  gate: ((path: string) => Promise<unknown>) | undefined
  readonly #database: Database
  readonly #scripts: { readonly worker: string; readonly page: string }
  readonly #sync: (request: Request) => Promise<Response>
  #server: Server | undefined
  #port = 0

  private constructor(database: Database, made: { readonly worker: string; readonly page: string }) {
    this.#database = database
    this.#scripts = made
    this.#sync = sync<string>({
      // There is one client: it has not to wait for its turn.
      spread: 1,
      pool: database.pool,
      principalOf: () => 'ada',
      entities: { products: { rows: () => ({ text: 'select id, name, note, updated_at from products' }) } },
    })
  }

  static async open(products: number, made: { readonly worker: string; readonly page: string }): Promise<Shop> {
    const database = await openDatabase({ kind: 'memory' })
    const { pool } = database
    await pool.query('create table products (id integer primary key, name text not null, note text not null)')
    await pool.query(migration([{ entity: 'products', table: 'products' }]))
    await pool.query(
      `insert into products (id, name, note) select n, 'product ' || n, repeat('x', 150) from generate_series(1, $1::int) n`,
      [products],
    )
    const shop = new Shop(database, made)
    await shop.start()
    return shop
  }

  get url(): string {
    return `http://localhost:${this.#port}`
  }

  async query(text: string, values: unknown[] = []): Promise<readonly Record<string, unknown>[]> {
    const { rows } = await this.#database.pool.query<Record<string, unknown>>(text, values)
    return rows
  }

  /** What the list has to be, as JSON has it. */
  async list(): Promise<unknown> {
    const items = await this.query('select id, name, note, updated_at from products order by id')
    return JSON.parse(JSON.stringify({ items, total: items.length, page: 1 }))
  }

  /** Requests of one path. */
  at(path: string): string[] {
    return this.received.filter((each) => each.split('?', 1)[0] === path)
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        console.error(error)
        response.writeHead(500).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(this.#port, 'localhost', resolve))
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Goes away: open connections are cut, new ones refused. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#database.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request
    const { pathname } = new URL(url, this.url)
    const json = (body: unknown): void =>
      void response
        .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' })
        .end(JSON.stringify(body))
    if (pathname === '/sw.js') {
      const script = `${url.includes('?sub') ? OF_ROOT : ''}${this.#scripts.worker}\n// ${this.build}`
      response.writeHead(200, { 'content-type': 'text/javascript', 'service-worker-allowed': '/' }).end(script)
    } else if (pathname === '/page.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(this.#scripts.page)
    } else if (!pathname.startsWith('/api/')) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
    } else {
      this.received.push(url)
      await this.gate?.(url)
      const body = await text(request)
      if (pathname.startsWith('/api/sync')) {
        const held = request.headers['if-none-match']
        const headers = held === undefined ? {} : { 'if-none-match': held }
        const answer = await this.#sync(new Request(this.url + url, { method, headers, ...(body !== '' && { body }) }))
        this.synced.push(answer.status)
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
      } else if (pathname === '/api/products') json(await this.list())
      else if (pathname === '/api/other') json({ other: true })
      else if (method === 'PUT') {
        const id = Number(pathname.split('/').at(-1))
        const [row] = await this.query(
          'update products set name = $2 where id = $1 returning id, name, note, updated_at',
          [id, (JSON.parse(body) as { name: string }).name],
        )
        json(row)
      } else {
        const [row] = await this.query('select id, name, note, updated_at from products where id = $1', [
          Number(pathname.split('/').at(-1)),
        ])
        if (row === undefined) response.writeHead(404).end()
        else json(row)
      }
    }
  }
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { PoolClient } from 'pg'
import { type Database, openDatabase, transaction } from '../../server/demo/database.ts'
import { changeHub, events, strongEntityTag, sync, writePosition } from '../../server/index.ts'
import { migration } from '../../server/sync/migration.ts'
import { workerScript } from '../../tools/build/build-worker.ts'
import { PAGE } from './document.ts'
import { pageScript } from './page-script.ts'

/** How the page of another user learns of a change. */
export type Way = 'push' | 'focus' | 'polling'

/** A shop on PGlite with the kit's `/sync` and `/events`, a list that is a collection, and one that is not. */
export class TwoUsersShop {
  /** Requests by method and path. */
  readonly received: string[] = []
  readonly #database: Database
  readonly #page: string
  readonly #workers = new Map<string, string>()
  readonly #sync: (request: Request) => Promise<Response>
  readonly #feed: ReturnType<typeof events<string>>
  #server: Server | undefined

  private constructor(database: Database, script: string) {
    const { pool, listen } = database
    this.#database = database
    this.#page = script
    const principalOf = (): string => 'everyone'
    this.#sync = sync<string>({
      pool,
      principalOf,
      entities: { categories: { rows: () => ({ text: 'select id, name, updated_at from categories' }) } },
    })
    this.#feed = events<string>({
      hub: changeHub({ pool, listen }),
      principalOf,
      mayHear: () => ({ categories: { tags: ['categories'] }, products: { tags: ['products'] } }),
    })
  }

  static async open(): Promise<TwoUsersShop> {
    const database = await openDatabase({ kind: 'memory' })
    for (const table of ['categories', 'products']) {
      await database.pool.query(`create table ${table} (id serial primary key, name text not null)`)
      await database.pool.query(migration([{ entity: table, table }]))
      await database.pool.query(`insert into ${table} (name) select '${table} ' || n from generate_series(1, 20) n`)
    }
    const shop = new TwoUsersShop(database, await pageScript('e2e/sync/two-users-page.ts'))
    const listener = getRequestListener((request) => shop.#answer(request), { overrideGlobalObjects: false })
    const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    shop.#server = server
    return shop
  }

  get url(): string {
    const address = this.#server?.address() as AddressInfo
    return `http://127.0.0.1:${address.port}`
  }

  /** Pages below this way's folder have a worker that goes this way alone. */
  async serve(way: Way): Promise<string> {
    this.#workers.set(`/${way}/sw.js`, await workerScript({ config: `e2e/sync/rules-of-two-users-${way}.ts` }))
    return `${this.url}/${way}/`
  }

  /** As another program does. */
  async query(text: string): Promise<void> {
    await this.#database.pool.query(text)
  }

  count(what: string): number {
    return this.received.filter((each) => each === what).length
  }

  async close(): Promise<void> {
    await this.#feed.close(0)
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
    await this.#database.close()
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    const script = pathname === '/page.js' ? this.#page : this.#workers.get(pathname)
    if (script !== undefined) return new Response(script, { headers: { 'content-type': 'text/javascript' } })
    this.received.push(`${request.method} ${pathname}`)
    const [, , list = '', id] = pathname.split('/')
    if (pathname === '/events') return this.#feed(request)
    if (pathname.startsWith('/api/sync')) return this.#sync(request)
    if (!/^(categories|products)$/.test(list)) return new Response(PAGE, { headers: { 'content-type': 'text/html' } })
    if (request.method === 'GET') return this.#list(request, list)
    const { name } = (await request.json()) as { name: string }
    const position = await transaction(this.#database.pool, async (client: PoolClient) => {
      if (id === undefined) await client.query(`insert into ${list} (name) values ($1)`, [name])
      else await client.query(`update ${list} set name = $1 where id = $2`, [name, Number(id)])
      return writePosition(client)
    })
    return Response.json({}, { headers: { 'freshlayer-position': position } })
  }

  async #list(request: Request, list: string): Promise<Response> {
    const { rows } = await this.#database.pool.query(`select id, name, updated_at from ${list} order by id`)
    const etag = strongEntityTag(JSON.stringify(rows))
    const headers = { etag, 'cache-control': 'no-cache' }
    return request.headers.get('if-none-match') === etag
      ? new Response(null, { status: 304, headers })
      : Response.json(rows, { headers })
  }
}

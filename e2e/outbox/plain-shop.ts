import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import express, { type Request, type Response } from 'express'
import { Pool } from 'pg'
import { PAGE } from '../sync/document.ts'

/**
 * What becomes of a create. 'never': the connection is cut before it arrives. 'early': it is cut while the transaction is under way,
 * and that is committed. 'late': it is cut after the commit.
 */
type Fate = 'never' | 'early' | 'late' | 'answered'

const CUTS = ['never', 'early', 'late'] as const

/** The longest that a commit takes. Milliseconds. */
const SLOWEST_MS = 250

/** Of so many attempts after the first one is cut. */
const CUTS_ONE_OF = 4

/** How often a create was performed, by what the user wanted. */
export type Made = ReadonlyMap<string, number>

/**
 * The API of a shop as it is without the layer: rows with generated ids and columns that the database fills in, and nothing by which
 * two requests could be told from one. Each kind of rows has its list.
 *
 * Tests tell rows apart by a field of the request (`x-intent`), which no answer gives back.
 */
export class PlainShop {
  readonly #pool: Pool
  readonly #dice: (sides: number) => number
  readonly #seen = new Set<string>()
  readonly #away = new Set<string>()
  #server: Server | undefined
  /** Requests that were cut. */
  cuts = 0

  /** @param dice of what becomes of each request. */
  constructor(database: string, dice: (sides: number) => number) {
    this.#pool = new Pool({ connectionString: database, max: 24 })
    this.#pool.on('error', () => undefined)
    this.#dice = dice
  }

  /** @param folder of the worker and the page's script. */
  async start(folder: string): Promise<string> {
    await this.#pool.query(`
      drop table if exists made;
      create table made (
        id bigint generated always as identity primary key,
        kind text not null,
        item text not null,
        quantity integer not null,
        status text not null default 'new',
        created_at timestamptz not null default now(),
        intent text not null
      )`)
    const app = express()
    app.disable('etag')
    // Chromium by itself sends a POST again whose connection was used before and is cut. Nothing in a page or a worker hears of it.
    app.use((_, response, next) => {
      response.set('connection', 'close')
      next()
    })
    app.use(express.json())
    app.get('/api/:kind', async (request, response) => this.#list(request, response))
    app.post('/api/:kind', async (request, response) => this.#create(request, response))
    app.get(/.*/, (request, response) => {
      const found = join(folder, request.path.slice(1))
      const isScript = /^\/[\w-]+\.js$/.test(request.path) && existsSync(found)
      response.type(isScript ? 'text/javascript' : 'text/html').send(isScript ? readFileSync(found) : PAGE)
    })
    const server = app.listen(0, '127.0.0.1')
    this.#server = server
    await once(server, 'listening')
    return `http://plain.localhost:${(server.address() as AddressInfo).port}`
  }

  /** Whether a device reaches the lists of one kind. */
  setAway(device: string, kind: string, isAway: boolean): void {
    if (isAway) this.#away.add(`${device} ${kind}`)
    else this.#away.delete(`${device} ${kind}`)
  }

  async made(): Promise<Made> {
    const { rows } = await this.#pool.query<{ intent: string; count: number }>(
      'select intent, count(*)::int as count from made group by intent',
    )
    return new Map(rows.map(({ intent, count }) => [intent, count]))
  }

  /** Settles once the database's clock has gone on for so many seconds. */
  async passed(seconds: number): Promise<void> {
    await this.#pool.query('select pg_sleep($1)', [seconds])
  }

  async isMade(intent: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query('select from made where intent = $1', [intent])
    return (rowCount ?? 0) > 0
  }

  async stop(): Promise<void> {
    this.#server?.close()
    this.#server?.closeAllConnections()
    await this.#pool.end()
  }

  #isAway(request: Request<{ kind: string }>): boolean {
    return this.#away.has(`${request.get('x-device')} ${request.params.kind}`)
  }

  async #list(request: Request<{ kind: string }>, response: Response): Promise<void> {
    if (this.#isAway(request)) return void request.socket.destroy()
    const { rows } = await this.#pool.query(
      'select id::int, item, quantity, status, created_at from made where kind = $1 order by id',
      [request.params.kind],
    )
    response.set('cache-control', 'no-cache').json(rows)
  }

  async #create(request: Request<{ kind: string }>, response: Response): Promise<void> {
    if (this.#isAway(request)) return void request.socket.destroy()
    const fate = this.#fateOf(request.get('x-intent') ?? '')
    if (fate !== 'answered') this.cuts++
    if (fate === 'never') return void request.socket.destroy()
    const client = await this.#pool.connect()
    try {
      await client.query('begin')
      const { item, quantity } = request.body as { readonly item: string; readonly quantity: number }
      const { rows } = await client.query(
        `insert into made (kind, item, quantity, intent) values ($1, $2, $3, $4)
         returning id::int, item, quantity, status, created_at`,
        [request.params.kind, item, quantity, request.get('x-intent')],
      )
      if (fate === 'early') request.socket.destroy()
      await sleep(this.#dice(SLOWEST_MS))
      await client.query('commit')
      if (fate === 'late') request.socket.destroy()
      if (fate === 'answered') response.status(201).json(rows[0])
    } finally {
      client.release()
    }
  }

  /** The first attempt is always cut. */
  #fateOf(intent: string): Fate {
    const isFirst = !this.#seen.has(intent)
    this.#seen.add(intent)
    return isFirst || this.#dice(CUTS_ONE_OF) === 0 ? (CUTS[this.#dice(CUTS.length)] ?? 'never') : 'answered'
  }
}

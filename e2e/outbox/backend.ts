import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'pg'
import type { Plugin } from 'rolldown'
import { bundle } from '../../tools/files/bundle.ts'
import { type Postgres, startPostgres } from '../sync/postgres.ts'
import type { Fault, Order } from './writes-server.ts'

/** It is not bundled: the process starts in a tenth of a second all the same. */
const PG: Plugin = { name: 'pg', resolveId: (id) => (id === 'pg' ? { id, external: true } : undefined) }

/** A product as the database has it. */
export interface Product {
  readonly id: number
  readonly name: string
  readonly note: string
}

/** A write that the database has. */
export interface Performed {
  readonly intent: string
  readonly product: number
  /** Null: it came without one. */
  readonly key: string | null
}

/** The backend of the tests: PostgreSQL, and a process that can be killed. Started again it has the same port. */
export class WritesBackend {
  readonly #folder: string
  #postgres: Postgres | undefined
  #pool: Pool | undefined
  #process: ChildProcess | undefined
  #script = ''
  #port = 0
  #shop = 'shop'
  #isAway = false

  /** @param folder the page's script and the worker; of a shop that was opened they are in the folder of its build. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Where the shop is that is open. */
  get url(): string {
    return `http://${this.#shop}.localhost:${this.#port}`
  }

  get shop(): string {
    return this.#shop
  }

  get database(): Pool {
    if (this.#pool === undefined) throw new Error('the database is not started')
    return this.#pool
  }

  get databaseUrl(): string {
    return this.#postgres?.url ?? ''
  }

  async open(): Promise<this> {
    this.#postgres = await startPostgres()
    this.#pool = new Pool({ connectionString: this.#postgres.url })
    this.#pool.on('error', () => undefined)
    await this.#pool.query(`
      create table products (
        id serial primary key, shop text not null, name text not null, note text not null default '',
        version integer not null default 1, updated_at timestamptz not null default clock_timestamp()
      );
      create table performed (at serial primary key, shop text not null, intent text not null, product integer not null, key text);
      create table refused (shop text not null, status integer not null);
      create table keys (key text primary key, answer jsonb)`)
    mkdirSync(this.#folder, { recursive: true })
    this.#script = join(this.#folder, 'server.mjs')
    const text = await bundle('e2e/outbox/writes-server.ts', { platform: 'node', format: 'esm', plugins: [PG] })
    writeFileSync(this.#script, text)
    return this.start()
  }

  async start(): Promise<this> {
    const env = {
      ...process.env,
      DATABASE_URL: this.databaseUrl,
      FOLDER: this.#folder,
      PORT: String(this.#port),
      SHOP: this.#shop,
      IS_AWAY: this.#isAway ? 'yes' : 'no',
    }
    const started = fork(this.#script, { env, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#process = started
    this.#port = await new Promise<number>((resolve, reject) => {
      started.on('message', (message: { readonly port?: number }) => {
        if (message.port !== undefined) resolve(message.port)
      })
      started.once('exit', (code) => reject(new Error(`the server process ended with ${code}`)))
    })
    return this
  }

  /** At once, as a crash does. */
  async kill(): Promise<void> {
    const killed = this.#process
    this.#process = undefined
    if (killed === undefined) return
    const gone = new Promise((resolve) => killed.once('exit', resolve))
    killed.kill('SIGKILL')
    await gone
  }

  /**
   * A shop without products, and the only one that is open from then on.
   *
   * @param build the folder of its worker.
   */
  openShop(name: string, build: string): Promise<void> {
    this.#shop = `${name}.${build}`
    this.#isAway = false
    return this.#order({ shop: this.#shop, isAway: false, away: [], wayMs: 0 })
  }

  /** Cuts the network, or has it again: then nothing goes wrong any more. */
  setAway(isAway: boolean): Promise<void> {
    this.#isAway = isAway
    return this.#order({ isAway })
  }

  /** Where a device finds the shop. Each has its own origin, and so its own worker and outbox; 'ahead' and 'behind' are an hour off. */
  urlOf(device: string): string {
    return this.url.replace('://', `://${device}--`)
  }

  /** Which devices do not reach the shop. */
  setDevicesAway(...away: readonly string[]): Promise<void> {
    return this.#order({ away })
  }

  /** How long each request is on its way: milliseconds. */
  setWay(wayMs: number): Promise<void> {
    return this.#order({ wayMs })
  }

  /** What becomes of the next writes. */
  fail(...faults: readonly Fault[]): Promise<void> {
    return this.#order({ faults })
  }

  /** Of the shop that is open, as all that follow. */
  async products(): Promise<Product[]> {
    return this.#rows<Product>('select id, name, note from products where shop = $1 order by id')
  }

  async performed(): Promise<Performed[]> {
    return this.#rows<Performed>('select intent, product, key from performed where shop = $1 order by at')
  }

  /** How often a write was refused because its row was another by then. */
  async conflicts(): Promise<number> {
    return (await this.#rows('select from refused where shop = $1 and status = 412')).length
  }

  /** Settles once the database's clock has gone on for so many seconds. */
  async passed(seconds: number): Promise<void> {
    await this.database.query('select pg_sleep($1)', [seconds])
  }

  async close(): Promise<void> {
    await this.kill()
    await this.#pool?.end()
    await this.#postgres?.remove()
  }

  async #rows<R extends object>(text: string): Promise<R[]> {
    return (await this.database.query<R>(text, [this.#shop])).rows
  }

  async #order(order: Order): Promise<void> {
    const server = this.#process
    if (server === undefined) return
    const obeyed = new Promise((resolve) => {
      const done = (): void => {
        server.off('message', done)
        server.off('exit', done)
        resolve(undefined)
      }
      server.on('message', done)
      server.on('exit', done)
    })
    server.send(order)
    await obeyed
  }
}

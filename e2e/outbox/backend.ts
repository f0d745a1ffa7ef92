import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Pool } from 'pg'
import { type Postgres, startPostgres } from '../sync/postgres.ts'
import type { Fault, Order } from './writes-server.ts'

const PROCESS = fileURLToPath(new URL('writes-server.ts', import.meta.url))

/** A product as the database has it. */
export interface Product {
  readonly id: number
  readonly name: string
}

/** A write that the database has. */
export interface Performed {
  readonly intent: string
  readonly product: number
}

/** The backend of the tests: PostgreSQL, and a process that can be killed. Started again it has the same port. */
export class WritesBackend {
  readonly #folder: string
  readonly #settings: Readonly<Record<string, string>>
  #postgres: Postgres | undefined
  #pool: Pool | undefined
  #process: ChildProcess | undefined
  #port = 0

  /** @param folder the page's script and the worker. */
  constructor(folder: string, settings: Readonly<Record<string, string>> = {}) {
    this.#folder = folder
    this.#settings = settings
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get database(): Pool {
    if (this.#pool === undefined) throw new Error('the database is not started')
    return this.#pool
  }

  async open(): Promise<this> {
    this.#postgres = await startPostgres()
    this.#pool = new Pool({ connectionString: this.#postgres.url })
    this.#pool.on('error', () => undefined)
    await this.#pool.query(`
      create table products (id serial primary key, name text not null, version integer not null default 1);
      create table performed (at serial primary key, intent text not null, product integer not null);
      create table keys (key text primary key, answer jsonb)`)
    return this.start()
  }

  async start(): Promise<this> {
    const env = {
      ...process.env,
      ...this.#settings,
      DATABASE_URL: this.#postgres?.url,
      FOLDER: this.#folder,
      PORT: String(this.#port),
    }
    const started = fork(PROCESS, {
      env,
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
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

  /** Cuts the network, or has it again: then nothing goes wrong any more. */
  setAway(isAway: boolean): Promise<void> {
    return this.#order({ isAway })
  }

  /** What becomes of the next writes. */
  fail(...faults: readonly Fault[]): Promise<void> {
    return this.#order({ faults })
  }

  async products(): Promise<Product[]> {
    return (await this.database.query<Product>('select id, name from products order by id')).rows
  }

  async performed(): Promise<Performed[]> {
    return (await this.database.query<Performed>('select intent, product from performed order by at')).rows
  }

  async close(): Promise<void> {
    await this.kill()
    await this.#pool?.end()
    await this.#postgres?.remove()
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

import { Client, Pool, type PoolClient } from 'pg'
import { createClient } from 'redis'
import { changeHub, type ChangeHub, listenWith, redisStream, type StreamClient } from '../../server/index.ts'

/** The hub of one server process, whose ways to Redis and to the database can be cut. */
export class StreamMember {
  /** The ids of the products that it was told of. */
  readonly told = new Set<string>()
  /** How often it has read the log, or tried to. */
  logReads = 0
  redis: 'open' | 'cut' = 'open'
  database: 'open' | 'cut' = 'open'
  readonly #pool: Pool
  readonly #hub: ChangeHub
  readonly #clients = new Set<StreamClient>()
  readonly #waiting = new Set<() => void>()

  constructor(databaseUrl: string, redisUrl: string) {
    this.#pool = new Pool({ connectionString: databaseUrl, max: 2 })
    this.#pool.on('error', () => undefined)
    const connect = async (): Promise<PoolClient> => {
      this.logReads++
      if (this.database === 'cut') throw new Error('the way to the database is cut')
      return this.#pool.connect()
    }
    this.#hub = changeHub({
      pool: { connect },
      listen: listenWith(() => new Client({ connectionString: databaseUrl })),
      stream: redisStream(() => this.#client(redisUrl), { keep: 100 }),
      report: () => undefined,
    })
    this.#hub.subscribe(({ changed }) => {
      if (changed !== 'unknown') for (const { rows = [] } of changed) for (const row of rows) this.told.add(row)
      for (const resume of this.#waiting) resume()
    })
  }

  /** Resolves once it knows from where on it tells. */
  async ready(): Promise<this> {
    await this.#hub.since(undefined)
    return this
  }

  cutRedis(): void {
    this.redis = 'cut'
    for (const client of this.#clients) client.destroy()
    this.#clients.clear()
  }

  async untilTold(...ids: number[]): Promise<void> {
    while (!ids.every((id) => this.told.has(String(id))))
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  async close(): Promise<void> {
    await this.#hub.close()
    await this.#pool.end()
  }

  #client(url: string): StreamClient {
    const client = createClient({ url })
    this.#clients.add(client)
    const connect = client.connect.bind(client)
    return Object.assign(client, {
      connect: async () => {
        if (this.redis === 'cut') throw new Error('the way to Redis is cut')
        return connect()
      },
    })
  }
}

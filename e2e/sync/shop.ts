import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROCESS = fileURLToPath(new URL('shop-process.ts', import.meta.url))

interface Stats {
  readonly connections: number
  readonly received: Readonly<Record<string, number>>
  readonly rss: number
  readonly heapUsed: number
  readonly peak: number
  /** How often the process has read the change log. */
  readonly logReads: number
}

/** One server process. Started again it has the same port. */
export class Shop {
  readonly #database: string
  readonly #folder: string
  readonly #redis: string
  readonly #settings: Readonly<Record<string, string>>
  #port = 0
  #process: ChildProcess | undefined

  /**
   * @param redis the URL of a Redis through which its processes tell each other. Default: none.
   * @param settings what else its processes find in their environment.
   */
  constructor(database: string, folder = '', redis = '', settings: Readonly<Record<string, string>> = {}) {
    this.#database = database
    this.#folder = folder
    this.#redis = redis
    this.#settings = settings
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<this> {
    const [DATABASE_URL, REDIS_URL, FOLDER, PORT] = [this.#database, this.#redis, this.#folder, String(this.#port)]
    const env = { ...process.env, ...this.#settings, DATABASE_URL, REDIS_URL, FOLDER, PORT }
    const started = fork(PROCESS, {
      env,
      execArgv: ['--import', 'tsx', '--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#process = started
    this.#port = await new Promise<number>((resolve, reject) => {
      started.once('message', (message) => resolve((message as { port: number }).port))
      started.once('exit', (code) => reject(new Error(`the server process ended with ${code}`)))
    })
    return this
  }

  /** @param signal SIGKILL: at once; SIGTERM: it ends its connections. */
  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const stopped = this.#process
    this.#process = undefined
    if (stopped === undefined) return
    const gone = new Promise((resolve) => stopped.once('exit', resolve))
    stopped.kill(signal)
    await gone
  }

  /** A write. Gives when it began to be committed, in milliseconds since 1970. */
  async put(id: number, name: string): Promise<number> {
    const response = await fetch(`${this.url}/api/products`, { method: 'PUT', body: JSON.stringify({ id, name }) })
    if (response.status !== 204) throw new Error(`the write was answered with ${response.status}`)
    return Number(response.headers.get('committed-at'))
  }

  async stats(collect = false): Promise<Stats> {
    return (await (await fetch(`${this.url}/stats${collect ? '?collect' : ''}`)).json()) as Stats
  }
}

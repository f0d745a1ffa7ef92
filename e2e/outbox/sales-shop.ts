import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const PROCESS = fileURLToPath(new URL('sales-process.ts', import.meta.url))

/** One process that sells. Started again it has the same port. */
export class SalesShop {
  readonly #settings: Readonly<Record<string, string>>
  #port = 0
  #process: ChildProcess | undefined

  constructor(database: string, settings: Readonly<Record<string, string>> = {}) {
    this.#settings = { ...settings, DATABASE_URL: database }
  }

  async start(): Promise<this> {
    const started = fork(PROCESS, {
      env: { ...process.env, ...this.#settings, PORT: String(this.#port) },
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#process = started
    this.#port = await new Promise<number>((resolve, reject) => {
      started.once('message', (message) => resolve((message as { port: number }).port))
      started.once('exit', (code) => reject(new Error(`the process ended with ${code}`)))
    })
    return this
  }

  signal(signal: 'SIGKILL' | 'SIGCONT'): void {
    this.#process?.kill(signal)
  }

  /** Resolves when the process has ended, for whatever reason. */
  async over(): Promise<void> {
    const ending = this.#process
    this.#process = undefined
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
    await new Promise((resolve) => ending.once('exit', resolve))
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.over()
  }

  /** @param fate what the process does in the middle of it. Default: nothing else. */
  sell(key: string, body: Readonly<Record<string, unknown>>, fate = ''): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#port}/api/sales`, {
      method: 'POST',
      headers: { 'idempotency-key': key, 'content-type': 'application/json', 'x-fate': fate },
      body: JSON.stringify(body),
    })
  }

  /** Sends a batch, packed. */
  batch(items: readonly object[]): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#port}/api/sync`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify({ items })),
    })
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUILT_DEMO } from './build.ts'

/** The demo's server as a person runs it: a process of its own with its data in a folder, so that it can be killed. */
export class DemoProcess {
  readonly dataFolder = mkdtempSync(join(tmpdir(), 'freshlayer-demo-'))
  #port = 0
  #child: ChildProcess | undefined

  get url(): string {
    return `http://localhost:${this.#port}`
  }

  /** Settles when the server listens; on a free port the first time, on the same one ever after. */
  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort()
    const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
      env: {
        ...process.env,
        PORT: String(this.#port),
        FRESHLAYER_DATA: this.dataFolder,
        FRESHLAYER_STATIC: BUILT_DEMO,
        DATABASE_URL: '',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The demo's server ended with ${code} before it listened.`)
    })
    // Only an end before the first line is a failure; a later one is `kill`.
    ended.catch(() => undefined)
    await Promise.race([once(child.stdout, 'data'), ended])
  }

  /** As a power cut would: nothing is closed, nothing is said. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  async drop(): Promise<void> {
    await this.kill()
    rmSync(this.dataFolder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type Browser, chromium, type Page } from 'playwright'
import { requireChromium } from '../../tools/upkeep/find-chromium.ts'

const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']

/** A browser that may be killed, and is started again with the profile that it has left. */
export class KillableBrowser {
  readonly #profile = mkdtempSync(join(tmpdir(), 'freshlayer-outbox-'))
  readonly #args: readonly string[]
  readonly #devices: BrowserContext[] = []
  #process: ChildProcess | undefined
  #connection: Browser | undefined

  /** @param args further ones. Default: none. */
  constructor(args: readonly string[] = []) {
    this.#args = args
  }

  async start(): Promise<BrowserContext> {
    const browser = spawn(
      requireChromium().path,
      [...ARGS, ...this.#args, `--user-data-dir=${this.#profile}`, '--remote-debugging-port=0', 'about:blank'],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    )
    this.#process = browser
    const address = await new Promise<string>((resolve, reject) => {
      let said = ''
      browser.stderr.on('data', (data: Buffer) => {
        said += String(data)
        const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
        if (found !== undefined) resolve(found)
      })
      browser.once('exit', () => reject(new Error(`Chromium has ended: ${said}`)))
    })
    this.#connection = await chromium.connectOverCDP(address, { noDefaults: true })
    return this.#context()
  }

  /** So many tabs of the browser, which is started if it is not there. */
  async pages(count: number): Promise<readonly Page[]> {
    const context = this.#connection?.isConnected() === true ? this.#context() : await this.start()
    while (context.pages().length < count) await context.newPage()
    for (const more of context.pages().slice(count)) await more.close()
    return context.pages()
  }

  /** A tab of a device of its own, which has nothing in common with the profile or with other devices. */
  async newDevice(): Promise<Page> {
    if (this.#connection?.isConnected() !== true) await this.start()
    const context = await this.#connection?.newContext()
    if (context === undefined) throw new Error('the browser has gone')
    this.#devices.push(context)
    return context.newPage()
  }

  async dropDevices(): Promise<void> {
    for (const context of this.#devices.splice(0)) await context.close().catch(() => undefined)
  }

  #context(): BrowserContext {
    const [context] = this.#connection?.contexts() ?? []
    if (context === undefined) throw new Error('the browser has no context')
    return context
  }

  /** All its processes at once, as the system does that has no memory left. */
  async kill(): Promise<void> {
    const killed = this.#process
    this.#process = undefined
    if (killed?.pid === undefined) return
    const gone = new Promise((resolve) => killed.once('exit', resolve))
    process.kill(-killed.pid, 'SIGKILL')
    await gone
    await this.#connection?.close().catch(() => undefined)
    this.#connection = undefined
  }

  /** As the user does: what the browser has not written yet it writes. */
  async quit(): Promise<void> {
    const ended = this.#process
    if (ended === undefined) return
    const gone = new Promise((resolve) => ended.once('exit', resolve))
    const cdp = await this.#connection?.newBrowserCDPSession()
    await cdp?.send('Browser.close').catch(() => undefined)
    await gone
    this.#process = undefined
    this.#connection = undefined
  }

  /** Its databases are broken when it is started again, as after some kills: then it deletes all that an origin has. */
  breakDatabases(): void {
    const folder = join(this.#profile, 'Default/IndexedDB')
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.log')) continue
      const bytes = readFileSync(join(folder, name))
      bytes.fill(255, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2))
      writeFileSync(join(folder, name), bytes)
    }
  }

  async close(): Promise<void> {
    await this.kill()
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10 })
  }
}

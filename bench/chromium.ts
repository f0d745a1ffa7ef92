import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { requireChromium } from '../tools/upkeep/find-chromium.ts'

type Listener = (params: unknown, sessionId: string | undefined) => void

interface Message {
  readonly id?: number
  readonly method?: string
  readonly sessionId?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--remote-debugging-pipe',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
]

const CLOSE_LIMIT_MS = 5000

/**
 * A Chromium spoken to over a pipe, with nothing attached to its workers and no domain on that sees requests. Playwright
 * does both, and then every request and every worker start waits for the tool as well.
 */
export class BenchChromium {
  readonly version: string
  readonly #process: ChildProcess
  readonly #profile: string
  readonly #send: Sender

  /** Starts a browser with an empty profile. */
  static async launch(): Promise<BenchChromium> {
    const profile = mkdtempSync(join(tmpdir(), 'freshlayer-bench-'))
    const browser = spawn(requireChromium().path, [...ARGS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    const send = new Sender(browser)
    const { product } = (await send.command('Browser.getVersion')) as { product: string }
    return new BenchChromium(browser, profile, send, product)
  }

  private constructor(browser: ChildProcess, profile: string, send: Sender, version: string) {
    this.#process = browser
    this.#profile = profile
    this.#send = send
    this.version = version
  }

  /** Opens a page and waits until its script has run. */
  async open(url: string): Promise<BenchPage> {
    const { targetId } = (await this.#send.command('Target.createTarget', { url: 'about:blank' })) as {
      targetId: string
    }
    const attached = await this.#send.command('Target.attachToTarget', { targetId, flatten: true })
    const page = new BenchPage(this.#send, targetId, (attached as { sessionId: string }).sessionId)
    await page.load(url)
    return page
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve))
    const limit = setTimeout(() => this.#process.kill('SIGKILL'), CLOSE_LIMIT_MS)
    await this.#send.command('Browser.close').catch(() => undefined)
    await gone
    clearTimeout(limit)
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

/** One page of the browser. */
export class BenchPage {
  readonly #send: Sender
  readonly #targetId: string
  readonly #sessionId: string

  constructor(send: Sender, targetId: string, sessionId: string) {
    this.#send = send
    this.#targetId = targetId
    this.#sessionId = sessionId
  }

  /** Goes to a URL and settles when the page's scripts have run. */
  async load(url: string): Promise<void> {
    await this.#command('ServiceWorker.enable')
    await this.#command('Page.enable')
    const loaded = this.#send.once('Page.loadEventFired', (_, sessionId) => sessionId === this.#sessionId)
    await this.#command('Page.navigate', { url })
    await loaded
    await this.#command('Page.disable')
  }

  /** To the front: a browser gives its visible page the most time. */
  async activate(): Promise<void> {
    await this.#send.command('Target.activateTarget', { targetId: this.#targetId })
  }

  /** The value of an expression in the page, as JSON. @throws what the page throws */
  async evaluate(expression: string): Promise<unknown> {
    const params = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = (await this.#command('Runtime.evaluate', params)) as {
      result: { value?: unknown }
      exceptionDetails?: { text: string; exception?: { description?: string } }
    }
    if (exceptionDetails === undefined) return result.value
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
  }

  /** Ends the running workers of all pages, as a browser ends an idle one. Settles when this page's is gone. */
  async stopWorkers(): Promise<void> {
    const stopped = this.#send.once(
      'ServiceWorker.workerVersionUpdated',
      (params, sessionId) =>
        sessionId === this.#sessionId &&
        (params as { versions: { runningStatus: string }[] }).versions.some(
          ({ runningStatus }) => runningStatus === 'stopped',
        ),
    )
    await this.#command('ServiceWorker.stopAllWorkers')
    await stopped
  }

  #command(method: string, params: object = {}): Promise<unknown> {
    return this.#send.command(method, params, this.#sessionId)
  }
}

/** The DevTools protocol over file descriptors 3 and 4: JSON messages, each ended by a zero byte. */
class Sender {
  readonly #output: Writable
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  readonly #listeners = new Set<{ readonly method: string; readonly listener: Listener }>()
  #lastId = 0
  #ended: Error | undefined

  constructor(browser: ChildProcess) {
    const [, , , output, input] = browser.stdio
    if (!(output instanceof Writable) || !(input instanceof Readable)) throw new Error('Chromium has no pipe')
    this.#output = output
    output.on('error', () => undefined)
    let pending = ''
    input.setEncoding('utf8').on('data', (text: string) => {
      const messages = (pending + text).split('\0')
      pending = messages.pop() ?? ''
      for (const message of messages) this.#receive(JSON.parse(message))
    })
    browser.once('error', (error) => this.#end(error))
    browser.once('exit', (code) => this.#end(new Error(`Chromium has ended with ${code}`)))
  }

  command(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const id = ++this.#lastId
    this.#output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  /** Settles at the first event of that name that is meant. */
  once(method: string, isMeant: (params: unknown, sessionId: string | undefined) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const entry = {
        method,
        listener: (params: unknown, sessionId: string | undefined) => {
          if (!isMeant(params, sessionId)) return
          this.#listeners.delete(entry)
          resolve()
        },
      }
      this.#listeners.add(entry)
    })
  }

  #receive({ id, method, params, sessionId, result, error }: Message): void {
    if (id === undefined) {
      for (const entry of this.#listeners) if (entry.method === method) entry.listener(params, sessionId)
      return
    }
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error.message))
  }

  #end(error: Error): void {
    this.#ended = error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

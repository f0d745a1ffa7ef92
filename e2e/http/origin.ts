import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fieldLines, type Received } from './differences.ts'
import type { OriginAnswer, Reply } from './row.ts'

const PAGE = `<!doctype html><meta charset=utf-8><title>rows</title>
<script type=module>navigator.serviceWorker.register('/sw.js')</script>`

/** An answer to anything a row has not foreseen: recognisable, and of no consequence. */
const UNFORESEEN: Reply = { status: 200, headers: { 'cache-control': 'no-store' }, body: 'unforeseen' }

/** An origin that answers what the step at hand says, and notes what it is asked. */
export class StepOrigin {
  /** What reached it since the last `expects`. */
  received: Received[] = []
  /** The row's path, and the time that `Date` tells. */
  self = ''
  nowMs = 0
  readonly #script: string
  readonly #server: Server
  readonly #unanswered = new Map<ServerResponse, Received>()
  /** Paths that were not answered when they were last asked for. */
  readonly #failed = new Set<string>()
  #answers: OriginAnswer[] = []
  #release: () => void = () => undefined
  #released: Promise<void> = Promise.resolve()
  #onReceived: () => void = () => undefined

  constructor(script: string) {
    this.#script = script
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  async start(): Promise<void> {
    await once(this.#server.listen(0, 'localhost'), 'listening')
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** A step begins: what it is asked from now on, and what it answers. */
  expects(answers: readonly OriginAnswer[]): void {
    this.received = []
    this.#answers = [...answers]
    this.#released = new Promise((resolve) => (this.#release = resolve))
  }

  /** Adds what the next requests of the step are answered. */
  expectsAlso(answers: readonly OriginAnswer[]): void {
    this.#answers.push(...answers)
  }

  /** Lets the held replies go, and cuts what would be silent for ever. */
  release(): void {
    this.#release()
  }

  cutSilent(): void {
    for (const [response, received] of this.#unanswered) {
      cutFor.add(received)
      response.destroy()
    }
    this.#unanswered.clear()
  }

  /** Settles when so many requests have been received in this step. */
  async hasReceived(count: number): Promise<void> {
    while (this.received.length < count) await new Promise<void>((resolve) => (this.#onReceived = resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url: path = '/', method = '', headers } = request
    request.resume()
    if (path === '/sw.js')
      return this.#reply(response, { headers: { 'content-type': 'text/javascript' }, body: this.#script })
    if (path === '/favicon.ico') return this.#reply(response, { status: 204 })
    if (path === '/') return this.#reply(response, { headers: { 'content-type': 'text/html' }, body: PAGE })
    // A browser whose reused connection is cut tries once more on a new one: the same request still.
    const again = this.received.findLast((earlier) => earlier.method === method && earlier.path === path)
    if (again !== undefined && cutFor.has(again)) return void request.socket.destroy()
    // The worker asks whether a failure was a redirect to another origin (decision 0026): it still is not answered.
    if (method === 'HEAD' && this.#failed.has(path)) return void request.socket.destroy()
    const received = { method, path, headers }
    const answer = this.#answers.shift() ?? UNFORESEEN
    this.received.push(received)
    this.#onReceived()
    if (typeof answer === 'object') this.#failed.delete(path)
    else this.#failed.add(path)
    if (answer === 'away') {
      cutFor.add(received)
      return void request.socket.destroy()
    }
    if (answer === 'silent') return void this.#unanswered.set(response, received)
    if (answer.held === true) await this.#released
    this.#reply(response, answer)
  }

  #reply(response: ServerResponse, { status = 200, headers = {}, body = '', cut }: Reply): void {
    const isEmpty = status === 204 || status === 304
    const lines = fieldLines({ status, headers, body, cut }, { self: this.self, origin: this.url, nowMs: this.nowMs })
    response.sendDate = false
    response.writeHead(status, lines.flat())
    if (cut !== true) return void response.end(isEmpty ? undefined : body)
    response.write(body, () => setImmediate(() => response.destroy()))
  }
}

/** Requests whose connection was cut on purpose. */
const cutFor = new WeakSet<Received>()

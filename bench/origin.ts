import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { payloadOf, SESSION, STORED } from './payload.ts'

const PAGE = '<!doctype html><meta charset=utf-8><title>bench</title><script type=module src=/page.js></script>'

/** Longer than a run: no round pays for a connection that an earlier one had. */
const KEEP_ALIVE_MS = 600_000

/** So long without a request, and nothing goes on behind an earlier answer. */
const QUIET_MS = 40

/** The scripts of one contender. Without a worker its pages use none. */
export interface Scripts {
  readonly page: string
  readonly worker: string | undefined
}

/**
 * One contender's server, on a port and under a name of its own: an origin and a site for itself, so that no two
 * contenders share storage, connections or a renderer. Every contender's server sends the same bytes.
 */
export class BenchOrigin {
  /** Answers that have been asked for under `STORED`. */
  storedRequests = 0
  /** Refuses everything under `STORED`, so that only stored answers are left. */
  away = false
  readonly #name: string
  readonly #scripts: Scripts
  readonly #payloads = new Map<string, Uint8Array | undefined>()
  #server: Server | undefined
  #port = 0
  #lastRequestMs = 0

  constructor(name: string, scripts: Scripts) {
    this.#name = name
    this.#scripts = scripts
  }

  /** Browsers resolve `*.localhost` to this machine by themselves and take it for a secure origin. */
  get url(): string {
    return `http://${this.#name}.localhost:${this.#port}`
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response))
    server.keepAliveTimeout = KEEP_ALIVE_MS
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    this.#port = address.port
    this.#server = server
  }

  /** Settles when no request has come for a while: what one measurement leaves behind is not timed by the next. */
  async quiet(): Promise<void> {
    this.#lastRequestMs = performance.now()
    for (let left = QUIET_MS; left > 0; left = this.#lastRequestMs + QUIET_MS - performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, left))
    }
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#lastRequestMs = performance.now()
    const path = request.url ?? '/'
    if (path === '/') return send(response, 'text/html', PAGE)
    if (path === '/page.js') return send(response, 'text/javascript', this.#scripts.page)
    if (path === '/sw.js' && this.#scripts.worker !== undefined) {
      return send(response, 'text/javascript', this.#scripts.worker)
    }
    if (path === SESSION) return void response.writeHead(204, { 'cache-control': 'no-store' }).end()
    const isStored = path.startsWith(STORED)
    if (isStored) this.storedRequests++
    const bytes = this.#payload(path)
    if (bytes === undefined) return void response.writeHead(404, { 'cache-control': 'no-store' }).end()
    if (isStored && this.away) return void response.writeHead(503, { 'cache-control': 'no-store' }).end()
    // What is stored says nothing about its freshness: the browser's own cache never answers, a rule decides.
    const etag = `"${path}"`
    const fields = isStored ? { etag } : { 'cache-control': 'no-store' }
    if (isStored && request.headers['if-none-match'] === etag) return void response.writeHead(304, fields).end()
    const length = bytes.byteLength
    response.writeHead(200, { ...fields, 'content-type': 'application/json', 'content-length': length }).end(bytes)
  }

  /** Made once: what is timed is the way of the bytes. */
  #payload(path: string): Uint8Array | undefined {
    if (!this.#payloads.has(path)) this.#payloads.set(path, payloadOf(path))
    return this.#payloads.get(path)
  }
}

function send(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(text)
}

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SHELL } from './build.ts'
import { BUILT } from './workers.ts'

/** One request as the origin saw it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** The answer's status; 0 while there is none. */
  status: number
}

/** How users are told apart: by what the backend says, by what pages say as well, by that alone, or by tokens alone. */
export type UsersBy = 'echo' | 'identify' | 'words' | 'tokens'

const OF_USERS: Record<UsersBy, string> = {
  echo: 'sw-of-users',
  identify: 'sw-of-named-users',
  words: 'rules-of-words',
  tokens: 'rules-of-tokens',
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

const PAGE = '<!doctype html><meta charset=utf-8><title>test</title><script type=module src=/page.js></script>'

/** Gives a worker of another scope the names of the one at the root: then two workers are alive on the same data. */
const OF_ROOT = `Object.defineProperty(ServiceWorkerRegistration.prototype, 'scope', { value: location.origin + '/' });\n`

/** Of this process, and so of its browser: a port that is used again is an origin with a past. */
const USED_PORTS = new Set<number>()

/** An origin that answers as a test tells it to, remembers what it received, and can go away and come back. */
export class ScriptedOrigin {
  readonly received: Received[] = []
  #handlers = new Map<string, Handler>()
  #server: Server | undefined
  #port = 0
  /** The URL of a sign-in at another origin: all requests are redirected there, as by a proxy whose session has run out. */
  signIn: string | undefined
  /** The worker's script, so that a test can change it. */
  script = readFileSync(`${BUILT}sw.js`, 'utf8')

  /** Gives pages a shell from now on, for tests of page loads. */
  withShell(): void {
    this.script = readFileSync(`${BUILT}sw-with-files.js`, 'utf8')
  }

  /** Polls from now on. */
  withPolls(): void {
    this.script = readFileSync(`${BUILT}rules-of-attention.js`, 'utf8')
  }

  /** Tells users apart from now on. */
  withUsers(by: UsersBy = 'echo'): void {
    this.script = readFileSync(`${BUILT}${OF_USERS[by]}.js`, 'utf8')
  }

  get url(): string {
    return `http://localhost:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  /** Answers a path, its query left out of account. */
  on(path: string, handler: Handler): void {
    this.#handlers.set(path, handler)
  }

  /** Answers a path with JSON, an ETag of its bytes, and 304 where that is due. */
  json(path: string, body: () => unknown, headers: Record<string, string> = {}): void {
    this.on(path, (request, response) => {
      const bytes = JSON.stringify(body())
      const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 12)}"`
      for (const [name, value] of Object.entries({ 'content-type': 'application/json', etag, ...headers })) {
        response.setHeader(name, value)
      }
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
      else response.end(bytes)
    })
  }

  /** What arrived for a path, with any query. */
  of(path: string): Received[] {
    return this.received.filter((received) => received.path.split('?')[0] === path)
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response))
    await new Promise<void>((resolve) => server.listen(this.#port, 'localhost', resolve))
    const { port } = server.address() as AddressInfo
    if (this.#port === 0 && USED_PORTS.has(port)) {
      // The browser still has the worker of the test that had it: another, while this one is taken.
      await this.start()
      server.close()
      return
    }
    USED_PORTS.add(port)
    this.#port = port
    this.#server = server
  }

  /** Goes away: open connections are cut, new ones refused. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    const [bare = '/'] = path.split('?')
    const received: Received = { method: request.method ?? '', path, headers: request.headers, status: 0 }
    response.on('finish', () => (received.status = response.statusCode))
    this.received.push(received)
    if (this.signIn !== undefined) return void response.writeHead(302, { location: this.signIn }).end()
    const handler = this.#handlers.get(bare)
    if (handler !== undefined) return handler(request, response)
    if (bare === '/sw.js') {
      return this.#file(response, path.endsWith('?sub') ? OF_ROOT + this.script : this.script, 'text/javascript')
    }
    if (bare === '/index.html') return this.#file(response, SHELL, 'text/html')
    if (bare === '/page.js') return this.#file(response, readFileSync(`${BUILT}page.js`, 'utf8'), 'text/javascript')
    if (request.headers['sec-fetch-dest'] === 'document') return this.#file(response, PAGE, 'text/html')
    if (bare === '/favicon.ico') return void response.writeHead(204).end()
    response.writeHead(404, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end('{}')
  }

  #file(response: ServerResponse, text: string, type: string): void {
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(text)
  }
}

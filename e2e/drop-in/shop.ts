import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
}

/** The backend of an app: its API, and its built files where it has some. It can go away and come back. */
export class Shop {
  readonly #folder: string | undefined
  readonly #base: string
  #server: Server | undefined
  #port = 0
  #price = 10
  /** How many requests have asked for a product. */
  asked = 0
  /** How many requests have asked for the clock, whose answer is new each time. */
  askedTheTime = 0
  /** The keys of the orders that were placed, each time. */
  readonly orders: (string | undefined)[] = []
  readonly #clocks = new Map<string, number[]>()
  /** What each file of the app comes with. */
  cacheControl = 'no-cache'

  /**
   * @param folder the app's built files. Default: none, for an app whose files another server has.
   * @param base the path at which they are served. The API is at the root of the origin either way.
   */
  constructor(folder?: string, base = '/') {
    this.#folder = folder
    this.#base = base
  }

  get url(): string {
    return `http://localhost:${this.#port}`
  }

  /** When this clock was asked for, each time: in milliseconds of the epoch, as its answers tell. */
  clock(id: number): number[] {
    const times = this.#clocks.get(`/api/clocks/${id}`) ?? []
    this.#clocks.set(`/api/clocks/${id}`, times)
    return times
  }

  /** The address of a page of the app, whose path begins with `/`. */
  page(path: string): string {
    return this.url + this.#base + path.slice(1)
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const { method, headers } = request
      const { pathname } = new URL(request.url ?? '/', 'http://shop.invalid')
      if (pathname === '/api/sales' && method === 'POST') {
        this.#price++
        return void response.writeHead(201, { 'content-type': 'application/json' }).end('{"sold":true}')
      }
      if (pathname === '/api/orders' && method === 'POST') {
        this.orders.push(headers['idempotency-key'] as string | undefined)
        return void response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":1}')
      }
      if (pathname.startsWith('/api/products/')) {
        this.asked++
        const body = JSON.stringify({ id: pathname.split('/').pop(), price: this.#price })
        const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 12)}"`
        response.setHeader('etag', etag)
        response.setHeader('content-type', 'application/json')
        return void (headers['if-none-match'] === etag ? response.writeHead(304).end() : response.end(body))
      }
      if (pathname === '/api/clock') {
        response.setHeader('content-type', 'application/json')
        return void response.end(`{"time":${++this.askedTheTime}}`)
      }
      if (pathname.startsWith('/api/clocks/')) {
        const now = Date.now()
        this.clock(Number(pathname.split('/').pop())).push(now)
        return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ now }))
      }
      // Browsers ask for it without a word of the app.
      if (pathname === '/favicon.ico') return void response.writeHead(204).end()
      if (pathname.startsWith('/api/')) return void response.writeHead(404).end()
      void this.#file(pathname, response)
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, 'localhost', resolve))
    this.#port = (server.address() as AddressInfo).port
  }

  /** Nothing answers from now on, until it is started again. */
  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
  }

  /** A file of the app; for any other path that may be a page, the app's document, as hosts of single-page apps do. */
  async #file(pathname: string, response: ServerResponse): Promise<void> {
    if (!pathname.startsWith(this.#base)) return void response.writeHead(404).end()
    const ending = extname(pathname)
    const file = ending === '' ? 'index.html' : normalize(pathname.slice(this.#base.length))
    const bytes = this.#folder && (await readFile(join(this.#folder, file)).catch(() => undefined))
    if (bytes === undefined || bytes === '') return void response.writeHead(404).end()
    response
      .writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        // As servers send beside CORS. Vite's scripts have `crossorigin`, so their requests have that field.
        vary: 'Origin',
        'cache-control': this.cacheControl,
      })
      .end(bytes)
  }
}

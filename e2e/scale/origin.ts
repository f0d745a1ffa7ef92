import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { markerOf, SAID_PATH, type Said } from './plan.ts'

const PAGE = '<!doctype html><meta charset=utf-8><title>scale</title><script type=module src=/page.js></script>'

/** The bytes that a path is filled up with. */
const FILLERS: Readonly<Record<string, number>> = { shelves: 100, orders: 100, pages: 8000, files: 100_000 }

/** Of this process, and so of its browser: a port that is used again is an origin with a past. */
const USED_PORTS = new Set<number>()

/**
 * An origin with as many things as a test asks for. Each thing belongs to a subject (a shelf, an order) and carries the
 * number of the subject's last write. The origin counts what it receives, and can be away.
 */
export class ScaleOrigin {
  readonly said: Said[] = []
  /** The worker's script. */
  script = ''
  /** Whether API requests are cut off without an answer. */
  away = false
  /** Reads of the API that have reached the origin, away or not. */
  reads = 0
  readonly #page: string
  readonly #versions = new Map<string, number>()
  #server: Server | undefined
  #port = 0

  constructor(page: string) {
    this.#page = page
  }

  get url(): string {
    return `http://localhost:${this.#port}`
  }

  /** What the worker has reported on its console. */
  get reports(): readonly Said[] {
    return this.said.filter(({ kind }) => kind === 'report')
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response))
    server.keepAliveTimeout = 600_000
    await once(server.listen(0, 'localhost'), 'listening')
    const { port } = server.address() as AddressInfo
    if (USED_PORTS.has(port)) {
      // Another port, while this one is taken.
      await this.start()
      server.close()
      return
    }
    USED_PORTS.add(port)
    this.#port = port
    this.#server = server
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url: path = '/', method = '' } = request
    const body = await textOf(request)
    if (path === SAID_PATH) {
      this.said.push(JSON.parse(body) as Said)
      return void response.writeHead(204).end()
    }
    const file = this.#file(path)
    if (file !== undefined) {
      return void response.writeHead(200, { 'content-type': file[0], 'cache-control': 'no-cache' }).end(file[1])
    }
    const [, api, folder = '', subject = ''] = path.split('/')
    if (api !== 'api') return void response.writeHead(404, { 'cache-control': 'no-store' }).end()
    if (method === 'GET') this.reads++
    if (this.away) return void request.socket.destroy()
    const name = `${folder}/${subject}`
    // A worker that finds the origin away asks by HEAD.
    const isWrite = method !== 'GET' && method !== 'HEAD'
    if (isWrite) this.#versions.set(name, this.#version(name) + 1)
    const version = this.#version(name)
    const user = userOf(request.headers.authorization)
    const filler = fillerOf(path, version, FILLERS[folder] ?? 0)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ path, version, user, marker: markerOf(user), filler }))
  }

  #version(name: string): number {
    return this.#versions.get(name) ?? 1
  }

  #file(path: string): readonly [type: string, text: string] | undefined {
    if (path === '/') return ['text/html', PAGE]
    if (path === '/page.js') return ['text/javascript', this.#page]
    return path === '/sw.js' ? ['text/javascript', this.script] : undefined
  }
}

/** The user of a JWT; the text `nobody` where there is none. */
function userOf(authorization = ''): string {
  const payload = authorization.split('.')[1]
  if (payload === undefined) return 'nobody'
  return (JSON.parse(Buffer.from(payload, 'base64').toString()) as { readonly sub: string }).sub
}

/** Text that a disk cannot compress to nothing, the same for the same path and version. */
function fillerOf(path: string, version: number, length: number): string {
  let text = ''
  for (let at = 0; text.length < length; at++) {
    text += createHash('sha512').update(`${path} ${version} ${at}`).digest('base64')
  }
  return text.slice(0, length)
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

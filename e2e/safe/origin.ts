import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SAID_PATH, type Said, THINGS } from './plan.ts'

const PAGE = '<!doctype html><meta charset=utf-8><title>safe</title><script type=module src=/page.js></script>'

/** An origin whose things carry the number of the last write, and to which the worker says what goes on. */
export class NumberedOrigin {
  readonly said: Said[] = []
  readonly #files: Record<string, readonly [type: string, text: string]>
  readonly #server: Server
  #version = 1

  constructor(worker: string, page: string) {
    this.#files = {
      '/': ['text/html', PAGE],
      '/page.js': ['text/javascript', page],
      '/sw.js': ['text/javascript', worker],
    }
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

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url: path = '/', method = '' } = request
    const body = await textOf(request)
    if (path === SAID_PATH) {
      this.said.push(JSON.parse(body) as Said)
      response.writeHead(204).end()
      return
    }
    const file = this.#files[path]
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': file[0], 'cache-control': 'no-cache' }).end(file[1])
      return
    }
    if (!/^\/(api\/things|changed)/.test(path)) {
      response.writeHead(404, { 'cache-control': 'no-store' }).end()
      return
    }
    if (method === 'POST') this.#version++
    const thing = path.split('/')[3] ?? ''
    const etag = `"${this.#version}"`
    // What a new thing says of its query is one more record in the database.
    const search = thing === 'new' ? { 'no-vary-search': 'params=("x")' } : {}
    const clear = thing === 'clearing' ? { 'clear-site-data': '"cache"', 'cache-control': 'no-store' } : {}
    if (method === 'GET' && request.headers['if-none-match'] === etag) {
      response.writeHead(304, { etag, ...search }).end()
      return
    }
    const filler = 'x'.repeat(THINGS[thing as keyof typeof THINGS] ?? 0)
    const headers = { 'content-type': 'application/json', ...(method === 'GET' && { etag }), ...search, ...clear }
    response.writeHead(200, headers).end(JSON.stringify({ version: this.#version, filler }))
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

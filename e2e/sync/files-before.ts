import { createServer, request as send, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server with files of its own, by their paths, in front of another one. */
export class FilesBefore {
  readonly files = new Map<string, string>()
  readonly #server: Server

  constructor(target: string) {
    this.#server = createServer((incoming, outgoing) => {
      const { url = '/', method, headers } = incoming
      const { pathname } = new URL(url, target)
      const file = this.files.get(pathname)
      if (file !== undefined) {
        const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html'
        return void outgoing.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(file)
      }
      if (pathname.endsWith('.js')) return void outgoing.writeHead(404).end()
      const passed = send(new URL(url, target), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      passed.on('error', () => outgoing.destroy())
      incoming.pipe(passed)
    })
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, 'localhost', resolve))
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

import { createServer, request as send, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A proxy that does to event streams what some do. 'pass': nothing. 'hold': it gathers an answer until it is whole. 'cut': it
 * ends an answer after a second.
 */
export class HoldingProxy {
  mode: 'pass' | 'hold' | 'cut' = 'pass'
  readonly #server: Server

  constructor(target: () => string) {
    this.#server = createServer((incoming, outgoing) => {
      const { url = '/', method, headers } = incoming
      const { mode } = this
      const isFeed = url.startsWith('/events')
      const passed = send(new URL(url, target()), { method, headers }, (answer) => {
        const head = (): unknown => outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        if (!isFeed || mode === 'pass') {
          head()
          return void answer.pipe(outgoing)
        }
        if (mode === 'cut') {
          head()
          answer.pipe(outgoing)
          return void setTimeout(() => outgoing.destroy(), 1000)
        }
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => {
          head()
          outgoing.end(Buffer.concat(parts))
        })
        answer.on('error', () => outgoing.destroy())
      })
      passed.on('error', () => outgoing.destroy())
      outgoing.on('close', () => passed.destroy())
      incoming.pipe(passed)
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

import { createServer, type IncomingMessage, request as ask, type Server, type ServerResponse } from 'node:http'

/** One request as it came from the browser. */
export interface Recorded {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly atMs: number
  /** The answer's status; 0 while there is none. */
  status: number
}

/** Stands before a server, on a port and so an origin of its own: notes what comes by, goes away and comes back. */
export class RecordingProxy {
  readonly recorded: Recorded[] = []
  readonly #targetPort: number
  #server: Server | undefined
  #port = 0
  #held: Promise<void> | undefined
  #open = 0

  constructor(targetPort: number) {
    this.#targetPort = targetPort
  }

  get url(): string {
    return `http://localhost:${this.#port}`
  }

  /** What reached the API, the oldest first. */
  get api(): readonly Recorded[] {
    return this.recorded.filter(({ path }) => path.startsWith('/api/'))
  }

  /** Requests to the API that have not been answered to their end. */
  get open(): number {
    return this.#open
  }

  /** Takes a free port the first time, the same one ever after. */
  async start(): Promise<void> {
    const server = createServer((incoming, outgoing) => void this.#receive(incoming, outgoing))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, 'localhost', resolve)
    })
    const address = server.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
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

  /** Lets no request through before it is released. */
  hold(): () => void {
    let release = (): void => undefined
    this.#held = new Promise((resolve) => (release = resolve))
    return () => {
      this.#held = undefined
      release()
    }
  }

  async #receive(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    await this.#held
    this.#pass(incoming, outgoing)
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url: path = '/', headers } = incoming
    const recorded: Recorded = { method, path, headers, atMs: Date.now(), status: 0 }
    this.recorded.push(recorded)
    if (path.startsWith('/api/')) {
      this.#open++
      outgoing.once('close', () => this.#open--)
    }
    const asked = ask({ host: '127.0.0.1', port: this.#targetPort, method, path, headers }, (answer) => {
      recorded.status = answer.statusCode ?? 0
      outgoing.writeHead(recorded.status, answer.headers)
      answer.pipe(outgoing)
    })
    // To the browser a server that breaks off is a network that breaks off.
    asked.once('error', () => outgoing.destroy())
    outgoing.once('close', () => asked.destroy())
    incoming.pipe(asked)
  }
}

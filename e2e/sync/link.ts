import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/**
 * What a network does to a link. 'cut': connections break, and new ones are refused. 'silent': nothing arrives, and neither side
 * is told. 'deaf': nothing arrives at the server; its own words do at the caller. 'mute': the other way round. 'slow': everything
 * arrives late.
 */
export type Fault = 'cut' | 'silent' | 'deaf' | 'mute' | 'slow'

export const FAULTS: readonly Fault[] = ['cut', 'silent', 'deaf', 'mute', 'slow']

const SLOW_MS = 200

/** One link of a network, which breaks and heals. What was underway while it was silent arrives when it is healed. */
export class Link {
  readonly name: string
  readonly #portOf: () => number
  readonly #flows = new Set<Flow>()
  fault: Fault | undefined

  /** @param portOf where it ends. */
  constructor(name: string, portOf: () => number) {
    this.name = name
    this.#portOf = portOf
  }

  break(fault: Fault): void {
    this.fault = fault
    if (fault === 'cut') this.#reset()
    else this.#pump()
  }

  /** @param isForgotten what was connected is not any more, as behind a router that has been started anew. */
  heal(isForgotten = false): void {
    this.fault = undefined
    if (isForgotten) this.#reset()
    else this.#pump()
  }

  accept(caller: Socket): void {
    if (this.fault === 'cut') return void caller.resetAndDestroy()
    const server = connect(this.#portOf(), '127.0.0.1')
    const flows = [
      new Flow(caller, server, () => this.fault === 'silent' || this.fault === 'deaf', this.#delayMs),
      new Flow(server, caller, () => this.fault === 'silent' || this.fault === 'mute', this.#delayMs),
    ]
    for (const flow of flows) this.#flows.add(flow)
    for (const socket of [caller, server]) {
      socket.setNoDelay()
      socket.on('close', () => {
        for (const flow of flows) if (flow.isOver) this.#flows.delete(flow)
      })
    }
  }

  readonly #delayMs = (): number => (this.fault === 'slow' ? SLOW_MS : 0)

  #reset(): void {
    for (const flow of this.#flows) flow.reset()
    this.#flows.clear()
  }

  #pump(): void {
    for (const flow of this.#flows) flow.pump()
  }
}

/** One direction of a connection. What is sent arrives in its order, the end of the connection as well. */
class Flow {
  readonly #from: Socket
  readonly #to: Socket
  readonly #isHeld: () => boolean
  #waiting: { readonly part: Buffer | 'end'; readonly dueMs: number }[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(from: Socket, to: Socket, isHeld: () => boolean, delayMs: () => number) {
    this.#from = from
    this.#to = to
    this.#isHeld = isHeld
    const add = (part: Buffer | 'end'): void => {
      this.#waiting.push({ part, dueMs: performance.now() + delayMs() })
      this.pump()
    }
    from.on('data', (part: Buffer) => add(part))
    from.on('error', () => undefined)
    from.on('close', () => add('end'))
  }

  /** All has arrived. */
  get isOver(): boolean {
    return this.#from.destroyed && this.#waiting.length === 0
  }

  pump(): void {
    clearTimeout(this.#timer)
    for (let next = this.#waiting[0]; next !== undefined && !this.#isHeld(); next = this.#waiting[0]) {
      const restMs = next.dueMs - performance.now()
      if (restMs > 0) return void (this.#timer = setTimeout(() => this.pump(), restMs))
      this.#waiting.shift()
      if (next.part === 'end') this.#to.destroySoon()
      else if (!this.#to.destroyed) this.#to.write(next.part)
    }
  }

  reset(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
    if (!this.#from.destroyed) this.#from.resetAndDestroy()
    if (!this.#to.destroyed) this.#to.resetAndDestroy()
  }
}

/** An address at which links begin: each connection takes another one, in turn. */
export class Gate {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(links: readonly Link[]): Promise<Gate> {
    let count = 0
    const server = createServer((caller) => {
      caller.on('error', () => undefined)
      links[count++ % links.length]?.accept(caller)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Gate(server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
  }
}

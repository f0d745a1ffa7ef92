import type { Frame } from './frame.ts'

/** A caller who listens. */
export interface Connection {
  send(frame: Frame): void
  /** Ends it from this side. */
  end(): void
}

/** A caller who does not read is cut off at so many bytes, and catches up when it is back. */
const MAX_UNREAD = 256 * 1024

/** An event stream, as the body of a response. */
export class StreamConnection implements Connection {
  readonly body: ReadableStream<Uint8Array>
  readonly #closed: () => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined

  /** @param closed is called once, whichever side ends it. */
  constructor(closed: () => void) {
    this.#closed = closed
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        cancel: () => this.#leave(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD }),
    )
  }

  send({ bytes }: Pick<Frame, 'bytes'>): void {
    const controller = this.#controller
    if (controller === undefined) return
    if ((controller.desiredSize ?? 0) < bytes.length) return this.end()
    controller.enqueue(bytes)
  }

  end(): void {
    this.#controller?.close()
    this.#leave()
  }

  #leave(): void {
    if (this.#controller === undefined) return
    this.#controller = undefined
    this.#closed()
  }
}

/** A socket of `ws`, as far as it is used here. */
export interface Socket {
  send(data: string): void
  close(code?: number, reason?: string): void
  terminate(): void
  on(event: 'close' | 'error' | 'pong', listener: () => void): unknown
  readonly bufferedAmount: number
}

/** A WebSocket. */
export class SocketConnection implements Connection {
  readonly #socket: Socket

  constructor(socket: Socket, closed: () => void) {
    this.#socket = socket
    socket.on('error', () => socket.terminate())
    socket.on('close', closed)
  }

  send({ text }: Pick<Frame, 'text'>): void {
    if (this.#socket.bufferedAmount > MAX_UNREAD) return this.#socket.terminate()
    this.#socket.send(text)
  }

  end(): void {
    // "Service restart": the client comes back (RFC 6455 §7.4, IANA registry).
    this.#socket.close(1012)
  }
}

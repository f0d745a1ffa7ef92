interface FrameOptions {
  /** Where the caller has got to, with this message. Default: no further than before. */
  readonly cursor?: string
  /** After which time the caller comes back, when the connection ends. Unit: milliseconds. Default: as it was told before. */
  readonly retry?: number
}

/** One message to callers, in the form of each kind of connection. It is made once for all who get it. */
export class Frame {
  readonly #event: string
  readonly #data: object
  readonly #options: FrameOptions
  #bytes: Uint8Array | undefined
  #text: string | undefined

  /**
   * @param event 'hello' at the beginning of a connection, 'hint', 'heartbeat' when nothing has been said for a while, or
   *   'end' before the server ends it.
   */
  constructor(event: 'hello' | 'hint' | 'heartbeat' | 'end', data: object, options: FrameOptions = {}) {
    this.#event = event
    this.#data = data
    this.#options = options
  }

  /** For an event stream. @see HTML §9.2 */
  get bytes(): Uint8Array {
    return (this.#bytes ??= new TextEncoder().encode(this.#lines().join('\n') + '\n\n'))
  }

  /** For a WebSocket. */
  get text(): string {
    return (this.#text ??= JSON.stringify({ event: this.#event, ...this.#options, ...this.#data }))
  }

  #lines(): string[] {
    const { cursor, retry } = this.#options
    return [
      ...(retry === undefined ? [] : [`retry: ${retry}`]),
      ...(cursor === undefined ? [] : [`id: ${cursor}`]),
      `event: ${this.#event}`,
      `data: ${JSON.stringify(this.#data)}`,
    ]
  }
}

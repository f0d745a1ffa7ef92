import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** What a caller of `/events` is told, one message after another. */
export class FeedClient {
  readonly messages: EventSourceMessage[] = []
  retry: number | undefined
  isOver = false
  readonly #waiting = new Set<() => void>()

  constructor(response: Response) {
    const parser = createParser({
      onEvent: (message) => this.#heard(message),
      onRetry: (retry) => (this.retry = retry),
    })
    void (async () => {
      const decoder = new TextDecoder()
      const reader = response.body?.getReader()
      this.#cancel = async () => reader?.cancel().catch(() => undefined)
      try {
        for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
          parser.feed(decoder.decode(read.value, { stream: true }))
      } catch {
        // A connection that breaks has ended.
      }
      this.isOver = true
      this.#wake()
    })()
  }

  #cancel: () => Promise<void> = async () => undefined

  /** The tags of all hints so far. */
  get tags(): string[] {
    return this.messages.flatMap(({ data }) => (JSON.parse(data) as { tags?: string[] }).tags ?? [])
  }

  get isAll(): boolean {
    return this.messages.some(({ data }) => (JSON.parse(data) as { all?: boolean }).all === true)
  }

  get cursor(): string | undefined {
    return this.messages.findLast(({ id }) => id !== undefined)?.id
  }

  /** Waits until something holds. */
  async until(holds: (client: this) => boolean): Promise<this> {
    while (!holds(this)) {
      if (this.isOver) throw new Error(`the feed is over, after ${JSON.stringify(this.messages)}`)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
    return this
  }

  async over(): Promise<this> {
    while (!this.isOver) await new Promise<void>((resolve) => this.#waiting.add(resolve))
    return this
  }

  close(): Promise<void> {
    return this.#cancel()
  }

  #heard(message: EventSourceMessage): void {
    this.messages.push(message)
    this.#wake()
  }

  #wake(): void {
    for (const resume of this.#waiting) resume()
    this.#waiting.clear()
  }
}

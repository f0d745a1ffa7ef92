/**
 * What the tabs of a browser know together of their feed: how far it has been heard, and when its leader was last alive. It
 * lies in `localStorage`, which sends no messages, so no page is evicted from the back-forward cache. Where there is none, a new
 * leader counts everything as changed, and a leader that hangs is not found out.
 */
export class FeedMemory {
  readonly #name: string

  /** @param name of the feed, and of the scope of its worker. */
  constructor(name: string) {
    this.#name = `freshlayer ${name} `
  }

  get cursor(): string | undefined {
    return this.#read('cursor')
  }

  set cursor(cursor: string | undefined) {
    this.#write('cursor', cursor)
  }

  /** Undefined: no leader has said so. Unit: milliseconds since 1970. */
  get beatAtMs(): number | undefined {
    const text = this.#read('beat')
    return text === undefined ? undefined : Number(text)
  }

  set beatAtMs(at: number) {
    this.#write('beat', String(at))
  }

  #read(key: string): string | undefined {
    try {
      return localStorage.getItem(this.#name + key) ?? undefined
    } catch {
      return undefined
    }
  }

  #write(key: string, value: string | undefined): void {
    try {
      if (value === undefined) localStorage.removeItem(this.#name + key)
      else localStorage.setItem(this.#name + key, value)
    } catch {
      return
    }
  }
}

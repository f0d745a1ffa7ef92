/** What a process keeps in memory by name, up to so many bytes. The least recently used goes first. */
export class KeptBytes {
  readonly #budget: number
  readonly #kept = new Map<string, Uint8Array<ArrayBuffer>>()
  readonly #pending = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()
  #total = 0

  /** @param budget unit: bytes. */
  constructor(budget: number) {
    this.#budget = budget
  }

  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.#kept.get(name)
    if (bytes === undefined) return undefined
    // A map keeps the order of insertion, so this one is now the last to go.
    this.#kept.delete(name)
    this.#kept.set(name, bytes)
    return bytes
  }

  put(name: string, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.get(name) !== undefined || bytes.byteLength > this.#budget) return
    this.#kept.set(name, bytes)
    this.#total += bytes.byteLength
    for (const [oldest, { byteLength }] of this.#kept) {
      if (this.#total <= this.#budget) return
      this.#kept.delete(oldest)
      this.#total -= byteLength
    }
  }

  /** What is kept, or what `make` gives, which is then kept. Those who ask meanwhile wait for the same bytes. */
  async once(name: string, make: () => Promise<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
    const kept = this.get(name) ?? this.#pending.get(name)
    if (kept !== undefined) return kept
    const making = make()
    this.#pending.set(name, making)
    try {
      const bytes = await making
      this.put(name, bytes)
      return bytes
    } finally {
      this.#pending.delete(name)
    }
  }
}

import { promisifyRequest } from './database.ts'

/** Work that says what it reads. */
interface Reading {
  /** Keys. Undefined: it reads by itself, and may write anything. */
  readonly reads: readonly string[] | undefined
}

/** What the work of one transaction reads, asked for before it begins. */
export class ReadAhead {
  readonly #store: IDBObjectStore
  /** What has been asked for and not been written since, by key. */
  readonly #asked = new Map<string, Promise<unknown>>()

  constructor(store: IDBObjectStore) {
    this.#store = store
  }

  ask(jobs: readonly Reading[]): void {
    for (const key of jobs.flatMap(({ reads = [] }) => reads)) {
      if (this.#asked.has(key)) continue
      const reading = promisifyRequest<unknown>(this.#store.get(key))
      // Where the transaction ends before it is of use.
      reading.catch(() => undefined)
      this.#asked.set(key, reading)
    }
  }

  get(key: string): Promise<unknown> {
    return this.#asked.get(key) ?? promisifyRequest<unknown>(this.#store.get(key))
  }

  /**
   * Work is done: what it may have written is read again.
   *
   * @param reads undefined: it may have written anything.
   */
  forget(reads: readonly string[] | undefined, left: readonly Reading[]): void {
    if (reads !== undefined) for (const key of reads) this.#asked.delete(key)
    else if (this.#asked.size > 0) {
      this.#asked.clear()
      this.ask(left)
    }
  }
}

/** How much one caller may ask for. */
export interface CallerLimitOptions {
  /** Connections at the same time. Default: 20. */
  readonly connections?: number
  /** Requests a minute; as many may come at once. Default: 120. */
  readonly perMinute?: number
}

interface Caller {
  connections: number
  /** Requests that may still come, as of `atMs`. */
  left: number
  atMs: number
}

/** Connections and requests of each caller, in this process. */
export class CallerLimits {
  readonly #connections: number
  readonly #perMinute: number
  readonly #now: () => number
  readonly #callers = new Map<string, Caller>()

  constructor({ connections = 20, perMinute = 120 }: CallerLimitOptions, now: () => number = () => performance.now()) {
    this.#connections = connections
    this.#perMinute = perMinute
    this.#now = now
  }

  /**
   * Lets a caller in. Returns the way out, or how long to wait before asking again, in whole seconds.
   */
  enter(name: string): { readonly leave: () => void } | { readonly wait: number } {
    const caller = this.#callerOf(name)
    if (caller.left < 1) return { wait: Math.ceil(((1 - caller.left) * 60) / this.#perMinute) }
    caller.left--
    // A connection that has died may stand for a moment beside the one that takes its place.
    if (caller.connections >= this.#connections) return { wait: 10 }
    caller.connections++
    let isIn = true
    const leave = (): void => {
      if (isIn) caller.connections--
      isIn = false
    }
    return { leave }
  }

  /** Forgets callers of whom nothing is left to know. Call it now and then. */
  tidy(): void {
    for (const [name, { connections }] of this.#callers)
      if (connections === 0 && this.#callerOf(name).left >= this.#perMinute) this.#callers.delete(name)
  }

  #callerOf(name: string): Caller {
    const now = this.#now()
    const caller = this.#callers.get(name) ?? { connections: 0, left: this.#perMinute, atMs: now }
    caller.left = Math.min(this.#perMinute, caller.left + ((now - caller.atMs) * this.#perMinute) / 60_000)
    caller.atMs = now
    this.#callers.set(name, caller)
    return caller
  }
}

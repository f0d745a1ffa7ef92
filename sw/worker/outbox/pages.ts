/**
 * The pages that wait for what an attempt comes to. One that has been told that its write is queued, or that has given up, waits
 * no longer: then what the origin refuses has to be kept.
 */
export class Pages {
  #waiting = 0
  #isPromised = false

  /** Whether a page hears the origin's answer whatever it is: its record goes, or is gone. */
  get isPromised(): boolean {
    return this.#isPromised
  }

  /**
   * A page waits from now on, until it gives up or the returned function is called.
   *
   * @param signal aborted when the page gives up.
   */
  enter(signal: AbortSignal): () => void {
    if (signal.aborted) return () => undefined
    this.#waiting++
    const leave = (): void => {
      signal.removeEventListener('abort', leave)
      if (!hasLeft) this.#waiting--
      hasLeft = true
    }
    let hasLeft = false
    signal.addEventListener('abort', leave)
    return leave
  }

  /** Whether a page waits. If so it is told the origin's answer. */
  promise(): boolean {
    this.#isPromised ||= this.#waiting > 0
    return this.#isPromised
  }
}

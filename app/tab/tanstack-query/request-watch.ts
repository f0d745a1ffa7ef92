/** One run of a query's function: from the start of a fetch until its data or its error. */
export interface Run {
  readonly startedAtMs: number
  /** Milliseconds on the page's own clock (`performance.now()`), as `startedAtMs`. Undefined: it is under way. */
  endedAtMs: number | undefined
}

/** What has been seen of the requests that a run has made. */
interface Ports<R extends Run> {
  /** The run has made this request for certain: it began the request itself, or gave it its signal. */
  readonly onOwn: (run: R, url: string, method: string) => void
  /** These runs were under way when this request began, and none is known to have made it. */
  readonly onSuspect: (runs: readonly R[], url: string) => void
  /** The answer to a request that a run has made for certain. */
  readonly onAnswer: (run: R, url: string, response: Response) => void
}

/** Entries of resource timing come after the answer: so long after its end a run can still be told of one. */
const LATE_MS = 5000

/**
 * Sees which requests are made while the functions of queries run. Two witnesses:
 *
 * - `fetch`, which is replaced by one that looks and passes on. It knows the run for certain if the function calls it before
 *   its first `await`, or hands on the signal that the query library gave it.
 * - Resource timing, which sees every request of the page, `XMLHttpRequest` and clients that keep a `fetch` of their own
 *   among them, but not who made it. Each run that was under way is suspected.
 */
export class RequestWatch<R extends Run> {
  readonly #ports: Ports<R>
  /** The run whose function is on the stack at this moment. */
  #current: R | undefined
  readonly #bySignal = new WeakMap<AbortSignal, R>()
  /** Those under way, and those that have ended a moment ago. */
  readonly #runs = new Set<R>()
  /** URLs that a run has asked for for certain, and when last. */
  readonly #owned = new Map<string, number>()
  readonly #restore: () => void
  /** So many runs and URLs may be remembered before the old ones are looked for. */
  #roomFor = 1000

  constructor(ports: Ports<R>) {
    this.#ports = ports
    const leave = [this.#watchFetch(), this.#watchTiming()]
    this.#restore = () => leave.forEach((each) => each())
  }

  /** The run is under way, until it has an end. */
  follow(run: R): void {
    if (this.#runs.size + this.#owned.size > this.#roomFor) this.#forget(run.startedAtMs)
    this.#runs.add(run)
  }

  /** Calls the function of a run, which may be called more than once: for each page, and when it is tried again. */
  call(run: R, queryFn: (context: object) => unknown, context: object): unknown {
    const before = this.#current
    this.#current = run
    try {
      return queryFn(this.#withSignal(run, context))
    } finally {
      this.#current = before
    }
  }

  close(): void {
    this.#restore()
    this.#runs.clear()
  }

  #watchFetch(): () => void {
    const passOn = globalThis.fetch
    // Worlds that imitate a browser for tests may lack it.
    if (typeof passOn !== 'function') return () => undefined
    const watching = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const answer = passOn.call(globalThis, input, init)
      this.#look(input, init, answer)
      return answer
    }
    globalThis.fetch = watching
    return () => {
      // Another that has replaced it since stays, and calls this one.
      if (globalThis.fetch === watching) globalThis.fetch = passOn
    }
  }

  #watchTiming(): () => void {
    if (!('PerformanceObserver' in globalThis)) return () => undefined
    const observer = new PerformanceObserver((list) => this.#suspect(list.getEntries()))
    observer.observe({ type: 'resource' })
    return () => observer.disconnect()
  }

  /** The same context. Its signal counts as used only if the function reads it: then leaving the page aborts the request. */
  #withSignal(run: R, context: { readonly signal?: AbortSignal }): object {
    const get = (): AbortSignal | undefined => {
      const { signal } = context
      if (signal !== undefined) this.#bySignal.set(signal, run)
      return signal
    }
    const properties = Object.getOwnPropertyDescriptors(context)
    return Object.defineProperties({}, { ...properties, signal: { enumerable: true, get } })
  }

  #look(input: RequestInfo | URL, init: RequestInit | undefined, answer: Promise<Response>): void {
    const run = this.#current ?? (init?.signal ? this.#bySignal.get(init.signal) : undefined)
    if (run === undefined) return
    const request = typeof input === 'object' && 'url' in input ? input : undefined
    const url = absolute(request?.url ?? String(input))
    if (url === undefined) return
    const method = (init?.method ?? request?.method ?? 'GET').toUpperCase()
    this.#owned.set(url, performance.now())
    this.#ports.onOwn(run, url, method)
    answer.then(
      (response) => this.#ports.onAnswer(run, url, response),
      () => undefined,
    )
  }

  #suspect(entries: readonly PerformanceEntry[]): void {
    for (const entry of entries) {
      const { name: url, startTime } = entry
      if (!isByScript(entry) || (this.#owned.get(url) ?? -Infinity) > startTime - SAME_REQUEST_MS) continue
      const runs = [...this.#runs].filter(
        ({ startedAtMs, endedAtMs = Infinity }) => startTime >= startedAtMs && startTime <= endedAtMs,
      )
      if (runs.length > 0) this.#ports.onSuspect(runs, url)
    }
  }

  #forget(nowMs: number): void {
    for (const run of this.#runs) if (nowMs - (run.endedAtMs ?? nowMs) > LATE_MS) this.#runs.delete(run)
    for (const [url, atMs] of this.#owned) if (nowMs - atMs > OWNED_MS) this.#owned.delete(url)
    this.#roomFor = Math.max(1000, 2 * (this.#runs.size + this.#owned.size))
  }
}

const isByScript = (entry: PerformanceEntry): boolean =>
  'initiatorType' in entry && (entry.initiatorType === 'fetch' || entry.initiatorType === 'xmlhttprequest')

/** A request begins a moment after its `fetch` is called. */
const SAME_REQUEST_MS = 100

/** An answer that takes longer is counted as one whose query is not known. */
const OWNED_MS = 300_000

function absolute(url: string): string | undefined {
  try {
    return new URL(url, document.baseURI).href
  } catch {
    return undefined
  }
}

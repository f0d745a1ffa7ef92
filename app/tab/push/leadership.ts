import type { FeedMemory } from './feed-memory.ts'

interface Ports {
  /** The name of the lock, the same in all tabs. */
  readonly name: string
  readonly memory: Pick<FeedMemory, 'beatAtMs'>
  readonly onLead: () => void
  readonly onLose: () => void
  readonly signal: AbortSignal
}

/** A tab that is hidden for longer gives the lead up: the user may only have looked at another tab. */
const HIDDEN_MS = 5000
/** The leader says so often that it lives. */
const BEAT_MS = 5000
/** One that has not for so long is taken the lead from: it hangs, or is stopped in a debugger. */
const DEAD_MS = 2 * BEAT_MS + 2000

/**
 * One tab of all leads: the lock of the browser says which. Only tabs in sight ask for it.
 *
 * ```
 *          in sight               the lock is granted
 *   out ──────────────► waiting ──────────────────────► leading
 *    ▲                     │                               │
 *    │   hidden, frozen,   │      hidden for 5 s, frozen,  │
 *    └── pagehide ◄────────┘      pagehide, or taken away  │
 *    └─────────────────────────────────────────────────────┘
 *   waiting, and the leader has missed two beats: the lock is taken from it
 * ```
 *
 * A page that holds a lock or waits for one is not kept in the back-forward cache, so `pagehide` gives both up.
 */
export class Leadership {
  readonly #ports: Ports
  #state: 'out' | 'waiting' | 'leading' = 'out'
  /** Ends the waiting, or gives the lead up. */
  #leave = (): void => undefined
  #hiding: ReturnType<typeof setTimeout> | undefined
  #isAway = false

  constructor(ports: Ports) {
    this.#ports = ports
    const { signal } = ports
    const away = (): void => {
      this.#isAway = true
      this.#look()
    }
    const back = (): void => {
      this.#isAway = false
      this.#look()
    }
    document.addEventListener('visibilitychange', () => this.#look(), { signal })
    document.addEventListener('freeze', away, { signal })
    document.addEventListener('resume', back, { signal })
    addEventListener('pagehide', away, { signal })
    addEventListener('pageshow', back, { signal })
    signal.addEventListener('abort', away)
    this.#look()
  }

  #look(): void {
    clearTimeout(this.#hiding)
    const isInSight = !this.#isAway && document.visibilityState === 'visible'
    if (isInSight) {
      if (this.#state === 'out') this.#wait()
    } else if (this.#isAway || this.#state === 'waiting') this.#leave()
    else if (this.#state === 'leading') this.#hiding = setTimeout(() => this.#leave(), HIDDEN_MS)
  }

  /** @param steal takes the lock from the tab that has it. */
  #wait(steal = false): void {
    this.#state = 'waiting'
    const { name, memory } = this.#ports
    const sinceMs = Date.now()
    const waiting = new AbortController()
    const watch = setInterval(() => {
      const now = Date.now()
      if (now - Math.max(sinceMs, memory.beatAtMs ?? 0) < DEAD_MS) return
      leave()
      this.#wait(true)
    }, BEAT_MS)
    const leave = (): void => {
      clearInterval(watch)
      this.#state = 'out'
      waiting.abort()
    }
    this.#leave = leave
    const lead = (): Promise<void> | undefined => {
      // It was granted when it was no longer wanted.
      if (waiting.signal.aborted) return undefined
      clearInterval(watch)
      return this.#lead()
    }
    // A lock that is taken away rejects, and so does waiting that has ended.
    const ended = (): void => {
      if (this.#state === 'out') this.#look()
    }
    const { locks } = navigator as { readonly locks?: LockManager }
    if (locks === undefined) void lead()
    // The two options exclude each other.
    else
      void locks
        .request(name, steal ? { steal } : { signal: waiting.signal }, lead)
        .then(ended, () => this.#taken(waiting))
  }

  /** Leads until it is given up. */
  #lead(): Promise<void> {
    this.#state = 'leading'
    const { memory, onLead, onLose } = this.#ports
    const beat = (): void => void (memory.beatAtMs = Date.now())
    beat()
    const beating = setInterval(beat, BEAT_MS)
    return new Promise((resolve) => {
      this.#leave = () => {
        if (this.#state !== 'leading') return
        this.#state = 'out'
        clearInterval(beating)
        onLose()
        resolve()
      }
      onLead()
    })
  }

  /** The lock was taken away, where this tab still thinks that it leads; else its waiting has ended. */
  #taken({ signal }: AbortController): void {
    if (this.#state === 'leading' && !signal.aborted) this.#leave()
    if (this.#state === 'out') this.#look()
  }
}

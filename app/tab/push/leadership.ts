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
/** It looks so often whether the user looks at another tab of the app, and gives the lead to that one then. */
const HANDING_MS = 500
/** The leader says so often that it lives. */
const BEAT_MS = 5000
/** One that has not for so long is taken the lead from: it hangs, or is stopped in a debugger. */
const DEAD_MS = 2 * BEAT_MS + 2000
/** A tab in sight looks so often whether the leader is dead. */
const WATCH_MS = 1500

/**
 * One tab of all leads: the lock of the browser says which. Only tabs in sight ask for it.
 *
 * ```
 *          in sight               the lock is granted
 *   out ──────────────► waiting ──────────────────────► leading
 *    ▲                     │                               │
 *    │   hidden, frozen,   │     hidden for 5 s, or while  │
 *    └── pagehide ◄────────┘     another waits; frozen,    │
 *    │                           pagehide, or taken away   │
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
  /** While it leads and is hidden. */
  #hiding: ReturnType<typeof setTimeout> | undefined
  #isAway = false
  /** How long it waits at least before it takes the lead from a tab that seems dead. Unit: milliseconds. */
  #patienceMs = 0

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
    this.#hiding = undefined
    const isInSight = !this.#isAway && document.visibilityState === 'visible'
    if (isInSight) {
      if (this.#state === 'out') this.#wait()
      return
    }
    this.#patienceMs = 0
    if (this.#isAway || this.#state === 'waiting') this.#leave()
    else if (this.#state === 'leading') this.#hide(Date.now())
  }

  /** Leads on for a while, though it is hidden: until another tab in sight waits, or the while is over. */
  #hide(sinceMs: number): void {
    const look = async (): Promise<void> => {
      const isOver = Date.now() - sinceMs >= HIDDEN_MS || (await isWaitedFor(this.#ports.name))
      // It is in sight again, or has given up.
      if (this.#hiding !== hiding) return
      if (isOver) this.#leave()
      else this.#hide(sinceMs)
    }
    const hiding = setTimeout(() => void look(), HANDING_MS)
    this.#hiding = hiding
  }

  /** @param steal takes the lock from the tab that has it. */
  #wait(steal = false): void {
    this.#state = 'waiting'
    const { name, memory } = this.#ports
    const sinceMs = Date.now()
    const waiting = new AbortController()
    const watch = setInterval(() => {
      const now = Date.now()
      if (now - sinceMs < this.#patienceMs || now - (memory.beatAtMs ?? sinceMs) < DEAD_MS) return
      leave()
      this.#wait(true)
    }, WATCH_MS)
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
    if (this.#state === 'leading' && !signal.aborted) {
      // Where beats cannot be kept each tab seems dead: they must not take it from each other all the time.
      this.#patienceMs = DEAD_MS
      this.#leave()
    }
    if (this.#state === 'out') this.#look()
  }
}

/** Whether a tab waits for a lock. Only tabs in sight do. */
async function isWaitedFor(name: string): Promise<boolean> {
  const { locks } = navigator as { readonly locks?: LockManager }
  const { pending = [] } = (await locks?.query().catch(() => undefined)) ?? {}
  return pending.some((each) => each.name === name)
}

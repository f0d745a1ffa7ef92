/** What asks the worker about all that the page shows. */
interface Asking {
  attend(because: 'poll', isFirst: boolean): Promise<{ readonly nextMs: number } | undefined>
  urls(): readonly string[]
  readonly isLost: boolean
  onNew: () => void
  onBack: () => void
}

interface Options {
  /** Ends all asking. */
  readonly signal: AbortSignal
  /** Whether pages out of sight poll as well, where their rules say so. */
  readonly isAll: () => boolean
}

/** What a page begins to show within this time it asks about together. */
const GATHER_MS = 1000
/** A worker that did not answer is asked again after twice the time of before, and this at most. */
const AGAIN_MS = 30_000
/** Tabs and users do not tick in the same instant. */
const JITTER = 0.1

/**
 * Asks the worker now and then whether something that the page shows is to be polled. Each page in sight ticks for itself:
 * the worker asks the origin once for all of them, and says when to come back.
 *
 * ```
 *             in sight, online, shows something that is polled
 *   at rest ────────────────────────────────────────────────────> waiting ──> asking ──┐
 *      ^                                                             ^                 │
 *      └──── out of sight, offline, left, nothing is polled ─────────┴── the answer ───┘
 * ```
 */
export function poll(attention: Asking, options: Options): void {
  const { signal, isAll } = options
  let timer: ReturnType<typeof setTimeout> | undefined
  let gathering: ReturnType<typeof setTimeout> | undefined
  let known = new Set<string>()
  let nextMs = AGAIN_MS
  let isAsking = false
  /** Something has happened since the worker was asked: what it answers is about the page before. */
  let isOutdated = false
  const rest = (): void => {
    clearTimeout(timer)
    clearTimeout(gathering)
    gathering = undefined
  }
  const hasNew = (): boolean => attention.urls().some((url) => !known.has(url))
  const tick = async (isFirst: boolean): Promise<void> => {
    clearTimeout(timer)
    if (signal.aborted || attention.isLost || (document.hidden && !isAll())) return
    isOutdated = isAsking
    if (isAsking) return
    isAsking = true
    known = new Set(attention.urls())
    const answer = await attention.attend('poll', isFirst)
    isAsking = false
    nextMs = answer?.nextMs ?? Math.min(AGAIN_MS, nextMs * 2)
    if (isOutdated) return void tick(hasNew())
    clearTimeout(timer)
    if (nextMs < Infinity && !signal.aborted) {
      timer = setTimeout(() => void tick(false), nextMs * (1 + (Math.random() - 0.5) * JITTER))
    }
    lookForNew()
  }
  const lookForNew = (): void => {
    if (gathering !== undefined || isAsking) return
    gathering = setTimeout(() => {
      gathering = undefined
      if (hasNew()) void tick(true)
    }, GATHER_MS)
  }
  attention.onNew = lookForNew
  attention.onBack = () => void tick(false)
  signal.addEventListener('abort', rest)
  const look = (): void => {
    rest()
    void tick(false)
  }
  document.addEventListener('visibilitychange', look, { signal })
  addEventListener('pagehide', rest, { signal })
  addEventListener('pageshow', look, { signal })
  void tick(true)
}

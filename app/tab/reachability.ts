import type { OriginState } from '../../sw/protocol.ts'

/** While the origin is away it is asked again, less and less often. */
const PROBE_FROM_MS = 1000
const PROBE_TO_MS = 30_000
/** When the origin is back, tabs do not all ask in the same instant. */
const SPREAD_MS = 300

interface Ports {
  /** Has the worker try. */
  readonly probe: () => Promise<OriginState>
  /** Ends all asking. */
  readonly signal: AbortSignal
  readonly onOrigin: (origin: { readonly offline: boolean; readonly signInNeeded: boolean }) => void
  /** The origin can be reached again. */
  readonly onBack: () => void
}

/** Whether the origin could be reached when it was last tried; while it could not, the worker is asked to try again. */
export class Reachability {
  readonly #ports: Ports
  #origin: OriginState = { reachable: true }
  #probeMs = PROBE_FROM_MS
  #probing: ReturnType<typeof setTimeout> | undefined

  constructor(ports: Ports) {
    this.#ports = ports
    ports.signal.addEventListener('abort', () => clearTimeout(this.#probing))
  }

  /** The worker has said whether the origin could be reached. */
  learn(origin: OriginState): void {
    const { signal, onOrigin, onBack } = this.#ports
    if (signal.aborted) return
    const { reachable, signIn = false } = origin
    const wasReachable = this.#origin.reachable
    this.#origin = origin
    onOrigin({ offline: !reachable && !signIn, signInNeeded: signIn })
    clearTimeout(this.#probing)
    if (!reachable) {
      // Full jitter, so that tabs and users do not return together (I11).
      this.#probing = setTimeout(() => this.probe(), Math.random() * this.#probeMs)
      this.#probeMs = Math.min(this.#probeMs * 2, PROBE_TO_MS)
    } else if (!wasReachable) {
      this.#probeMs = PROBE_FROM_MS
      setTimeout(onBack, Math.random() * SPREAD_MS)
    }
  }

  /** Asks whether the origin is back, if it was away. Hidden tabs wait. */
  probe(): void {
    if (this.#origin.reachable) return
    if (document.hidden) return this.learn(this.#origin)
    this.#ports.probe().then(
      (origin) => this.learn(origin),
      () => this.learn(this.#origin),
    )
  }
}

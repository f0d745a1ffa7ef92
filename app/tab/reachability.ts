import type { OriginState } from '../../sw/protocol.ts'
import { longestRestMs } from './back-off.ts'

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
  #failures = 0
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
      // It is asked again, less and less often.
      this.#probing = setTimeout(() => this.probe(), Math.random() * longestRestMs(++this.#failures))
    } else if (!wasReachable) {
      this.#failures = 0
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

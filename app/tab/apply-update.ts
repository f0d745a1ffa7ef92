import type { ask, WorkerOf } from './rpc.ts'

/** So long after a tab did not agree to an update it is asked again. */
const AGREE_AGAIN_MS = 1000

/** A worker that takes over is active within this time, mostly. */
const ACTIVE_MS = 1000
const LONGEST_MS = 60_000

interface Ports {
  /** The worker that waits, as it is now. */
  readonly waiting: WorkerOf
  /** Has something loaded within the worker's scope. */
  readonly touchScope: () => void
  readonly ask: typeof ask
}

/** Lets a waiting worker take over as soon as each other tab agrees. Rejects with the signal's reason. */
export async function applyUpdate(ports: Ports, signal?: AbortSignal): Promise<void> {
  const { waiting, ask: question } = ports
  const aborted = new Promise<undefined>((resolve) => signal?.addEventListener('abort', () => resolve(undefined)))
  for (;;) {
    signal?.throwIfAborted()
    const worker = waiting()
    if (!worker) return
    const taking = await Promise.race([
      aborted,
      question(() => (signal?.aborted ? null : worker), { ask: 'take-over' }),
    ])
    if (taking?.takesOver) return seeThrough(worker, ports)
    await Promise.race([aborted, new Promise((resolve) => setTimeout(resolve, AGREE_AGAIN_MS))])
  }
}

/**
 * A request that comes in the instant in which Chromium stops the old worker starts it again, and the newer one goes on waiting
 * for as long as pages make requests (docs/discoveries/request-while-taking-over.md). Chromium takes the change up again when
 * something is loaded within the scope.
 */
function seeThrough(worker: ServiceWorker, { touchScope }: Pick<Ports, 'touchScope'>): void {
  let waitMs = ACTIVE_MS
  const look = (): void => {
    if (worker.state !== 'installed') return
    try {
      touchScope()
    } catch {
      // The page may load no such script. Then the worker waits until a page is loaded.
    }
    waitMs *= 2
    if (waitMs < LONGEST_MS) setTimeout(look, waitMs)
  }
  setTimeout(look, waitMs)
}

import type { ask, WorkerOf } from './rpc.ts'

/** So long after a tab did not agree to an update it is asked again. */
const AGREE_AGAIN_MS = 1000

/** Lets a waiting worker take over as soon as each other tab agrees. Rejects with the signal's reason. */
export async function applyUpdate(ports: {
  /** The worker that waits, as it is now. */
  readonly waiting: WorkerOf
  readonly ask: typeof ask
  readonly signal: AbortSignal | undefined
}): Promise<void> {
  const { waiting, ask: question, signal } = ports
  const aborted = new Promise<undefined>((resolve) => signal?.addEventListener('abort', () => resolve(undefined)))
  for (;;) {
    signal?.throwIfAborted()
    const worker = waiting()
    if (!worker) return
    const taking = await Promise.race([
      aborted,
      question(() => (signal?.aborted ? null : worker), { ask: 'take-over' }),
    ])
    if (taking?.takesOver) return
    await Promise.race([aborted, new Promise((resolve) => setTimeout(resolve, AGREE_AGAIN_MS))])
  }
}

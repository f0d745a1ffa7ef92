import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { bundle } from '../files/bundle.ts'
import { sourcePath } from '../files/source-path.ts'
import type { Suggested } from '../suggest/index.ts'
import type { Recorder } from './recorder.ts'

/** After so many times the duration of an analysis the next one may begin: it takes a part of the processor's time. */
const REST = 9

/**
 * What a recording says so far. It is analysed in a thread of its own: of 20,000 requests that takes seconds, and the app's
 * requests do not wait for it.
 */
export class LiveFindings {
  readonly #recorder: Recorder
  #found: Suggested | undefined
  /** That of the recording of which it is. */
  #version = 0
  #running: Promise<void> | undefined
  #nextMs = 0
  #thread: Promise<Worker> | undefined

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** As it was a moment ago; undefined before the first analysis has ended. Begins another where that is due. */
  get current(): Suggested | undefined {
    if (performance.now() >= this.#nextMs) void this.#analyse().catch(() => undefined)
    return this.#found
  }

  /** As it is now; undefined before the first request. */
  async latest(): Promise<Suggested | undefined> {
    await this.#running?.catch(() => undefined)
    await this.#analyse()
    return this.#found
  }

  async close(): Promise<void> {
    await (await this.#thread)?.terminate()
  }

  #analyse(): Promise<void> {
    if (this.#running !== undefined) return this.#running
    if (this.#version === this.#recorder.version) return Promise.resolve()
    this.#running = this.#ask().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #ask(): Promise<void> {
    const thread = await (this.#thread ??= started())
    const { version } = this.#recorder
    const beganMs = performance.now()
    thread.postMessage(this.#recorder.recording())
    // Rejects with the thread's error, which ends it.
    const [found] = (await once(thread, 'message').catch((error: unknown) => {
      this.#thread = undefined
      throw error
    })) as [Suggested]
    this.#found = found
    this.#version = version
    const endedMs = performance.now()
    this.#nextMs = endedMs + (endedMs - beganMs) * REST
  }
}

/** The thread as one script, so that it runs where the sources are TypeScript as well. */
async function started(): Promise<Worker> {
  const script = await bundle(sourcePath('tools/try/analysis-thread'), { platform: 'node', format: 'esm' })
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { execArgv: [] })
  thread.unref()
  return thread
}

/** How many reads of the recording would have needed no request. */
export const savedBy = ({ simulation: { total } }: Suggested): number => Math.max(0, total.before - total.after)

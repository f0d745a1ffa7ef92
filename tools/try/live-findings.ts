import { analyse, propose, simulate, type Suggested } from '../suggest/index.ts'
import type { Recorder } from './recorder.ts'

/** After so many times the duration of an analysis the next one may begin: it takes a part of the processor's time. */
const REST = 9

/** What a recording says so far. It is analysed anew when it is asked for and has changed, but not again and again. */
export class LiveFindings {
  readonly #recorder: Recorder
  #found: Suggested | undefined
  #version = -1
  #nextMs = 0

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** Perhaps as it was a moment ago; undefined before the first request. */
  get current(): Suggested | undefined {
    return performance.now() < this.#nextMs ? this.#found : this.latest()
  }

  /** As it is now; undefined before the first request. */
  latest(): Suggested | undefined {
    if (this.#version === this.#recorder.version || this.#recorder.requests === 0) return this.#found
    this.#version = this.#recorder.version
    const beganMs = performance.now()
    const recording = this.#recorder.recording()
    const findings = analyse(recording)
    const proposal = propose(findings)
    this.#found = { findings, proposal, simulation: simulate(recording, proposal.config) }
    const endedMs = performance.now()
    this.#nextMs = endedMs + (endedMs - beganMs) * REST
    return this.#found
  }
}

/** How many reads of the recording would have needed no request. */
export const savedBy = ({ simulation: { total } }: Suggested): number => Math.max(0, total.before - total.after)

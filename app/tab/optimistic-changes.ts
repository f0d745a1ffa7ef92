import { moment, type ObservedUrl, type Overlay } from './observed-url.ts'
import type { ObservedUrls } from './observed-urls.ts'
import { attempt } from './report.ts'

/**
 * Makes of the data of a URL what it will be when the write has succeeded, as a new value: what it is given is what others
 * show. It is called again for data that is read meanwhile. `before` is undefined where there is no data yet.
 */
export type Change<T> = (before: T | undefined) => T

/** Shows a change of a URL at once, until the write has ended. */
export type Show = <T>(url: string, change: Change<T>) => void

interface Step {
  readonly change: Change<unknown>
  readonly shownAtMs: number
  /** When its write had succeeded. Infinity: it is on its way. */
  writtenAt: number
  /** What it was made of last, and what came of it. Absent: it was not made yet. */
  made?: { readonly before: unknown; readonly after: unknown }
  isReported: boolean
}

/**
 * A read that goes on beside a write may have its effect or not, and to show the change over it could show it twice. So what
 * it brings is not shown while the write is younger than this.
 */
const HOLD_MS = 10_000

/**
 * The changes of one URL whose writes are on their way, in the order in which they were shown. What is shown is what has been
 * read, with one change after the other made to it.
 *
 * ```
 *             the write succeeds              a read that began after that
 *  on its way ──────────────────> written ──────────────────────────────────> gone
 *      │                             │
 *      └── the write fails: gone     └── the user may be gone: gone, as all others
 * ```
 */
export class OptimisticChanges implements Overlay {
  readonly #observed: ObservedUrl
  readonly #release: () => void
  #steps: readonly Step[] = []
  #redrawing: ReturnType<typeof setTimeout> | undefined
  #isDrawn = true

  private constructor(observed: ObservedUrl) {
    this.#observed = observed
    this.#release = observed.hold()
    observed.overlay = this
  }

  /** The changes that lie over the URL. */
  static over(observed: ObservedUrl): OptimisticChanges {
    const { overlay } = observed
    return overlay instanceof OptimisticChanges ? overlay : new OptimisticChanges(observed)
  }

  add(change: Change<unknown>): Step {
    const step: Step = { change, shownAtMs: performance.now(), writtenAt: Infinity, isReported: false }
    this.#steps = [...this.#steps, step]
    this.#observed.redraw()
    return step
  }

  /** The writes of these have failed. Those that came later stay. */
  drop(steps: ReadonlySet<Step>): void {
    this.#keep((step) => !steps.has(step))
    this.#redrawSoon()
  }

  over(data: unknown): unknown {
    return this.#steps.reduce((before, step) => afterOf(step, before), data)
  }

  accepts(beganAt: number, isSure: boolean): boolean {
    const isBeside = ({ shownAtMs, writtenAt }: Step): boolean =>
      writtenAt > beganAt && performance.now() - shownAtMs < HOLD_MS
    if (!isSure && this.#steps.some(isBeside)) return false
    this.#keep(({ writtenAt }) => writtenAt > beganAt)
    return true
  }

  onUserGone(): void {
    this.#keep(() => false)
  }

  #keep(isKept: (step: Step) => boolean): void {
    this.#steps = this.#steps.filter(isKept)
    if (this.#steps.length > 0 || this.#observed.overlay !== this) return
    this.#observed.overlay = undefined
    this.#release()
  }

  /** At once; of the hundreds of writes that fail together when the connection is lost, all after the first are taken out in one go. */
  #redrawSoon(): void {
    this.#isDrawn = this.#redrawing === undefined
    if (this.#isDrawn) this.#observed.redraw()
    this.#redrawing ??= setTimeout(() => {
      this.#redrawing = undefined
      if (!this.#isDrawn) this.#observed.redraw()
    })
  }
}

/** The same for the same. A change that cannot be made is left out. */
function afterOf(step: Step, before: unknown): unknown {
  if (step.made?.before === before && step.made !== undefined) return step.made.after
  let after = before
  try {
    after = step.change(before)
  } catch (error) {
    if (!step.isReported) reportError(error)
    step.isReported = true
  }
  step.made = { before, after }
  return after
}

/** The changes that one write shows. */
export class WrittenChanges {
  readonly #urls: ObservedUrls
  readonly #steps = new Map<string, { readonly changes: OptimisticChanges; readonly steps: Set<Step> }>()
  #isEnded = false

  constructor(urls: ObservedUrls) {
    this.#urls = urls
  }

  /** The URLs that are changed, as the app writes them. */
  get urls(): readonly string[] {
    return [...this.#steps.keys()]
  }

  /** @throws TypeError where the write has ended. */
  readonly show: Show = (url, change) => {
    if (this.#isEnded) throw new TypeError('freshlayer: show() comes too late: call it before `optimistic` returns')
    const changes = OptimisticChanges.over(this.#urls.get(url))
    const { steps } = this.#steps.get(url) ?? { steps: new Set() }
    this.#steps.set(url, { changes, steps })
    // The type of a URL's data is the app's own word.
    steps.add(changes.add(change as Change<unknown>))
  }

  /** The write has failed: its changes are gone. */
  drop(): void {
    this.#isEnded = true
    for (const { changes, steps } of this.#steps.values()) changes.drop(steps)
  }

  /** The write has succeeded: its changes are shown until a read that begins from now on has come. */
  keep(): void {
    this.#isEnded = true
    for (const { steps } of this.#steps.values()) for (const step of steps) step.writtenAt = moment()
  }

  /** What was changed is read anew. */
  validate(): void {
    for (const url of this.#steps.keys()) attempt(() => this.#urls.find(url)?.validate())
  }
}

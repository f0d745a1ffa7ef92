import type { BrowserContext, Page, Worker } from '@playwright/test'
import { differences, type Got, type Here, requestDifferences } from './differences.ts'
import { StepOrigin } from './origin.ts'
import { type Exchange, type OriginAnswer, type PageRequest, type Row, type Sent } from './row.ts'

/** What the runner puts into the worker, to stop its clock and to see when it is done. */
interface Instruments {
  nowMs: number
  /** Fetch events answered so far. */
  events: number
  /** Promises that keep the worker alive. */
  pending: number
}

interface Instrumented {
  rowInstruments: Instruments
  ExtendableEvent: { prototype: { waitUntil(work: Promise<unknown>): void } }
  FetchEvent: { prototype: { respondWith(answer: Response | Promise<Response>): void } }
}

const DAY_MS = 86_400_000

/** So long at most may a step take, however wrong it goes. */
const STEP_LIMIT_MS = 6000
/** A page's answer that is not there by then waits for what should go on behind its back. */
const BEHIND_LIMIT_MS = 1000

/** Runs rows one after another in one page of one browser, each on a URL of its own and a day after the one before. */
export class Runner {
  readonly #origin: StepOrigin
  readonly #context: BrowserContext
  readonly #page: Page
  readonly #instrumented = new WeakSet<Worker>()
  #nowMs = Math.floor(Date.now() / 1000) * 1000

  private constructor(origin: StepOrigin, context: BrowserContext, page: Page) {
    this.#origin = origin
    this.#context = context
    this.#page = page
  }

  /** Opens the page under its worker. */
  static async open(context: BrowserContext, script: string): Promise<Runner> {
    const origin = new StepOrigin(script)
    await origin.start()
    const page = await context.newPage()
    await page.goto(`${origin.url}/`)
    await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated')
    return new Runner(origin, context, page)
  }

  async close(): Promise<void> {
    await this.#origin.stop()
  }

  /** What was not as the row says; empty when it holds. */
  async run({ id, steps, under = 'rows' }: Row): Promise<string[]> {
    this.#origin.self = `/${under}/${id}`
    await this.#pass(DAY_MS)
    const problems: string[] = []
    for (const [index, step] of steps.entries()) {
      if (step.kind === 'pass') {
        await this.#pass(step.seconds * 1000)
        continue
      }
      const exchanges = step.kind === 'together' ? step.exchanges : [step]
      const seen = step.kind === 'together' ? await this.#together(exchanges) : await this.#exchange(step)
      problems.push(...seen.map((problem) => `step ${index + 1}: ${problem}`))
    }
    return problems
  }

  async #exchange(exchange: Exchange): Promise<string[]> {
    const { expect } = exchange
    const origin = this.#origin
    const isBehind = expect.behind !== undefined
    origin.expects(
      answersOf(exchange).map((answer) => (isBehind && isReply(answer) ? { ...answer, held: true } : answer)),
    )
    const fetched = this.#fetch(exchange)
    const got = isBehind ? await within(BEHIND_LIMIT_MS, fetched) : undefined
    origin.release()
    const answer = await fetched
    origin.cutSilent()
    await this.#idle()
    const here = this.#here()
    return [
      ...(isBehind && got === undefined ? ['the page waited for the origin'] : []),
      ...differences(expect, answer, here),
      ...requestDifferences(expect.behind ?? expect.sent, exchange, origin.received, here),
    ]
  }

  async #together(exchanges: readonly Exchange[]): Promise<string[]> {
    const origin = this.#origin
    origin.expects([])
    const underWay: Promise<Got>[] = []
    let sent = 0
    for (const exchange of exchanges) {
      const answers = answersOf(exchange)
      origin.expectsAlso(answers)
      const events = await this.#events()
      const fetched = this.#fetch(exchange)
      underWay.push(fetched)
      sent += answers.length
      if (answers.length > 0) await within(STEP_LIMIT_MS, origin.hasReceived(sent))
      else await this.#hasEvents(events + 1)
      if (answers.some((answer) => isReply(answer) && answer.held !== true)) await fetched
    }
    origin.release()
    const answers = await Promise.all(underWay)
    await this.#idle()
    const expected = exchanges.flatMap(({ request: { method = 'GET' } = {}, expect: { sent = false } }) =>
      sent === false ? [] : [sent].flat().map((one: Sent) => ({ method, ...one })),
    )
    const here = this.#here()
    return [
      ...exchanges.flatMap(({ expect }, index) =>
        differences(expect, answers[index]!, here).map((problem) => `[${index + 1}] ${problem}`),
      ),
      ...requestDifferences(expected, exchanges[0]!, origin.received, here),
    ]
  }

  #fetch({ request = {}, path = '' }: Exchange): Promise<Got> {
    const mode = request.cache === 'only-if-cached' ? 'same-origin' : 'cors'
    const url = this.#origin.self + path
    const init: PageRequest & { readonly mode: RequestMode } = { mode, ...request }
    return this.#page.evaluate(
      async ([url, init, limitMs]) => {
        let response: Response
        const nothing = { status: 0, body: '', headers: {} }
        try {
          response = await fetch(url, { ...init, signal: AbortSignal.timeout(limitMs) })
        } catch (error) {
          return { ...nothing, error: String(error) }
        }
        const { status, headers } = response
        const head = { status, headers: Object.fromEntries(headers) }
        try {
          return { ...head, body: await response.text() }
        } catch {
          return { ...head, body: '', cut: true }
        }
      },
      [url, init, STEP_LIMIT_MS] as const,
    )
  }

  #here(): Here {
    return { self: this.#origin.self, origin: this.#origin.url, nowMs: this.#nowMs }
  }

  /** The clock of the worker and of the origin moves on; it stands still at all other times. */
  async #pass(ms: number): Promise<void> {
    this.#nowMs += ms
    this.#origin.nowMs = this.#nowMs
    await this.#inWorker((nowMs) => void ((globalThis as unknown as Instrumented).rowInstruments.nowMs = nowMs))
  }

  /** Settles when nothing keeps the worker alive: what it began, behind the page's back or not, is done. */
  async #idle(): Promise<void> {
    const isIdle = await this.#inWorker(async () => {
      const instruments = (globalThis as unknown as Instrumented).rowInstruments
      const startedAt = performance.now()
      while (instruments.pending > 0 && performance.now() - startedAt < 4000)
        await new Promise((resolve) => setTimeout(resolve))
      return instruments.pending === 0
    })
    if (!isIdle) console.warn(`${this.#origin.self}: the worker does not come to rest`)
  }

  async #hasEvents(count: number): Promise<void> {
    const startedAt = performance.now()
    while ((await this.#events()) < count && performance.now() - startedAt < STEP_LIMIT_MS);
  }

  #events(): Promise<number> {
    return this.#inWorker(() => (globalThis as unknown as Instrumented).rowInstruments.events)
  }

  /** Calls a function in the worker with the instruments, which are put in place when a worker is met first. */
  async #inWorker<T>(use: (nowMs: number) => T | Promise<T>): Promise<T> {
    const worker = this.#context.serviceWorkers().find((worker) => worker.url().startsWith(this.#origin.url))
    if (worker === undefined) throw new Error('The worker is gone')
    if (!this.#instrumented.has(worker)) {
      this.#instrumented.add(worker)
      await worker.evaluate(instrument, this.#nowMs)
    }
    return worker.evaluate(use, this.#nowMs)
  }
}

/** Runs in the worker: `Date.now` tells what it is told, and what keeps the worker alive is counted. */
function instrument(nowMs: number): void {
  const scope = globalThis as unknown as Instrumented
  const made: Instruments = { nowMs, events: 0, pending: 0 }
  scope.rowInstruments = made
  Date.now = () => made.nowMs
  const { waitUntil } = scope.ExtendableEvent.prototype
  scope.ExtendableEvent.prototype.waitUntil = function (work) {
    made.pending++
    const done = (): number => made.pending--
    Promise.resolve(work).then(done, done)
    waitUntil.call(this, work)
  }
  const { respondWith } = scope.FetchEvent.prototype
  scope.FetchEvent.prototype.respondWith = function (answer) {
    made.events++
    respondWith.call(this, answer)
  }
}

const isReply = (answer: OriginAnswer): answer is Exclude<OriginAnswer, string> => typeof answer === 'object'

function answersOf({ origin }: Exchange): readonly OriginAnswer[] {
  if (origin === undefined) return []
  return typeof origin === 'object' && 'length' in origin ? origin : [origin]
}

/** The promise's value; undefined when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)))
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}

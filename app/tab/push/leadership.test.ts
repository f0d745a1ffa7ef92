import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Leadership } from './leadership.ts'

/** Locks as browsers have them, for one name. */
class Locks {
  #held: { readonly take: () => void } | undefined
  #queue: (() => void)[] = []
  /** How many wait. */
  get waiting(): number {
    return this.#queue.length
  }

  query(): Promise<LockManagerSnapshot> {
    return Promise.resolve({ pending: this.#queue.map(() => ({ name: 'push' })) })
  }

  request(
    _: string,
    options: { signal?: AbortSignal; steal?: boolean },
    lead: () => Promise<void> | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const held = { take: () => reject(new DOMException('', 'AbortError')) }
      const grant = (): void => {
        this.#held = held
        queueMicrotask(granted)
      }
      const granted = (): void =>
        void Promise.resolve(lead()).then((value) => {
          if (this.#held === held) {
            this.#held = undefined
            this.#queue.shift()?.()
          }
          resolve(value)
        })
      if (options.steal === true) {
        this.#held?.take()
        this.#held = undefined
        return grant()
      }
      options.signal?.addEventListener('abort', () => {
        this.#queue = this.#queue.filter((each) => each !== grant)
        reject(new DOMException('', 'AbortError'))
      })
      if (this.#held === undefined && this.#queue.length === 0) grant()
      else this.#queue.push(grant)
    })
  }
}

let locks: Locks
let memory: { beatAtMs: number | undefined }
let tabs: Tab[] = []

/** A tab, whose browser says whether it is in sight. */
class Tab {
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'hidden' as DocumentVisibilityState })
  readonly window = new EventTarget()
  readonly #ending = new AbortController()
  leads = false

  constructor(isInSight = true) {
    if (isInSight) this.document.visibilityState = 'visible'
    vi.stubGlobal('document', this.document)
    vi.stubGlobal('addEventListener', this.window.addEventListener.bind(this.window))
    new Leadership({
      name: 'push',
      memory,
      onLead: () => (this.leads = true),
      onLose: () => (this.leads = false),
      signal: this.#ending.signal,
    })
    tabs.push(this)
  }

  #as(run: () => void): Promise<unknown> {
    vi.stubGlobal('document', this.document)
    run()
    return vi.advanceTimersByTimeAsync(0)
  }

  show(isInSight: boolean): Promise<unknown> {
    this.document.visibilityState = isInSight ? 'visible' : 'hidden'
    return this.#as(() => this.document.dispatchEvent(new Event('visibilitychange')))
  }

  on(event: 'pagehide' | 'pageshow' | 'freeze' | 'resume'): Promise<unknown> {
    return this.#as(() => (event.startsWith('page') ? this.window : this.document).dispatchEvent(new Event(event)))
  }

  close(): void {
    this.#ending.abort()
  }
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const leaders = (): number[] => tabs.flatMap(({ leads }, at) => (leads ? [at] : []))

beforeEach(() => {
  vi.useFakeTimers()
  locks = new Locks()
  memory = { beatAtMs: undefined }
  tabs = []
  vi.stubGlobal('navigator', { locks })
})
afterEach(() => {
  for (const tab of tabs) tab.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('of all tabs', () => {
  it('one leads, and hidden ones do not even wait', async () => {
    for (const isInSight of [false, true, true, false]) new Tab(isInSight)
    await pass(0)
    expect([leaders(), locks.waiting]).toEqual([[1], 1])
  })

  it('the next leads at once when one closes', async () => {
    const [first] = [new Tab(), new Tab()]
    await pass(0)
    first?.close()
    await pass(0)
    expect(leaders()).toEqual([1])
  })

  it('a hidden one leads on for five seconds, while no other is in sight', async () => {
    const [first, second] = [new Tab(), new Tab(false)]
    await pass(0)
    await first.show(false)
    await pass(4400)
    expect(leaders()).toEqual([0])
    await pass(1000)
    expect(leaders()).toEqual([])
    await second.show(true)
    expect(leaders()).toEqual([1])
  })

  it('a hidden one gives the lead to another that is in sight, or comes in sight, in a second', async () => {
    const [first, second] = [new Tab(), new Tab(false)]
    await pass(0)
    await first.show(false)
    await pass(2000)
    expect(leaders()).toEqual([0])
    await second.show(true)
    await pass(1000)
    expect(leaders()).toEqual([1])
    await first.show(true)
    expect([leaders(), locks.waiting]).toEqual([[1], 1])
  })

  it('one that comes in sight takes the lead within two seconds from one that has been dead for long', async () => {
    const [, second] = [new Tab(), new Tab(false)]
    await pass(60_000)
    const lastMs = Date.now()
    Object.defineProperty(memory, 'beatAtMs', { get: () => lastMs, set() {}, configurable: true })
    await pass(60_000)
    await second.show(true)
    await pass(2000)
    expect(second.leads).toBe(true)
  })

  it('one that is soon in sight again leads on', async () => {
    const tab = new Tab()
    await pass(0)
    await tab.show(false)
    await pass(3000)
    await tab.show(true)
    await pass(60_000)
    expect(leaders()).toEqual([0])
  })

  it('none leads while none is in sight', async () => {
    const tab = new Tab()
    await pass(0)
    await tab.show(false)
    await pass(5000)
    expect([leaders(), locks.waiting]).toEqual([[], 0])
  })

  it.each([
    ['pagehide', 'pageshow'],
    ['freeze', 'resume'],
  ] as const)('one gives up at once on %s, waiting too, and is back on %s', async (away, back) => {
    const [first, second] = [new Tab(), new Tab()]
    await pass(0)
    await second.on(away)
    expect(locks.waiting).toBe(0)
    await first.on(away)
    expect(leaders()).toEqual([])
    await second.on(back)
    expect(leaders()).toEqual([1])
    await first.on(back)
    expect(locks.waiting).toBe(1)
  })

  it('one in sight takes the lead from one that has missed two beats, and that one knows', async () => {
    const [first, second] = [new Tab(), new Tab()]
    await pass(60_000)
    expect(leaders()).toEqual([0])
    // The leader hangs: it does not beat any more.
    const lastMs = Date.now()
    Object.defineProperty(memory, 'beatAtMs', { get: () => lastMs, set() {}, configurable: true })
    await pass(10_000)
    expect(leaders()).toEqual([0])
    await pass(10_000)
    expect(leaders()).toEqual([1])
    // It waits again, in case the other goes.
    Object.defineProperty(memory, 'beatAtMs', { get: () => Date.now(), set() {} })
    second.close()
    await pass(0)
    expect(first.leads).toBe(true)
  })

  it('each leads in a browser without locks', async () => {
    vi.stubGlobal('navigator', {})
    const tab = new Tab()
    await pass(0)
    expect(tab.leads).toBe(true)
    await tab.on('pagehide')
    expect(tab.leads).toBe(false)
  })
})

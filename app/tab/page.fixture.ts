import { vi } from 'vitest'
import type { Occasion } from '../../sw/core/attention.ts'
import type { Explanation, Shown } from '../../sw/protocol.ts'
import type { ChangeEvent } from './change-feed.ts'
import type { Freshlayer, State } from './freshlayer.ts'
import { shownBy } from './shown-urls.ts'

/** A request of the page, and how it is answered. */
interface Asked {
  readonly url: string
  readonly init: RequestInit
  readonly answer: (
    body: unknown,
    options?: { status?: number; fields?: Record<string, string>; type?: string },
  ) => void
  readonly fail: () => void
}

/** A page with a layer, without a browser: a test says what the origin and the worker say. */
export class FakePage {
  /** Where the test's environment has a document of its own, only what the layer says is made up. */
  readonly document = Object.assign(new EventTarget(), { baseURI: 'https://app.test/', hidden: false })
  readonly window = new EventTarget()
  readonly asked: Asked[] = []
  readonly explained: string[] = []
  readonly layer: Freshlayer
  explain: (url: string) => Partial<Explanation> = () => ({})
  #changed = new Set<(change: ChangeEvent) => void>()
  #stated = new Set<(state: State) => void>()

  constructor() {
    const state: State = {
      controlled: true,
      updateReady: false,
      offline: false,
      signInNeeded: false,
      outdated: false,
      isFetching: false,
    }
    const on = (kind: string, listener: never): (() => void) => {
      const listeners: Set<never> = kind === 'change' ? (this.#changed as Set<never>) : (this.#stated as Set<never>)
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
    const explain = async (url: string): Promise<Explanation> => {
      this.explained.push(url)
      return { url, state: 'absent', why: '', ...this.explain(url) }
    }
    this.layer = { state, on, explain } as unknown as Freshlayer
    const fetch = (url: string, init: RequestInit = {}): Promise<Response> =>
      new Promise((resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
        this.asked.push({
          url,
          init,
          answer: (body, { status = 200, fields = {}, type = 'application/json' } = {}) => {
            const text = type === 'application/json' ? JSON.stringify(body) : String(body)
            resolve(new Response(text, { status, headers: { 'content-type': type, ...fields } }))
          },
          fail: () => reject(new TypeError('Failed to fetch')),
        })
      })
    vi.stubGlobal('fetch', fetch)
    if (typeof document !== 'undefined') return
    vi.stubGlobal('document', this.document)
    vi.stubGlobal('addEventListener', this.window.addEventListener.bind(this.window))
  }

  /** The layer tells the page of a change. */
  async change(about: Partial<ChangeEvent>): Promise<void> {
    const change: ChangeEvent = { kind: 'changed', urls: [], tags: [], all: false, cause: 'response', ...about }
    for (const listener of this.#changed) listener(change)
    await heard()
  }

  /** The layer has looked at what the page shows. */
  attend(shown: readonly (readonly [url: string, shown: Shown])[], because: Occasion): void {
    for (const { onShown } of shownBy(this.layer).parts) onShown?.(new Map(shown), because)
  }

  set(state: Partial<State>): void {
    Object.assign(this.layer, { state: { ...this.layer.state, ...state } })
    for (const listener of this.#stated) listener(this.layer.state)
  }

  show(isShown: boolean): void {
    this.document.hidden = !isShown
    this.document.dispatchEvent(new Event('visibilitychange'))
  }

  /** The newest request is answered. */
  async answer(...[body, options]: Parameters<Asked['answer']>): Promise<void> {
    this.asked.at(-1)?.answer(body, options)
    await settled()
  }
}

/** What has been heard has been looked at. */
async function heard(): Promise<void> {
  if (vi.isFakeTimers()) await vi.advanceTimersByTimeAsync(0)
  await settled()
}

/** Everything that can settle has settled. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

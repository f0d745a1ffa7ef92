import { vi } from 'vitest'
import type { Explanation } from '../../../sw/protocol.ts'
import type { ChangeEvent } from '../change-feed.ts'
import type { Layer } from './bind-query-client.ts'

/** A page as a binding sees it: a document, its address, what it asks for, and resource timing of that. */
export class FakePage {
  /** Each URL that was asked for, absolute. */
  readonly requests: string[] = []
  answer: (url: string, init?: RequestInit) => Response | Promise<Response> = () => Response.json(this.requests.length)
  readonly #origin: string
  readonly #document: EventTarget & { hidden: boolean; readyState: string; baseURI: string }
  readonly #observers = new Set<(entries: readonly object[]) => void>()

  constructor(origin: string) {
    this.#origin = origin
    const of = { hidden: false, readyState: 'complete', baseURI: `${origin}/` }
    this.#document = Object.assign(new EventTarget(), of)
    vi.stubGlobal('document', this.#document)
    vi.stubGlobal('location', { origin })
    vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) =>
      this.#ask(typeof input === 'object' && 'url' in input ? input.url : String(input), init, 'fetch'),
    )
    const observers = this.#observers
    vi.stubGlobal(
      'PerformanceObserver',
      class {
        readonly #tell: (entries: readonly object[]) => void

        constructor(callback: (list: { getEntries: () => readonly object[] }) => void) {
          this.#tell = (entries) => callback({ getEntries: () => entries })
        }

        observe(): void {
          observers.add(this.#tell)
        }

        disconnect(): void {
          observers.delete(this.#tell)
        }
      },
    )
  }

  /** Reads JSON as XMLHttpRequest does: the binding does not see which query asks. */
  async byXhr(path: string): Promise<unknown> {
    await Promise.resolve()
    return (await this.#ask(path, undefined, 'xmlhttprequest')).json()
  }

  setHidden(hidden: boolean): void {
    this.#document.hidden = hidden
    this.#document.dispatchEvent(new Event('visibilitychange'))
  }

  restore(): void {
    vi.unstubAllGlobals()
  }

  async #ask(path: string, init: RequestInit | undefined, initiatorType: string): Promise<Response> {
    const name = new URL(path, this.#origin).href
    this.requests.push(name)
    const startTime = performance.now()
    const response = await this.answer(name, init)
    // A task of its own, after the answer.
    setTimeout(() => {
      for (const tell of this.#observers) tell([{ name, initiatorType, startTime }])
    })
    return response
  }
}

/** The layer as a binding sees it. */
export class FakeLayer implements Layer {
  state = {
    controlled: true,
    updateReady: false,
    offline: false,
    signInNeeded: false,
    outdated: false,
    isFetching: false,
  }
  ages: Readonly<Record<string, number>> = {}
  readonly listeners = new Set<(change: ChangeEvent) => void>()

  readonly on: Layer['on'] = (kind, listener) => {
    if (kind !== 'change') return () => undefined
    const hear = listener as (change: ChangeEvent) => void
    this.listeners.add(hear)
    return () => void this.listeners.delete(hear)
  }

  change(about: Partial<ChangeEvent>): void {
    const change = { kind: 'changed', urls: [], tags: [], all: false, cause: 'response', ...about } as const
    for (const listener of this.listeners) listener(change)
  }

  explain(url: string): Promise<Explanation> {
    const { pathname } = new URL(url)
    const [, , list = '', id] = pathname.split('/')
    const tags = list === 'products' ? ['products', ...(id === undefined ? [] : [`product:${id}`])] : [list]
    const ageSeconds = this.ages[url]
    return Promise.resolve({ url, state: 'fresh', why: '', tags, ...(ageSeconds !== undefined && { ageSeconds }) })
  }
}

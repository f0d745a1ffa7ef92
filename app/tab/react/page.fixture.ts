import { act, createElement as h, type ReactNode, StrictMode } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, vi } from 'vitest'
import { FakePage, settled } from '../page.fixture.ts'

/** The layer that hooks find; undefined: none is connected. Each test begins with that of its `page`. */
export const connected: { layer: unknown } = { layer: undefined }

/**
 * What stands in for `connect.ts`. A mock belongs to its test file, so each has the line
 * `vi.mock('../connect.ts', async () => (await import('./page.fixture.ts')).connecting)`.
 */
export const connecting = {
  connectedLayer: () => connected.layer,
  onConnected: (follow: (layer: unknown) => void) => {
    followers.add(follow)
    return () => followers.delete(follow)
  },
}

/** Who is told of a layer that is connected later. */
export const followers = new Set<(layer: unknown) => void>()

/** The page of the test that runs, and where React renders. */
export let page: FakePage
export let place: HTMLElement
let root: Root
/** What React has said on the console. */
export let said: unknown[]
/** What the hooks have reported as uncaught. */
export let reported: unknown[]
/** What the layer was told to invalidate. */
export let invalidated: unknown[]

/** Gives each test of the file a page of its own, with React in it, and a clock that stands still. */
export function pageForEachTest(): void {
  beforeEach(() => {
    vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
    loadPage()
    place = document.body.appendChild(document.createElement('main'))
    root = createRoot(place)
    said = []
    vi.spyOn(console, 'error').mockImplementation((...words: unknown[]) => void said.push(...words))
    reported = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
  })
  afterEach(async () => {
    await unmount()
    // What is shown no more is forgotten after a while.
    await vi.advanceTimersByTimeAsync(120_000)
    place.remove()
    vi.useRealTimers()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })
}

/** Another document: nothing is asked for yet. */
export function loadPage(): void {
  page = new FakePage()
  connected.layer = page.layer
  invalidated = []
  Object.assign(page.layer, { invalidate: async (reach: unknown) => void invalidated.push(reach) })
}

export const api = (path: string): string => new URL(path, document.baseURI).href

export const text = (): string => place.textContent ?? ''

/** Renders, under StrictMode. */
export const show = (node: ReactNode): Promise<void> => act(async () => root.render(h(StrictMode, null, node)))

/** Does something, and waits for what comes of it. What `work` gives is not waited for. */
export const run = <T>(work: () => T): Promise<void> =>
  act(async () => {
    work()
    await settled()
  })

export const unmount = (): Promise<void> => act(async () => root.unmount())

/** Takes over what a server has rendered in `place`. */
export const hydrate = (node: ReactNode): Promise<void> => act(async () => void (root = hydrateRoot(place, node)))

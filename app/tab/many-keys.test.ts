// @vitest-environment happy-dom
import { act, createElement as h, memo, type ReactNode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import useSWR, { SWRConfig } from 'swr'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { observe } from './observe.ts'
import { FakePage } from './page.fixture.ts'
import { useCachedQuery } from './react/index.ts'
import { freshlayerSwr } from './swr/index.ts'

const connected = vi.hoisted(() => ({ layer: undefined as unknown }))
vi.mock('./connect.ts', () => ({ connectedLayer: () => connected.layer, onConnected: () => undefined }))

const MANY = 5000
/** SWR has two timers for each request, and a test's clock looks through all of them for each. */
const FEWER = 1000
const CHANGED = 300

let page: FakePage
let place: HTMLElement
let root: Root
/** What is shown of each key by now. */
let shown: (string | undefined)[]
let keys: number

const urlOf = (at: number): string => `/api/items/${at}`
const absolute = (at: number): string => new URL(urlOf(at), document.baseURI).href
const render = (node: ReactNode): Promise<void> => act(async () => root.render(node))
const asked = (from: number): string[] => page.asked.slice(from).map(({ url }) => url)

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  vi.useFakeTimers()
  page = new FakePage()
  connected.layer = page.layer
  place = document.body.appendChild(document.createElement('main'))
  root = createRoot(place)
  shown = []
})
afterEach(async () => {
  await act(async () => root.unmount())
  vi.clearAllTimers()
  place.remove()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** All that is on its way from the `from`th request on is answered with this. */
const answerAll = (from: number, word: string): Promise<void> =>
  act(async () => {
    for (const each of page.asked.slice(from)) each.answer({ word })
    await vi.advanceTimersByTimeAsync(1)
  })

const Hook = memo(({ at }: { readonly at: number }): ReactNode => {
  shown[at] = useCachedQuery<{ word: string }>(urlOf(at)).data?.word
  return null
})

const Swr = memo(({ at }: { readonly at: number }): ReactNode => {
  shown[at] = useSWR<{ word: string }>(urlOf(at)).data?.word
  return null
})

const each = (component: typeof Hook): ReactNode[] =>
  Array.from({ length: keys }, (_, at) => h(component, { key: at, at }))

const WAYS: readonly (readonly [number, string, () => Promise<void>])[] = [
  [
    MANY,
    'observe()',
    () => {
      for (let at = 0; at < keys; at++)
        observe<{ word: string }>(urlOf(at), ({ data }) => void (shown[at] = data?.word))
      return Promise.resolve()
    },
  ],
  [MANY, 'the hook for React', () => render(each(Hook))],
  [
    FEWER,
    'SWR',
    () => {
      const fetcher = async (url: string): Promise<unknown> => (await fetch(url)).json()
      const value = { ...freshlayerSwr(page.layer), fetcher, provider: () => new Map() }
      return render(h(SWRConfig, { value }, ...each(Swr)))
    },
  ],
]

describe.each(WAYS)('%d keys by %s (I13)', (count, _, begin) => {
  beforeEach(() => void (keys = count))

  /** All keys show `first`. */
  async function all(): Promise<void> {
    await begin()
    await answerAll(0, 'first')
    expect(shown).toEqual(Array.from({ length: keys }, () => 'first'))
    expect(page.asked).toHaveLength(keys)
    // Not at once after they came.
    await act(() => vi.advanceTimersByTimeAsync(10_000))
  }

  it(`reads ${CHANGED} that a burst changes once each, whatever tells of them, and no other`, async () => {
    await all()
    page.explain = (url) => ({ tags: [`item:${url.split('/').at(-1)}`] })
    await act(async () => {
      for (let at = 0; at < CHANGED; at++) {
        const about = at % 2 === 0 ? { urls: [absolute(at)] } : { tags: [`item:${at}`] }
        void page.change({ kind: 'invalidated', cause: 'write', ...about })
      }
      await vi.advanceTimersByTimeAsync(1)
    })
    expect(asked(keys).toSorted()).toEqual(Array.from({ length: CHANGED }, (_, at) => urlOf(at)).toSorted())
    await answerAll(keys, 'second')
    expect(shown.map((word) => (word === 'second' ? 1 : 0) as number).indexOf(0)).toBe(CHANGED)
    expect(shown.filter((word) => word === 'second')).toHaveLength(CHANGED)
    expect(page.asked).toHaveLength(keys + CHANGED)
  })

  it('reads what a worker says nothing of: the question was lost, as when it is stopped or replaced', async () => {
    await all()
    page.explain = (url) => {
      if (Number(url.split('/').at(-1)) >= CHANGED) return { tags: [] }
      throw new Error('no answer')
    }
    await act(async () => {
      void page.change({ kind: 'invalidated', tags: ['items'], cause: 'write' })
      await vi.advanceTimersByTimeAsync(1)
    })
    expect(asked(keys)).toHaveLength(CHANGED)
  })

  it('a late store answers late, and changes that come meanwhile are looked at after it', async () => {
    await all()
    let answer: () => void = () => undefined
    const late = new Promise<void>((resolve) => (answer = resolve))
    const explain = page.layer.explain.bind(page.layer)
    Object.assign(page.layer, { explain: (url: string) => late.then(() => explain(url)) })
    page.explain = () => ({ tags: ['items'] })
    await act(() => page.change({ kind: 'invalidated', tags: ['others'], cause: 'write' }))
    await act(() => page.change({ kind: 'invalidated', urls: [absolute(7)], cause: 'write' }))
    expect(asked(keys)).toEqual([])
    await act(async () => {
      answer()
      await vi.advanceTimersByTimeAsync(10)
    })
    expect(asked(keys)).toEqual([urlOf(7)])
  })
})

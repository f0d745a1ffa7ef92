// @vitest-environment happy-dom
import { act, createElement as h, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { beforeEach, expect, expectTypeOf, it, vi } from 'vitest'
import type { QueuedWrite } from '../../../sw/protocol.ts'
import type { OutboxEvent } from '../outbox.ts'
import { type OutboxShown, useOutbox } from './index.ts'
import { connected, followers, hydrate, pageForEachTest, place, show, text } from './page.fixture.ts'

vi.mock('../connect.ts', async () => (await import('./page.fixture.ts')).connecting)
pageForEachTest()

const write = (at: number, state: QueuedWrite['state'] = 'waiting'): QueuedWrite => ({
  place: at,
  rule: 'POST /api/sales',
  method: 'POST',
  url: 'https://app.test/api/sales',
  state,
  acceptedAtMs: 1,
  attempts: 0,
  size: 2,
})

let outbox: OutboxShown
let rendered: number
/** What the worker has. */
let kept: QueuedWrite[] | Error
let listeners: Map<string, Set<(event: unknown) => void>>
let asked: unknown[]
let isDone: boolean
/** While it is there, the worker's list waits for it. */
let held: Promise<void> | undefined

const tell = (kind: string, ...events: unknown[]): Promise<void> =>
  act(async () => {
    for (const event of events) listeners.get(kind)?.forEach((listener) => listener(event))
    await nextTask()
  })
const come = (...events: OutboxEvent[]): Promise<void> => tell('outbox', ...events)

/** The hook looks at events in the next task. */
const nextTask = async (): Promise<void> => {
  const { nextTask: next } = await import('../slices.ts')
  const turned = next()
  await vi.advanceTimersByTimeAsync(0)
  await turned
  await Promise.resolve()
}

function Shown(): ReactNode {
  rendered++
  outbox = useOutbox()
  const { waiting, needsYou, isLoading } = outbox
  return isLoading ? 'loading' : `${waiting} waiting, ${needsYou} for you;`
}

beforeEach(() => {
  rendered = 0
  kept = [write(1), write(2, 'needs-you')]
  listeners = new Map()
  asked = []
  isDone = true
  held = undefined
  const steer =
    (how: string) =>
    async (...given: unknown[]): Promise<boolean> => {
      asked.push([how, ...given])
      return isDone
    }
  connected.layer = {
    on: (kind: string, listener: (event: unknown) => void) => {
      const all = listeners.get(kind) ?? new Set()
      listeners.set(kind, all.add(listener))
      return () => void all.delete(listener)
    },
    outbox: {
      list: async () => {
        asked.push('list')
        const now = kept
        await held
        if (now instanceof Error) throw now
        return now
      },
      retry: steer('retry'),
      edit: steer('edit'),
      discard: steer('discard'),
    },
  }
})

const mount = (): Promise<void> => show(h(Shown))

it('has what waits and what needs the user', async () => {
  await mount()
  expect(text()).toBe('1 waiting, 1 for you;')
  expect(outbox.writes).toEqual(kept)
  expect(asked, 'under StrictMode').toHaveLength(1)
})

it('a component that comes later is right at its first render', async () => {
  await mount()
  const texts: string[] = []
  const before = asked.length
  const Later = (): ReactNode => {
    const { waiting, isLoading } = useOutbox()
    texts.push(isLoading ? 'loading' : `${waiting}`)
    return null
  }
  await show([h(Shown, { key: 1 }), h(Later, { key: 2 })])
  expect(new Set(texts)).toEqual(new Set(['1']))
  expect(asked, 'the first has made way for another of its kind').toHaveLength(before)
})

it('follows what happens to writes, in whatever tab', async () => {
  await mount()
  await come({ write: write(3) })
  expect(text()).toBe('2 waiting, 1 for you;')
  await come({ write: write(3, 'sending') })
  expect(outbox.writes.map(({ place: at, state }) => [at, state])).toEqual([
    [1, 'waiting'],
    [2, 'needs-you'],
    [3, 'sending'],
  ])
  await come({ write: write(3, 'sending'), end: 'sent', id: '7' }, { write: write(1, 'dead') })
  expect(text()).toBe('0 waiting, 2 for you;')
  await come({ write: write(1, 'dead'), end: 'discarded' }, { write: write(2), end: 'refused' })
  expect(text()).toBe('0 waiting, 0 for you;')
})

it('renders once for a burst, and keeps the order in which they were accepted', async () => {
  kept = []
  await mount()
  const before = rendered
  await come(...Array.from({ length: 1000 }, (_, at) => ({ write: write(1000 - at) })))
  // StrictMode renders each time twice.
  expect(rendered - before).toBe(2)
  expect(outbox.waiting).toBe(1000)
  expect(outbox.writes.map(({ place: at }) => at)).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1))
})

it('what is heard while the list is on its way is newer than the list', async () => {
  let release = (): void => undefined
  held = new Promise((resolve) => (release = resolve))
  await mount()
  expect(text()).toBe('loading')
  await come({ write: write(1), end: 'sent' }, { write: write(4) })
  expect(text(), 'some are not all').toBe('loading')
  await act(async () => release())
  expect(outbox.writes.map(({ place: at }) => at)).toEqual([2, 4])
})

it('hands on what the user decides', async () => {
  await mount()
  const { retry, edit, discard } = outbox
  expect([await retry(2), await edit(2, '{}'), await discard(2)]).toEqual([true, true, true])
  expect(asked.slice(1)).toEqual([
    ['retry', 2],
    ['edit', 2, '{}'],
    ['discard', 2],
  ])
  await come({ write: write(5) })
  expect([outbox.retry, outbox.edit, outbox.discard]).toEqual([retry, edit, discard])
})

it('looks again where a write was not as it was shown', async () => {
  await mount()
  isDone = false
  kept = [write(1)]
  await act(async () => expect(await outbox.discard(2)).toBe(false))
  expect(text()).toBe('1 waiting, 0 for you;')
})

it('forgets at a sign-out what was known of the user before', async () => {
  await mount()
  kept = []
  let release = (): void => undefined
  held = new Promise((resolve) => (release = resolve))
  await tell('change', { kind: 'removed', urls: [], tags: [], all: true, cause: 'sign-out' })
  expect(text()).toBe('loading')
  await act(async () => release())
  expect(text()).toBe('0 waiting, 0 for you;')
})

it('looks again where the page may have missed something, and not at each change', async () => {
  await mount()
  kept = [write(9)]
  await tell('change', { kind: 'changed', urls: [], tags: [], all: false, cause: 'response' })
  expect(outbox.writes).toHaveLength(2)
  await tell('change', { kind: 'reset', urls: [], tags: [], all: true, cause: 'reset' })
  expect(outbox.writes).toEqual(kept)
  kept = []
  await act(async () => void dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })))
  expect(outbox.writes).toEqual([])
})

it('where the worker does not answer, what was known stays', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  await mount()
  kept = new Error('no worker answers the list')
  await tell('change', { kind: 'reset', urls: [], tags: [], all: true, cause: 'reset' })
  expect(text()).toBe('1 waiting, 1 for you;')
  expect(warned).toHaveBeenCalledOnce()
})

it('follows the layer that is connected later', async () => {
  const { layer } = connected
  connected.layer = undefined
  await mount()
  expect(text()).toBe('0 waiting, 0 for you;')
  expect(await outbox.retry(1)).toBe(false)
  connected.layer = layer
  await act(async () => followers.forEach((follow) => follow(layer)))
  expect(text()).toBe('1 waiting, 1 for you;')
  await come({ write: write(3) })
  expect(outbox.waiting).toBe(2)
})

it('listens to nothing when it is gone, and knows anew when it is back', async () => {
  await mount()
  await show(null)
  await nextTask()
  expect([...listeners.values()].map(({ size }) => size)).toEqual([0, 0])
  const before = asked.length
  await act(async () => void dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })))
  expect(asked).toHaveLength(before)
  kept = []
  await mount()
  expect(text()).toBe('0 waiting, 0 for you;')
})

it('on a server they are not known, and the page that takes over knows them', async () => {
  place.innerHTML = renderToString(h(Shown))
  expect(text()).toBe('loading')
  await hydrate(h(Shown))
  await vi.waitFor(() => expect(text()).toBe('1 waiting, 1 for you;'))
})

it('has the types of the page client', () => {
  expectTypeOf<ReturnType<typeof useOutbox>['writes']>().toEqualTypeOf<readonly QueuedWrite[]>()
  expectTypeOf<OutboxShown['needsYou']>().toEqualTypeOf<number>()
  expectTypeOf<OutboxShown['retry']>().toEqualTypeOf<(place: number) => Promise<boolean>>()
  expectTypeOf<OutboxShown['edit']>().parameters.toEqualTypeOf<[place: number, body: string | ArrayBuffer]>()
})

// @vitest-environment happy-dom
import { act, createElement as h, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { beforeEach, expect, it, vi } from 'vitest'
import type { SyncEvent, SyncState } from '../syncing.ts'
import { type Syncing, useSync } from './index.ts'
import { connected, followers, pageForEachTest, show, text } from './page.fixture.ts'

vi.mock('../connect.ts', async () => (await import('./page.fixture.ts')).connecting)
pageForEachTest()

let syncing: Syncing
let states: SyncState[] | Error
let listeners: Map<string, Set<(event: unknown) => void>>
let asked: unknown[]

const tell = (kind: string, event: unknown): Promise<void> =>
  act(async () => listeners.get(kind)?.forEach((listener) => listener(event)))
const come = (event: SyncEvent): Promise<void> => tell('sync', event)
const IDLE: SyncState = { entity: 'products', state: 'idle', rows: 3, isLoaded: true, syncedAtMs: 1 }
const FAILED: SyncState = {
  entity: 'orders',
  state: 'error',
  rows: 0,
  isLoaded: false,
  error: { kind: 'server', remedy: 'look' },
}

function Shown(): ReactNode {
  syncing = useSync()
  return `${syncing.syncState}${syncing.isLoading ? ' loading' : ''}`
}

beforeEach(() => {
  states = [IDLE]
  asked = []
  listeners = new Map()
  const answer = async (): Promise<SyncState[]> => {
    if (states instanceof Error) throw states
    return states
  }
  connected.layer = {
    on: (kind: string, listener: (event: unknown) => void) => {
      const all = listeners.get(kind) ?? new Set()
      listeners.set(kind, all.add(listener))
      return () => void all.delete(listener)
    },
    syncState: answer,
    sync: (options: unknown) => {
      asked.push(options)
      return answer()
    },
  }
})

const mount = (): Promise<void> => show(h(Shown))

it('says how far the collections have come', async () => {
  await mount()
  expect(syncing).toMatchObject({ syncState: 'idle', isLoading: false, syncError: undefined, collections: [IDLE] })
  await come({ ...IDLE, state: 'syncing' })
  expect(syncing).toMatchObject({ syncState: 'syncing', isLoading: false })
  await come({ ...FAILED, state: 'syncing' })
  expect(syncing).toMatchObject({ syncState: 'syncing', isLoading: true })
  await come({ ...IDLE, drift: 'total' })
  await come(FAILED)
  expect(syncing).toMatchObject({ syncState: 'error', isLoading: false, syncError: FAILED.error })
  expect(syncing.collections).toEqual([FAILED, IDLE])
})

it('sync() brings them in step, and never rejects', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  await mount()
  states = [{ ...IDLE, rows: 4 }]
  await act(() => syncing.sync({ entities: ['products'] }))
  expect(asked).toEqual([{ entities: ['products'] }])
  expect(syncing.collections[0]?.rows).toBe(4)
  states = new Error('no worker answers')
  await act(() => syncing.sync())
  expect(syncing.collections[0]?.rows).toBe(4)
  expect(warned).toHaveBeenCalledOnce()
})

it('forgets at a sign-out what was known of the user before', async () => {
  await mount()
  states = []
  await tell('change', { kind: 'removed', urls: [], tags: [], all: true, cause: 'sign-out' })
  expect(syncing.collections).toEqual([])
})

it('follows the layer that is connected later', async () => {
  const { layer } = connected
  connected.layer = undefined
  await mount()
  expect(syncing.collections).toEqual([])
  connected.layer = layer
  await act(async () => followers.forEach((follow) => follow(layer)))
  expect(syncing.collections).toEqual([IDLE])
  await come({ ...IDLE, rows: 9 })
  expect(syncing.collections[0]?.rows).toBe(9)
})

it('listens to nothing when it is gone', async () => {
  await mount()
  await show(null)
  expect([...listeners.values()].map(({ size }) => size)).toEqual([0, 0])
})

it('without a layer there are none, and on a server they are not known', async () => {
  expect(renderToString(h(Shown))).toBe('idle loading')
  connected.layer = undefined
  await mount()
  expect(text()).toBe('idle')
  await act(() => syncing.sync())
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { poll } from './polling.ts'

const page = { hidden: false }
let window: EventTarget
let document: EventTarget & { hidden: boolean }
let closing: AbortController

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  window = new EventTarget()
  document = Object.assign(new EventTarget(), page)
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  closing = new AbortController()
})
afterEach(() => {
  closing.abort()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** A page whose worker says when to come back. */
function polled(answer: () => number | undefined | Promise<number>, isAll = false) {
  const asked: boolean[] = []
  const attention = {
    shown: ['/a'],
    isLost: false,
    urls: () => attention.shown,
    attend: async (_: string, isFirst = false) => {
      asked.push(isFirst)
      const nextMs = await answer()
      return nextMs === undefined ? undefined : { shown: new Map(), nextMs }
    },
    onNew: () => undefined as void,
    onBack: () => undefined as void,
  }
  poll(attention, { signal: closing.signal, isAll: () => isAll })
  return { asked, attention }
}

const show = (isShown: boolean): void => {
  document.hidden = !isShown
  document.dispatchEvent(new Event('visibilitychange'))
}

describe('a page that polls', () => {
  it('comes back when the worker says', async () => {
    const { asked } = polled(() => 30_000)
    await vi.advanceTimersByTimeAsync(95_000)
    expect(asked).toEqual([true, false, false, false])
  })

  it('comes back after a while where the worker does not answer', async () => {
    const { asked } = polled(() => undefined)
    await vi.advanceTimersByTimeAsync(31_000)
    expect(asked).toHaveLength(2)
  })

  it('comes back soon where the worker has missed one question', async () => {
    const answers = [2000, undefined, 2000]
    const { asked } = polled(() => (answers.length > 0 ? answers.shift() : Infinity))
    await vi.advanceTimersByTimeAsync(2001 + 4001)
    expect(asked).toHaveLength(3)
  })

  it('rests while nothing is polled, and asks once it shows something new', async () => {
    const { asked, attention } = polled(() => Infinity)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toHaveLength(1)
    attention.onNew()
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toHaveLength(1)
    attention.shown = ['/a', '/b']
    for (let time = 0; time < 9; time++) attention.onNew()
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toEqual([true, true])
  })

  it('rests out of sight, and asks at once when it is in sight', async () => {
    const { asked } = polled(() => 30_000)
    await vi.advanceTimersByTimeAsync(1)
    show(false)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toHaveLength(1)
    show(true)
    expect(asked).toEqual([true, false])
  })

  it('asks again when it comes into sight before it is told that nothing of it is polled out of sight', async () => {
    const answers: ((nextMs: number) => void)[] = []
    const { asked } = polled(() => new Promise((resolve) => answers.push(resolve)), true)
    answers.shift()!(30_000)
    await vi.advanceTimersByTimeAsync(1)
    show(false)
    show(true)
    expect(asked).toHaveLength(2)
    answers.shift()!(Infinity)
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toHaveLength(3)
    answers.shift()!(30_000)
    await vi.advanceTimersByTimeAsync(31_000)
    expect(asked).toHaveLength(4)
    answers.shift()!(Infinity)
  })

  it('goes on out of sight where a rule wants that', async () => {
    const { asked } = polled(() => 30_000, true)
    await vi.advanceTimersByTimeAsync(1)
    show(false)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveLength(4)
  })

  it('rests in the back-forward cache', async () => {
    const { asked } = polled(() => 30_000)
    await vi.advanceTimersByTimeAsync(1)
    window.dispatchEvent(new Event('pagehide'))
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toHaveLength(1)
    window.dispatchEvent(new Event('pageshow'))
    expect(asked).toHaveLength(2)
  })

  it('rests while the connection is lost, and asks when it is back', async () => {
    const { asked, attention } = polled(() => 30_000)
    await vi.advanceTimersByTimeAsync(1)
    attention.isLost = true
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toHaveLength(1)
    attention.isLost = false
    attention.onBack()
    expect(asked).toHaveLength(2)
  })
})

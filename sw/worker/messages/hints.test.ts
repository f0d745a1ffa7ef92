import { afterEach, describe, expect, it, vi } from 'vitest'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { hintsOf } = await import('./hints.ts')

afterEach(() => vi.useRealTimers())

/** A position in the log, as the server kit writes it into the answer of a write. */
const position = (transaction: string): string =>
  btoa(JSON.stringify([1, 'generation', 'scope', transaction, '0'])).replace(/=+$/, '')

const written = (at: string): Response => new Response(null, { headers: { 'freshlayer-position': at } })

function worker(collections?: { hinted: () => Promise<void> }) {
  const stale: string[][] = []
  const hints = hintsOf({
    urlOf: (url: string) => url,
    log: { invalidate: (targets: readonly string[]) => Promise.resolve(void stale.push([...targets])) },
    channel: { changes: () => undefined },
    collections,
  } as never)
  const hint = (tags: string[], more: { all?: boolean; transactions?: string[] } = {}) =>
    hints.answer(undefined, { ask: 'hint', tags, ...more }, 'a tab')
  return { stale, hints, hint }
}

describe('what the server says has changed', () => {
  it('is stale', async () => {
    const { stale, hint } = worker()
    await hint(['products', 'product:7'], { transactions: ['5'] })
    await hint([], { all: true })
    await hint([])
    expect(stale).toEqual([['tag products', 'tag product:7'], ['prefix ']])
  })

  it('is synced behind the answer, and the worker is held for it, however often one comes, and for a time', async () => {
    vi.useFakeTimers()
    const runs: (() => void)[] = []
    const { hint, hints } = worker({ hinted: () => new Promise((resolve) => runs.push(resolve)) })
    let isHeld = true
    await Promise.all([hint(['products']), hint(['sales'])])
    void hints.syncing.then(() => (isHeld = false))
    runs[0]?.()
    await vi.advanceTimersByTimeAsync(1)
    expect([runs.length, isHeld]).toEqual([2, true])
    runs[1]?.()
    await vi.advanceTimersByTimeAsync(1)
    expect(isHeld).toBe(false)
    await hint(['products'])
    isHeld = true
    void hints.syncing.then(() => (isHeld = false))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(isHeld, 'a sync that goes on and on').toBe(false)
  })

  it('is no news where the app itself has written it, alone', async () => {
    const { stale, hint, hints } = worker()
    hints.note(Promise.resolve(written(position('5'))), ['products'])
    await hint(['products'], { transactions: ['5'] })
    expect(stale).toEqual([])
    await hint(['products'], { transactions: ['5', '6'] })
    expect(stale).toHaveLength(1)
  })

  it('is news of the app’s own write, where that has changed more than its rule names', async () => {
    const { stale, hint, hints } = worker()
    hints.note(Promise.resolve(written(position('5'))), ['sales'])
    await hint(['sales', 'stock'], { transactions: ['5'] })
    expect(stale).toEqual([['tag stock']])
    await hint(['sales', 'stock'], { all: true, transactions: ['5'] })
    expect(stale[1]).toEqual(['prefix '])
  })

  it('is no news of what the answer of the app’s own write has named', async () => {
    const { stale, hint, hints } = worker()
    const tags = ['products']
    const answer = Promise.resolve().then(() => {
      tags.push('product:7')
      return written(position('5'))
    })
    hints.note(answer, tags)
    await hint(['products', 'product:7'], { transactions: ['5'] })
    expect(stale).toEqual([])
  })

  it('waits for the answer of a write that is under way: its news may be here first', async () => {
    const { stale, hint, hints } = worker()
    let answer: (given: Response) => void = () => undefined
    hints.note(new Promise((resolve) => (answer = resolve)), ['products'])
    const hinted = hint(['products'], { transactions: ['5'] })
    answer(written(position('5')))
    await hinted
    expect(stale).toEqual([])
  })

  it('does not wait for ever', async () => {
    vi.useFakeTimers()
    const { stale, hint, hints } = worker()
    hints.note(new Promise(() => undefined), ['products'])
    const hinted = hint(['products'], { transactions: ['5'] })
    await vi.advanceTimersByTimeAsync(2000)
    await hinted
    expect(stale).toHaveLength(1)
  })

  it.each<[string, () => Promise<Response>]>([
    ['failed', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['names no position', () => Promise.resolve(new Response())],
    ['names a position that is none', () => Promise.resolve(written('°'))],
    ['names a position of another form', () => Promise.resolve(written('e30'))],
  ])('is stale after a write that %s', async (_, answer) => {
    const { stale, hint, hints } = worker()
    hints.note(answer(), ['products'])
    await hint(['products'], { transactions: ['5'] })
    expect(stale).toHaveLength(1)
  })
})

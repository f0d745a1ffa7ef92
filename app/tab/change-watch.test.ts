import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ChangeWatch, type Watcher } from './change-watch.ts'
import { FakePage } from './page.fixture.ts'

let page: FakePage
let watch: ChangeWatch

beforeEach(() => {
  page = new FakePage()
  watch = new ChangeWatch(page.layer)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const urlOf = (at: number): string => `https://app.test/api/items/${at}`

/** Something that shows a URL, and how often it has been told to read it, and has been asked what it shows. */
function add(at: number, onDue: Watcher['onDue'] = () => undefined): { due: unknown[]; asked: () => number } {
  const due: unknown[] = []
  const urls = vi.fn(() => [urlOf(at)])
  watch.add({
    urls,
    onDue: (why) => {
      due.push(why)
      onDue(why)
    },
  })
  return { due, asked: () => urls.mock.calls.length }
}

describe('a page that shows 5,000 URLs (I13)', () => {
  it('looks at 300 changes by tag once, and is to read each URL once', async () => {
    page.explain = (url) => ({ tags: [`item:${url.split('/').at(-1)}`] })
    const shown = Array.from({ length: 5000 }, (_, at) => add(at))
    for (let at = 0; at < 300; at++)
      void page.change({ kind: 'invalidated', tags: [`item:${at % 200}`], urls: [urlOf(at)], cause: 'write' })
    await vi.waitFor(() => expect(shown.filter(({ due }) => due.length > 0)).toHaveLength(300), { timeout: 30_000 })
    expect(shown.every(({ due }) => due.length <= 1)).toBe(true)
    const asked = shown.reduce((sum, each) => sum + each.asked(), 0)
    expect(asked).toBeLessThanOrEqual(3 * 5000)
    // What was explained before the changes that name it is not known any more.
    expect(page.explained.length).toBeLessThanOrEqual(5000)
  })

  it.each<[string, (pass: (ms: number) => void) => void]>([
    ['a change of all', () => void page.change({ kind: 'reset', all: true, cause: 'reset' })],
    [
      'a user who comes back to a page without a worker after a while',
      (pass) => {
        page.set({ controlled: false })
        page.show(false)
        pass(60_000)
        page.show(true)
      },
    ],
  ])('never keeps the main thread long: %s', async (_, happen) => {
    let nowMs = 0
    let [inTask, most, all] = [0, 0, 0]
    // Each read takes a millisecond.
    const onDue = (): void => {
      nowMs++
      all++
      most = Math.max(most, ++inTask)
    }
    for (let at = 0; at < 500; at++) add(at, onDue)
    let isOver = false
    const endTask = (): void => {
      inTask = 0
      if (!isOver) setImmediate(endTask)
    }
    endTask()
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
    happen((ms) => (nowMs += ms))
    await vi.waitFor(() => expect(all).toBe(500), { timeout: 30_000 })
    isOver = true
    expect(most).toBeLessThanOrEqual(16)
  })
})

it('of several changes that are looked at together the one that counts most holds', async () => {
  const one = add(1)
  const other = add(2)
  void page.change({ kind: 'first', urls: [urlOf(1)] })
  void page.change({ kind: 'changed', urls: [urlOf(1), urlOf(2)] })
  void page.change({ kind: 'first', urls: [urlOf(2)] })
  void page.change({ kind: 'invalidated', urls: [urlOf(1)], cause: 'write' })
  await vi.waitFor(() => expect([one.due, other.due]).toEqual([['invalidated'], ['changed']]))
})

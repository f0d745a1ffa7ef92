import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Validated } from '../../protocol.ts'
import { next, URL_ASKED, type Worker, worker } from '../requests/worker.fixture.ts'

const START_MS = Date.UTC(2026, 0, 1)

let nowMs: number
beforeEach(() => {
  nowMs = START_MS
  vi.spyOn(Date, 'now').mockImplementation(() => nowMs)
})
afterEach(() => {
  vi.mocked(Date.now).mockRestore()
  vi.mocked(Math.random).mockRestore?.()
})

const outcomeOf = ({ shown: [first] }: Validated): unknown => first?.outcome
const later = (ms: number): void => void (nowMs += ms)
const POLL = { fresh: 600, pollMs: 30_000 }
const BACK_MS = 2000

/** What a page has read a minute ago, under a rule. */
async function withRead(rule: object, fields: Record<string, string> = {}): Promise<Worker> {
  const of = await worker()
  const reading = of.read(rule)
  ;(await next(of, 0)).answer(new Response('one', { headers: { etag: '"1"', ...fields } }))
  await reading
  await Promise.all(of.behind)
  later(60_000)
  return of
}

/** The origin answers its newest request. */
const answered = async (of: Worker, at: number, response = new Response(null, { status: 304 })): Promise<void> =>
  (await next(of, at)).answer(response)

/** No request has arrived beside those so many. */
async function expectRequests(of: Worker, count: number): Promise<void> {
  // A macrotask later than all that has been asked for.
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(of.arrived).toHaveLength(count)
}

describe('what a page shows', () => {
  it('is asked about on focus once it is stale, and the answer is told with its cause', async () => {
    const of = await withRead({ fresh: 30 })
    const asking = of.validate('focus', { fresh: 30 })
    const request = await next(of, 1)
    expect(request.fields.get('if-none-match')).toBe('"1"')
    request.answer(new Response('two'))
    expect(await asking).toEqual({ shown: [{ outcome: 'changed', atMs: Date.now() }], nextMs: undefined })
    expect(of.told).toContainEqual(expect.objectContaining({ kind: 'changed', cause: 'focus' }))
    const { rules } = await of.stats()
    expect(rules['items']).toMatchObject({ validations: 1, occasions: { focus: 1 } })
    expect((await of.explain()).asked).toEqual({ because: 'focus', secondsAgo: 0 })
  })

  it('is left alone on focus while it is fresh', async () => {
    const of = await withRead({ fresh: 600 })
    expect((await of.validate('focus', { fresh: 600 })).shown).toEqual([{ atMs: START_MS }])
    await expectRequests(of, 1)
  })

  it('is asked about once by twenty tabs that come into sight together, and again 5 s later', async () => {
    const of = await withRead({})
    const asking = Array.from({ length: 20 }, (_, tab) => of.validate('focus', {}, {}, `tab ${tab}`))
    await answered(of, 1)
    await Promise.all(asking)
    await expectRequests(of, 2)
    later(4999)
    await of.validate('focus')
    await expectRequests(of, 2)
    later(1)
    const again = of.validate('focus')
    await answered(of, 2)
    expect(outcomeOf(await again)).toBe('unchanged')
  })

  it('is asked about once after an invalidation, also by a tab that asks while the answer is being stored', async () => {
    const of = await withRead({ fresh: 600 })
    await of.store.log.invalidate(['tag items'], undefined)
    const first = of.validate('invalidated', { fresh: 600 })
    let end = (): void => undefined
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        stream.enqueue(new TextEncoder().encode('two'))
        end = () => stream.close()
      },
    })
    await answered(of, 1, new Response(body))
    await vi.waitFor(() => expect(body.locked).toBe(true))
    const second = of.validate('invalidated', { fresh: 600 }, {}, 'another tab')
    await expectRequests(of, 2)
    end()
    expect(outcomeOf(await first)).toBe('changed')
    expect(await second).toEqual({ shown: [{ atMs: Date.now() }], nextMs: undefined })
    await expectRequests(of, 2)
    expect(of.told.filter((each) => (each as { kind?: string }).kind === 'changed')).toHaveLength(1)
  })

  it('joins the request of a read that is on its way', async () => {
    const of = await withRead({})
    const reading = of.read()
    const request = await next(of, 1)
    const asking = of.validate('focus')
    await expectRequests(of, 2)
    request.answer(new Response(null, { status: 304 }))
    await Promise.all([reading, asking])
    expect(outcomeOf(await asking)).toBe('unchanged')
    await expectRequests(of, 2)
  })

  it('is what a read waits for that begins meanwhile, and its answer says on which occasion the origin was asked', async () => {
    const of = await withRead({})
    const asking = of.validate('poll', { ...POLL, fresh: 0 })
    const request = await next(of, 1)
    const reading = of.read({ tags: ['items'] })
    await expectRequests(of, 2)
    request.answer(new Response(null, { status: 304 }))
    expect((await reading).headers.get('cache-status')).toMatch(/collapsed; detail=poll/)
    expect(outcomeOf(await asking)).toBe('unchanged')
  })

  it('is asked about once an invalidation covers it, whatever the rule says, and that is no loop', async () => {
    const RULE = { fresh: 600, onFocus: false }
    const of = await withRead(RULE)
    const writing = of.write()
    await answered(of, 1, new Response('written'))
    await writing
    const asking = of.validate('invalidated', RULE)
    await answered(of, 2, new Response('two'))
    expect(outcomeOf(await asking)).toBe('changed')
    for (let turn = 0; turn < 5; turn++) await of.validate('invalidated', RULE)
    await expectRequests(of, 3)
  })

  it('is asked about one origin at a time no more once that does not answer', async () => {
    const of = await withRead({})
    const urls = [URL_ASKED, ...Array.from({ length: 40 }, (_, at) => `${URL_ASKED}?page=${at}`)]
    for (const [at, url] of urls.slice(1).entries()) {
      const reading = of.read({}, {}, {}, url)
      await answered(of, at + 1, new Response('x'))
      await reading
    }
    await Promise.all(of.behind)
    later(60_000)
    const before = of.arrived.length
    const asking = of.validate('focus', { timeoutMs: 50 }, { urls })
    expect(outcomeOf(await asking)).toBe('unreachable')
    expect(of.arrived.length - before).toBeLessThanOrEqual(6)
  })

  it('is read by its page where nothing is stored and the rule wants it', async () => {
    const of = await worker()
    expect(outcomeOf(await of.validate('focus'))).toBe('absent')
    expect(outcomeOf(await of.validate('focus', { onFocus: false }))).toBeUndefined()
    expect(outcomeOf(await of.validate('reconnect', { onReconnect: false }))).toBeUndefined()
    expect(outcomeOf(await of.validate('refresh', { onFocus: false }))).toBe('absent')
  })

  it('is left alone where no rule covers it', async () => {
    const of = await worker()
    for (const because of ['focus', 'poll', 'refresh'] as const)
      expect((await of.validate(because, POLL, { urls: ['https://app.test/elsewhere'] })).shown).toEqual([
        { outcome: 'no-worker' },
      ])
  })
})

describe('after a lost connection', () => {
  const RULE = { fresh: 600, stale: 600 }
  const lost = { lostAtMs: START_MS + 30_000 }

  it('what was read before it counts as stale, also for later reads', async () => {
    const of = await withRead(RULE)
    await of.validate('reconnect', RULE, { ...lost, urls: [] })
    const read = await of.read(RULE)
    expect(read.headers.get('cache-status')).toContain('hit')
    await answered(of, 1)
    await Promise.all(of.behind)
    later(1000)
    await of.read(RULE)
    await expectRequests(of, 2)
  })

  it('what is shown is asked about at once, by one of many tabs', async () => {
    const of = await withRead(RULE)
    const asking = ['one', 'two'].map((tab) => of.validate('reconnect', RULE, lost, tab))
    await answered(of, 1, new Response('two'))
    await Promise.all(asking)
    later(300)
    await of.validate('reconnect', RULE, lost, 'a third')
    await expectRequests(of, 2)
    expect(of.told).toContainEqual(expect.objectContaining({ kind: 'changed', cause: 'reconnect' }))
  })

  it('what was asked about a moment before is asked about all the same', async () => {
    const of = await withRead(RULE)
    const polling = of.validate('poll', { ...RULE, ...POLL })
    ;(await next(of, 1)).fail()
    await polling
    later(BACK_MS)
    const asking = of.validate('reconnect', RULE, lost)
    await answered(of, 2)
    expect(outcomeOf(await asking)).toBe('unchanged')
  })

  it('what was read since is fresh', async () => {
    const of = await withRead(RULE)
    await of.validate('reconnect', RULE, { lostAtMs: START_MS - 1 })
    await expectRequests(of, 1)
  })

  it('a rule with `onReconnect: false` minds nothing', async () => {
    const of = await withRead(RULE)
    await of.validate('reconnect', { ...RULE, onReconnect: false }, lost)
    await of.read({ ...RULE, onReconnect: false })
    await expectRequests(of, 1)
  })

  it('a worker that starts later knows it', async () => {
    const { fakeDatabase } = await import('../store/fake-database.fixture.ts')
    const database = (await fakeDatabase()).use
    const before = await worker({ database })
    const reading = before.read(RULE)
    await answered(before, 0, new Response('one'))
    await reading
    await Promise.all(before.behind)
    later(60_000)
    await before.validate('reconnect', RULE, { ...lost, urls: [] })
    const of = await worker({ database })
    await of.store.writer.load()
    expect(of.store.writer.lostAtMs).toBe(lost.lostAtMs)
  })
})

describe('a poll', () => {
  it('asks at the end of the interval, whatever `fresh` says, and says when to come back', async () => {
    const of = await withRead(POLL)
    const asking = of.validate('poll', POLL)
    await answered(of, 1)
    expect(await asking).toMatchObject({ shown: [{ outcome: 'unchanged' }], nextMs: 30_000 })
    expect((await of.explain()).asked).toMatchObject({ because: 'poll' })
    later(10_000)
    expect(await of.validate('poll', POLL)).toEqual({ shown: [{ atMs: Date.now() - 10_000 }], nextMs: 20_000 })
    await expectRequests(of, 2)
  })

  it('is one request for twenty tabs', async () => {
    const of = await withRead(POLL)
    const asking = Array.from({ length: 20 }, (_, tab) => of.validate('poll', POLL, {}, `tab ${tab}`))
    await answered(of, 1)
    for (const { nextMs } of await Promise.all(asking)) expect(nextMs).toBeGreaterThanOrEqual(27_000)
    await expectRequests(of, 2)
  })

  it('counts from the last answer, also one that a read has brought', async () => {
    const of = await withRead({ ...POLL, fresh: 0 })
    const reading = of.read({ ...POLL, fresh: 0 })
    await answered(of, 1)
    await reading
    await Promise.all(of.behind)
    expect(await of.validate('poll', POLL)).toMatchObject({ nextMs: 30_000 })
    await expectRequests(of, 2)
  })

  it('is slowed by errors, and back at its pace after an answer', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const of = await withRead(POLL)
    const first = of.validate('poll', POLL)
    await answered(of, 1, new Response('no', { status: 500 }))
    expect(await first).toMatchObject({ shown: [{ outcome: 'kept' }], nextMs: 60_000 })
    later(60_000)
    const second = of.validate('poll', POLL)
    ;(await next(of, 2)).fail()
    expect(await second).toMatchObject({ shown: [{ outcome: 'unreachable' }], nextMs: 120_000 })
    later(119_000)
    const third = of.validate('poll', POLL)
    await answered(of, 3)
    expect(await third).toMatchObject({ nextMs: 30_000 })
  })

  it('is at its pace again as soon as the origin has answered on another occasion', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const of = await withRead(POLL)
    const failing = of.validate('poll', POLL)
    ;(await next(of, 1)).fail()
    expect(await failing).toMatchObject({ nextMs: 60_000 })
    later(10_000)
    const back = of.validate('refresh', POLL)
    await answered(of, 2)
    expect(outcomeOf(await back)).toBe('unchanged')
    later(1000)
    expect(await of.validate('poll', POLL)).toMatchObject({ nextMs: 29_000 })
  })

  it('leaves the origin alone for as long as it wants', async () => {
    const of = await withRead(POLL)
    const first = of.validate('poll', POLL)
    await answered(of, 1, new Response('no', { status: 429, headers: { 'retry-after': '300' } }))
    expect((await first).nextMs).toBe(300_000)
    later(200_000)
    expect(await of.validate('poll', POLL)).toMatchObject({ nextMs: 100_000 })
    expect(outcomeOf(await of.validate('focus', { ...POLL, fresh: 0 }))).toBeUndefined()
    await expectRequests(of, 2)
  })

  it('of a page out of sight is of rules with `pollHidden` alone', async () => {
    const of = await withRead(POLL)
    expect(await of.validate('poll', POLL, { isHidden: true })).toMatchObject({ nextMs: undefined })
    await expectRequests(of, 1)
    const asking = of.validate('poll', { ...POLL, pollHidden: true }, { isHidden: true })
    await answered(of, 1)
    expect((await asking).nextMs).toBe(30_000)
  })

  it('of what is not stored is a read of the page, which begins one interval after its own', async () => {
    const of = await worker()
    expect(await of.validate('poll', POLL, { isFirst: true })).toEqual({ shown: [{}], nextMs: 30_000 })
    later(10_000)
    expect(await of.validate('poll', POLL)).toEqual({ shown: [{}], nextMs: 20_000 })
    later(20_000)
    expect(await of.validate('poll', POLL)).toEqual({ shown: [{ outcome: 'absent' }], nextMs: 30_000 })
    // A worker that was stopped meanwhile.
    expect(outcomeOf(await (await worker()).validate('poll', POLL))).toBe('absent')
  })

  it('goes on after a change of the user while the worker was looking', async () => {
    const of = await withRead(POLL)
    const polling = of.validate('poll', POLL)
    of.store.generations.advance('another')
    expect(await polling).toEqual({ shown: [{}], nextMs: 30_000 })
    await expectRequests(of, 1)
  })

  it('of what no rule polls is none', async () => {
    const of = await withRead({ fresh: 600 })
    expect(await of.validate('poll', { fresh: 600 })).toMatchObject({ nextMs: undefined })
    await expectRequests(of, 1)
  })

  it('of things that are due one after the other comes at most four times in an interval', async () => {
    const of = await withRead(POLL)
    const polling = of.validate('poll', POLL)
    await answered(of, 1)
    await polling
    later(26_000)
    expect((await of.validate('poll', POLL)).nextMs).toBe(7500)
  })
})

it('a page that shows 5,000 URLs has six of them asked about at once, and each once', async () => {
  const of = await worker()
  const urls = Array.from({ length: 5000 }, (_, at) => `${URL_ASKED}?id=${at}`)
  expect((await of.validate('focus', {}, { urls })).shown).toEqual(urls.map(() => ({ outcome: 'absent' })))
  const stored = urls.slice(0, 20)
  for (const [at, url] of stored.entries()) {
    const reading = of.read({}, {}, {}, url)
    await answered(of, at, new Response('x'))
    await reading
  }
  await Promise.all(of.behind)
  later(60_000)
  const asking = of.validate('focus', {}, { urls: stored })
  await vi.waitFor(() => expect(of.arrived).toHaveLength(26))
  for (let at = 20; at < 40; at++) await answered(of, at)
  expect((await asking).shown).toEqual(stored.map(() => ({ outcome: 'unchanged', atMs: Date.now() })))
  expect(of.arrived).toHaveLength(40)
})

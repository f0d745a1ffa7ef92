import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventStream } from './event-stream.ts'
import { Feed } from './feed.ts'
import type { Hint } from './hint.ts'
import type { Way } from './ladder.ts'
import { foreignMessage, ownMessage, parsedObject } from './message.ts'

beforeEach(() => void vi.useFakeTimers())
const feeds: Feed[] = []
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A request of the page, which the test answers. */
interface Asked {
  /** Without what makes it another at each request. */
  readonly url: URL
  readonly whole: string
  readonly headers: Headers
  readonly atMs: number
  readonly signal: AbortSignal
  answer(status: number, fields?: Record<string, string>): Answered
  fail(): void
}
interface Answered {
  write(text: string): void
  end(): void
  cut(): void
}

const STREAM = { 'content-type': 'text/event-stream' }
const HELLO = 'retry: 2000\nevent: hello\ndata: {"heartbeat":15}\n\n'
const hint = (tags: string[], id: string): string => `id: ${id}\nevent: hint\ndata: ${JSON.stringify({ tags })}\n\n`

interface Options {
  readonly parse?: (message: string) => readonly string[] | undefined
  readonly cursor?: string
  readonly gap?: Hint
  readonly authorization?: string
}

function listen({ parse, cursor: first, gap = { tags: [], all: true }, authorization }: Options = {}) {
  const asked: Asked[] = []
  const told: (readonly [Hint, string | undefined])[] = []
  const refused: (number | undefined)[] = []
  let cursor = first
  vi.stubGlobal(
    'fetch',
    (url: string, { headers, signal }: { headers: HeadersInit; signal: AbortSignal }) =>
      new Promise<Response>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        asked.push({
          url: new URL(url.replace(/([?&])_=\w+&?/, '$1').replace(/[?&]$/, '')),
          whole: url,
          headers: new Headers(headers),
          atMs: performance.now(),
          signal,
          fail: () => reject(new TypeError('Failed to fetch')),
          answer(status, fields = STREAM) {
            let body: ReadableStreamDefaultController<Uint8Array>
            const stream = new ReadableStream<Uint8Array>({ start: (controller) => void (body = controller) })
            signal.addEventListener('abort', () => body.error(signal.reason))
            resolve(new Response(status === 204 ? null : stream, { status, headers: fields }))
            return {
              write: (text) => body.enqueue(new TextEncoder().encode(text)),
              end: () => body.close(),
              cut: () => body.error(new TypeError('network error')),
            }
          },
        })
      }),
  )
  const stream = eventStream({
    credentials: 'same-origin',
    authorization: () => authorization,
    messageOf: (data, type, id) =>
      parse ? foreignMessage(parse, data, type) : ownMessage(type, parsedObject(data), id),
  })
  const ways: readonly Way[] = parse ? ['stream'] : ['stream', 'long-poll', 'poll']
  const feed = new Feed({
    url: 'https://app.test/events',
    ways,
    open: () => stream,
    isOwn: parse === undefined,
    cursor: () => cursor,
    forget: () => (cursor = undefined),
    told: (hint, at) => {
      told.push([hint, at])
      cursor = at ?? cursor
    },
    gap,
    refused: (status) => refused.push(status),
  })
  feeds.push(feed)
  feed.start()
  return { asked, told, refused, feed }
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** The newest request, once there are so many. */
async function request(asked: readonly Asked[], count: number): Promise<Asked> {
  for (let turn = 0; asked.length < count && turn < 4000; turn++) await pass(100)
  const found = asked[count - 1]
  if (asked.length !== count || found === undefined) throw new Error(`${asked.length} requests`)
  return found
}

describe('a page that leads', () => {
  it('asks with the app’s authorization and never in the URL, and tells what it hears', async () => {
    const { asked, told } = listen({ cursor: 'before', authorization: 'Bearer ada' })
    const first = await request(asked, 1)
    expect(first.url.href).toBe('https://app.test/events?since=before')
    expect([first.headers.get('accept'), first.headers.get('authorization')]).toEqual([
      'text/event-stream',
      'Bearer ada',
    ])
    const stream = first.answer(200)
    stream.write(HELLO + hint([], 'now'))
    stream.write(hint(['products'], 'later').slice(0, 20))
    await pass(0)
    stream.write(hint(['products'], 'later').slice(20))
    await pass(0)
    expect(told).toEqual([
      [{ tags: [], all: false }, 'now'],
      [{ tags: ['products'], all: false }, 'later'],
    ])
  })

  it('counts everything as changed where it does not know how far it has heard', async () => {
    const { asked, told } = listen()
    ;(await request(asked, 1)).answer(200).write(HELLO + hint([], 'now') + hint(['a'], 'later'))
    await pass(0)
    expect(told.map(([{ tags, all }]) => [tags, all])).toEqual([
      [[], true],
      [['a'], false],
    ])
  })

  it('comes back when the server said, and goes on from where it was', async () => {
    const { asked } = listen({ cursor: 'before' })
    const stream = (await request(asked, 1)).answer(200)
    stream.write(HELLO + hint([], 'now'))
    await pass(60_000 - 30_000)
    stream.write('retry: 700\nevent: end\ndata: {}\n\n')
    await pass(0)
    const endedMs = performance.now()
    stream.end()
    const second = await request(asked, 2)
    expect(second.url.search).toBe('?since=now')
    expect(second.atMs - endedMs).toBe(700)
  })

  it('gives a silent connection up after two and a half heartbeats, and not one that beats', async () => {
    const { asked } = listen({ cursor: 'before' })
    const first = await request(asked, 1)
    const stream = first.answer(200)
    stream.write(HELLO)
    for (let beat = 0; beat < 10; beat++) {
      await pass(15_000)
      stream.write(':\n\n')
    }
    await pass(37_000)
    expect(first.signal.aborted).toBe(false)
    await pass(600)
    expect(first.signal.aborted).toBe(true)
    await request(asked, 2)
  })

  it.each([
    ['gives no answer', () => undefined],
    ['answers and says nothing', (asked: Asked) => void asked.answer(200)],
  ])('goes on by long polling at once where a proxy %s, and comes back up', async (_, hold) => {
    const { asked, told } = listen({ cursor: 'before' })
    hold(await request(asked, 1))
    await pass(8000)
    const poll = await request(asked, 2)
    expect(poll.url.search).toBe('?since=before&poll=25')
    const answer = poll.answer(200)
    answer.write(HELLO + hint(['products'], 'now'))
    answer.end()
    await pass(0)
    expect(told.at(-1)).toEqual([{ tags: ['products'], all: false }, 'now'])
    const next = await request(asked, 3)
    expect(next.url.search).toBe('?since=now&poll=25')
    expect(next.atMs - poll.atMs).toBeGreaterThanOrEqual(1000)
    await pass(5 * 60_000)
    // That one was held back too meanwhile, so it is among the last.
    expect(asked.at(-1)?.url.searchParams.get('poll')).not.toBe('25')
  })

  it('goes on by polling where long polls are cut, and asks every half a minute or so', async () => {
    const { asked } = listen({ cursor: 'before' })
    await request(asked, 1)
    await pass(8000)
    for (const at of [2, 3, 4]) (await request(asked, at)).fail()
    for (const at of [5, 7, 8]) {
      const poll = await request(asked, at)
      expect(poll.url.searchParams.get('poll')).toBe('0')
      const answer = poll.answer(200)
      answer.write(HELLO + hint([], 'now'))
      answer.end()
      await pass(0)
      // Whether the server was away or long polls do not get through, one more of them shows.
      if (at === 5) (await request(asked, 6)).fail()
    }
    expect(asked[5]?.url.searchParams.get('poll')).toBe('25')
    const gap = (asked[7]?.atMs ?? 0) - (asked[6]?.atMs ?? 0)
    expect([gap >= 24_000, gap <= 36_000]).toEqual([true, true])
  })

  it('that finds no server comes back over as long as the server has said that all need', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999)
    const { asked } = listen({ cursor: 'before' })
    const stream = (await request(asked, 1)).answer(200)
    stream.write(HELLO + hint([], 'now'))
    await pass(0)
    stream.write('retry: 900\nevent: heartbeat\ndata: {"returns":10000}\n\n')
    await pass(0)
    stream.cut()
    const second = await request(asked, 2)
    second.fail()
    await pass(0)
    const third = await request(asked, 3)
    expect(third.atMs - second.atMs).toBeGreaterThan(19_000)
    expect(third.atMs - second.atMs).toBeLessThanOrEqual(20_100)
    vi.mocked(Math.random).mockRestore()
  })

  it('waits as long as the server asks it to', async () => {
    const { asked } = listen({ cursor: 'before' })
    const first = await request(asked, 1)
    first.answer(503, { 'retry-after': '20' })
    await pass(0)
    expect((await request(asked, 2)).atMs - first.atMs).toBeGreaterThanOrEqual(20_000)
  })

  it('waits longer and longer where it is refused, says so once, and asks at once when a user signs in', async () => {
    const { asked, refused, feed } = listen({ cursor: 'before' })
    for (const at of [1, 2, 3]) {
      ;(await request(asked, at)).answer(401)
      await pass(0)
    }
    expect(refused).toEqual([401])
    feed.restart()
    await pass(0)
    expect(asked).toHaveLength(4)
  })

  it('forgets a cursor that the server does not understand: everything counts as changed', async () => {
    const { asked, told } = listen({ cursor: 'of another server' })
    ;(await request(asked, 1)).answer(400)
    const second = await request(asked, 2)
    expect(second.url.search).toBe('')
    second.answer(200).write(HELLO + hint([], 'now'))
    await pass(0)
    expect(told[0]?.[0].all).toBe(true)
  })

  it('takes a page of a captive portal for no feed', async () => {
    const { asked, told } = listen({ cursor: 'before' })
    ;(await request(asked, 1)).answer(200, { 'content-type': 'text/html' }).write('<p>Sign in to this network')
    await request(asked, 2)
    expect(told).toEqual([])
  })

  it('asks no more once it leads no longer', async () => {
    const { asked, feed } = listen()
    const first = await request(asked, 1)
    feed.stop()
    await pass(600_000)
    expect([first.signal.aborted, asked.length]).toEqual([true, 1])
  })
})

describe('a feed of another server', () => {
  const parse = (message: string): string[] | undefined => {
    const [name = '', id = ''] = message.split(':')
    if (name === 'broken') throw new Error('broken')
    return name === 'ping' ? undefined : [name, `${name}:${id}`]
  }
  const gap = { tags: ['category'] }

  it('works unchanged: its messages become tags, and what was missed counts as changed', async () => {
    vi.stubGlobal('reportError', () => undefined)
    const { asked, told } = listen({ parse, gap })
    const first = await request(asked, 1)
    expect(first.url.search).toBe('')
    first.answer(200).write('data: category:5:updated\n\nid: 7\ndata: ping\n\ndata: broken\n\n')
    await pass(0)
    expect(told).toEqual([
      [gap, undefined],
      [{ tags: ['category', 'category:5'] }, undefined],
      [{ tags: [] }, undefined],
      [{ tags: [], all: true }, undefined],
    ])
  })

  it('is not given up for its silence, unless it used to beat', async () => {
    const { asked } = listen({ parse, gap })
    const first = await request(asked, 1)
    const stream = first.answer(200)
    await pass(3_600_000)
    expect(first.signal.aborted).toBe(false)
    stream.write(':\n\n')
    await pass(20_000)
    stream.write(':\n\n')
    await pass(49_000)
    expect(first.signal.aborted).toBe(false)
    await pass(1100)
    expect(first.signal.aborted).toBe(true)
  })

  it('is asked again and again, and never by a way that it does not have', async () => {
    const { asked } = listen({ parse, gap })
    for (let at = 1; at < 8; at++) (await request(asked, at)).fail()
    expect(asked.map(({ url }) => url.search)).toEqual(Array.from(asked, () => ''))
  })
})

describe('a server that ends each connection at once', () => {
  /** How many requests come in ten minutes, where each is answered like this. */
  async function requests(options: Options, answer: (asked: Asked) => void): Promise<readonly Asked[]> {
    const { asked } = listen(options)
    let answered = 0
    for (let second = 0; second < 6000; second++) {
      for (; answered < asked.length; answered++) answer(asked[answered]!)
      await pass(100)
    }
    return asked
  }

  it('of another make is asked less and less often: each connection makes everything stale (I11)', async () => {
    const asked = await requests({ parse: () => undefined }, ({ answer }) => answer(200).end())
    expect(asked.length).toBeLessThan(80)
    expect(asked.length).toBeGreaterThan(10)
  })

  it('and says that it meant to is not asked a thousand times a second', async () => {
    const asked = await requests({}, ({ answer }) => {
      const { write, end } = answer(200)
      write('retry: 1\nevent: hello\ndata: {"heartbeat":15}\n\nevent: end\ndata: {}\n\n')
      end()
    })
    const streams = asked.filter(({ url }) => !url.searchParams.has('poll'))
    expect(streams.length).toBeLessThan(30)
    expect(asked.length).toBeLessThan(700)
  })
})

it('no two requests have one URL: a cache on the way that keeps what it may not keep cannot answer', async () => {
  const { asked } = listen({ cursor: 'here' })
  for (let count = 1; count <= 3; count++) {
    const { write, end } = (await request(asked, count)).answer(200)
    write(HELLO)
    end()
  }
  expect(new Set(asked.map(({ whole }) => whole)).size).toBe(3)
})

it('a clock that is set back does not keep the page with a lesser way', async () => {
  const { asked } = listen()
  for (let count = 1; asked.at(-1)?.url.searchParams.has('poll') !== true; count++)
    (await request(asked, count)).answer(200, { 'content-type': 'text/html' }).end()
  vi.setSystemTime(Date.now() - 86_400_000)
  const before = asked.length
  let answered = before - 1
  for (let second = 0; second < 900; second++) {
    for (; answered < asked.length; answered++) {
      const { write, end } = asked[answered]!.answer(200)
      write(HELLO + hint([], 'a'))
      if (asked[answered]!.url.searchParams.has('poll')) end()
    }
    await pass(1000)
  }
  expect(asked.slice(before).some(({ url }) => !url.searchParams.has('poll'))).toBe(true)
})

it('a way that throws has failed, and is tried again', async () => {
  const opened = vi.fn<() => never>(() => {
    throw new SyntaxError('no URL')
  })
  const ports = {
    url: 'https://app.test/events',
    ways: ['socket'] as const,
    open: () => opened,
    isOwn: false,
    gap: { tags: [] },
  }
  const feed = new Feed({ ...ports, cursor: () => undefined, forget: vi.fn(), told: vi.fn(), refused: vi.fn() })
  feeds.push(feed)
  feed.start()
  await pass(60_000)
  expect(opened.mock.calls.length).toBeGreaterThan(2)
})

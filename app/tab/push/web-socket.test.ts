import { afterEach, describe, expect, it, vi } from 'vitest'
import type { End } from './connection.ts'
import type { Message } from './message.ts'
import { webSocket } from './web-socket.ts'

afterEach(() => vi.unstubAllGlobals())

/** A socket, of which the test says what the server does. */
class FakeSocket {
  readonly url: string
  onopen = (): void => undefined
  onmessage: (event: { data: unknown }) => void = () => undefined
  onclose = (): void => undefined

  constructor(url: string) {
    this.url = url
    sockets.push(this)
  }

  close(): void {
    this.onclose()
  }

  say(message: object): void {
    this.onmessage({ data: JSON.stringify(message) })
  }
}
const sockets: FakeSocket[] = []

function open(parse?: (message: string) => string[]) {
  vi.stubGlobal('WebSocket', FakeSocket)
  const heard: Message[] = []
  const retries: number[] = []
  const ending = new AbortController()
  const opened = vi.fn<() => void>()
  const hearing = { opened, heard: (message: Message) => heard.push(message), retry: (ms: number) => retries.push(ms) }
  const end: Promise<End> = webSocket(parse)('https://app.test/events?since=a', hearing, ending.signal)
  return { socket: sockets.at(-1)!, heard, retries, opened, end, ending }
}

describe('a WebSocket', () => {
  it('tells what a stream tells, and ends as the server meant', async () => {
    const { socket, heard, retries, opened, end } = open()
    expect(socket.url).toBe('wss://app.test/events?since=a')
    socket.onopen()
    expect(opened).toHaveBeenCalledOnce()
    socket.say({ event: 'hello', retry: 700, heartbeat: 15 })
    socket.say({ event: 'hint', cursor: 'here', tags: ['products'], transactions: ['5'] })
    socket.say({ event: 'heartbeat', retry: 900 })
    socket.onmessage({ data: new ArrayBuffer(1) })
    socket.say({ event: 'end', retry: 300 })
    socket.onclose()
    expect(heard).toEqual([
      { kind: 'hello', heartbeatMs: 15_000 },
      { kind: 'hint', hint: { tags: ['products'], all: false, transactions: ['5'] }, cursor: 'here' },
      { kind: 'sign' },
      { kind: 'sign' },
      { kind: 'sign' },
    ])
    expect(retries).toEqual([700, 900, 300])
    expect(await end).toEqual({ outcome: 'ended' })
  })

  it('tells tags of another server’s messages', () => {
    const { socket, heard } = open((message) => message.split(':').slice(0, 1))
    socket.onmessage({ data: 'category:5:updated' })
    expect(heard).toEqual([{ kind: 'hint', hint: { tags: ['category'] } }])
  })

  it.each([
    ['that never opens has failed', (socket: FakeSocket) => socket.onclose(), 'failed'],
    ['that breaks off is cut', (socket: FakeSocket) => (socket.onopen(), socket.onclose()), 'cut'],
  ])('%s', async (_, happens, outcome) => {
    const { socket, end } = open()
    happens(socket)
    expect(await end).toEqual({ outcome })
  })

  it('is closed once it is not wanted', async () => {
    const { socket, end, ending } = open()
    socket.onopen()
    ending.abort()
    expect(await end).toEqual({ outcome: 'cut' })
  })
})

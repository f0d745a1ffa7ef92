import type { PushOptions } from '../../../config/language/index.ts'
import type { Freshlayer } from '../freshlayer.ts'
import type { warn } from '../report.ts'
import { eventStream } from './event-stream.ts'
import { Feed } from './feed.ts'
import { FeedMemory } from './feed-memory.ts'
import type { Hint } from './hint.ts'
import { HintQueue } from './hint-queue.ts'
import { Leadership } from './leadership.ts'
import { foreignMessage, ownMessage, parsedObject } from './message.ts'
import { webSocket } from './web-socket.ts'

/** Handed in: this file imports nothing of the script that loads it, which a page may have loaded by another address. */
interface Ports {
  readonly layer: Pick<Freshlayer, 'on'>
  /** Of the worker. */
  readonly scope: string
  /** Default: the app's requests have none. */
  readonly authorization?: (() => string | undefined | Promise<string | undefined>) | undefined
  /** Tells the worker what has changed. */
  readonly tell: (hint: Hint) => Promise<unknown>
  readonly container: Pick<ServiceWorkerContainer, 'ready'>
  readonly signal: AbortSignal
  readonly warn: typeof warn
}

/** Has one tab in sight listen to the feed for all tabs of the browser, once there is a worker to be told. */
export async function startPush(options: PushOptions, ports: Ports): Promise<void> {
  const { url, via = 'sse', parse, covers, credentials = 'same-origin' } = options
  const { layer, scope, authorization = () => undefined, container, signal, warn: say } = ports
  await container.ready
  if (signal.aborted) return
  const { href } = new URL(url, document.baseURI)
  const memory = new FeedMemory(`${scope} ${href}`)
  const queue = new HintQueue({ tell: ports.tell, reached: (cursor) => void (memory.cursor = cursor), warn: say })
  const stream = eventStream({
    authorization,
    credentials,
    messageOf: (data, type, id) =>
      parse ? foreignMessage(parse, data, type) : ownMessage(type, parsedObject(data), id),
  })
  const socket = webSocket(parse)
  const best = via === 'websocket' ? 'socket' : 'stream'
  const feed = new Feed({
    url: href.replace(/^ws/, 'http'),
    // Another server's feed has no other ways.
    ways: parse
      ? [best]
      : via === 'websocket'
        ? ['socket', 'stream', 'long-poll', 'poll']
        : ['stream', 'long-poll', 'poll'],
    open: (way) => (way === 'socket' ? socket : stream),
    isOwn: parse === undefined,
    cursor: () => memory.cursor,
    forget: () => void (memory.cursor = undefined),
    told: (hint, cursor, spreadMs = 0) => queue.add(hint, cursor, Math.random() * spreadMs),
    gap: covers ? { tags: covers } : { tags: [], all: true },
    refused: (status) =>
      say(new Error(`the feed ${href} was refused with ${status}: nothing is heard until it is not`)),
  })
  const leadership = { name: `freshlayer push ${scope}`, memory, signal }
  new Leadership({ ...leadership, onLead: () => feed.start(), onLose: () => feed.stop() })
  // Who listens is another.
  layer.on('change', ({ cause }) => void (cause === 'sign-out' && feed.restart()))
  addEventListener('online', () => feed.restart(), { signal })
}

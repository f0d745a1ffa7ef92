import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Socket } from './connection.ts'
import type { Events } from './events.ts'

export interface WebSocketOptions {
  /** The server of Node.js that also answers the other requests. */
  readonly server: Pick<Server, 'on' | 'off'>
  /** The path that is asked for a WebSocket. Upgrades of other paths are left to others. Default: '/events'. */
  readonly path?: string
  /**
   * Makes WebSockets, as `ws` does.
   * @example new WebSocketServer({ noServer: true, maxPayload: 1024 })
   */
  readonly webSockets: UpgradeHandler
  /**
   * Origins whose pages may connect. A browser sends cookies with a WebSocket of any page, so without this any site could listen
   * as the user. Default: the origin that has the request's own `Host`.
   * @example ['https://app.example']
   */
  readonly origins?: readonly string[]
}

/** A `WebSocketServer` of `ws`. */
export interface UpgradeHandler {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (socket: Socket) => void): void
}

/** Answers upgrades to WebSockets by the feed of `events()`. Returns the way out. */
export function acceptWebSockets(events: Events, options: WebSocketOptions): () => void {
  const { server, path = '/events', webSockets } = options
  const upgrade = (message: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const request = requestOf(message)
    if (request === undefined || new URL(request.url).pathname !== path) return
    socket.on('error', () => socket.destroy())
    if (!mayConnect(message, options)) return refuse(socket, new Response(null, { status: 403 }))
    void events.socket(request).then(
      (accepted) =>
        accepted instanceof Response
          ? refuse(socket, accepted)
          : webSockets.handleUpgrade(message, socket, head, accepted),
      () => refuse(socket, new Response(null, { status: 500 })),
    )
  }
  server.on('upgrade', upgrade)
  return () => void server.off('upgrade', upgrade)
}

/** Undefined: what was sent is no URL or no set of fields. */
function requestOf({ url = '', headers }: IncomingMessage): Request | undefined {
  try {
    const fields = Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')] as [string, string]],
    )
    return new Request(new URL(url, `http://${headers.host}`), { headers: fields })
  } catch {
    return undefined
  }
}

/** A program other than a browser names no origin, and has no user’s cookies. */
function mayConnect({ headers: { origin, host } }: IncomingMessage, { origins }: WebSocketOptions): boolean {
  if (origin === undefined) return true
  if (origins !== undefined) return origins.includes(origin)
  return URL.canParse(origin) && new URL(origin).host === host
}

function refuse(socket: Duplex, { status, headers }: Response): void {
  const wait = headers.get('retry-after')
  const fields = ['connection: close', 'content-length: 0', ...(wait === null ? [] : [`retry-after: ${wait}`])]
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fields.join('\r\n')}\r\n\r\n`)
}

import type { Open } from './connection.ts'
import { foreignMessage, type Message, ownMessage, parsedObject } from './message.ts'

/** Listens by a WebSocket, which has the page's cookies and nothing else. */
export const webSocket =
  (parse: ((message: string, type: string) => readonly string[] | undefined) | undefined): Open =>
  (url, hearing, signal) =>
    new Promise((resolve) => {
      let isOpen = false
      let isOver = false
      const socket = new WebSocket(url.replace(/^http/, 'ws'))
      const close = (): void => socket.close()
      signal.addEventListener('abort', close, { once: true })
      socket.onopen = () => {
        isOpen = true
        hearing.opened()
      }
      socket.onmessage = ({ data }: MessageEvent<unknown>) => {
        // A message of bytes is none that is understood.
        if (typeof data !== 'string') return hearing.heard({ kind: 'sign' })
        if (parse !== undefined) return hearing.heard(foreignMessage(parse, data, 'message'))
        const own = parsedObject(data)
        const { event, cursor, retry } = own ?? {}
        if (event === 'end') isOver = true
        if (typeof retry === 'number') hearing.retry(retry)
        hearing.heard(messageOf(event, own, cursor))
      }
      socket.onclose = () => {
        signal.removeEventListener('abort', close)
        // A browser does not tell the status of a socket that was refused.
        resolve({ outcome: isOver ? 'ended' : isOpen ? 'cut' : 'failed' })
      }
    })

const messageOf = (event: unknown, own: Readonly<Record<string, unknown>> | undefined, cursor: unknown): Message =>
  ownMessage(typeof event === 'string' ? event : '', own, typeof cursor === 'string' ? cursor : undefined)

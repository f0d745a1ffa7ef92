import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Handler = (request: Request) => Promise<Response>

/** One answer, as it went out. */
export interface Sent {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly status: number
  readonly coding: string | undefined
  /** All that the socket was given for it, head included. */
  readonly bytes: number
  readonly bodyBytes: number
  /** All that came from the client for it, head included. */
  readonly receivedBytes: number
  readonly fields: IncomingMessage['headers']
}

/** A server of a handler's answers, which counts what goes through its sockets. */
export interface CountedServer {
  readonly url: string
  readonly sent: Sent[]
  stop(): Promise<void>
}

export async function serveCounted(handler: Handler): Promise<CountedServer> {
  const sent: Sent[] = []
  const server = createServer((request, response) => {
    const { socket } = request
    const [written, read] = [socket.bytesWritten, alreadyRead.get(socket) ?? 0]
    void answer(handler, request, response).then((bodyBytes) => {
      // One answer at a time on each connection: what was written meanwhile is this one.
      alreadyRead.set(socket, socket.bytesRead)
      sent.push({
        method: request.method ?? '',
        path: request.url ?? '',
        status: response.statusCode,
        coding: response.getHeader('content-encoding')?.toString(),
        bytes: socket.bytesWritten - written,
        bodyBytes,
        receivedBytes: socket.bytesRead - read,
        fields: request.headers,
      })
    })
  })
  const alreadyRead = new WeakMap<IncomingMessage['socket'], number>()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Gives the length of the body when all of the answer has been handed to the socket. */
async function answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<number> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  )
  const { method = 'GET', url = '/' } = request
  const isBare = method === 'GET' || method === 'HEAD'
  const given = await handler(
    new Request(`http://${request.headers.host}${url}`, {
      method,
      headers,
      ...(isBare ? {} : { body: Buffer.concat(chunks) }),
    }),
  )
  const body = Buffer.from(await given.arrayBuffer())
  response.statusCode = given.status
  response.setHeaders(given.headers)
  await new Promise<void>((resolve) => response.end(body, resolve))
  return body.byteLength
}

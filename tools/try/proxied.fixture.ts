import {
  createServer,
  type IncomingMessage,
  request,
  type RequestListener,
  type RequestOptions,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Recording } from '../recording/exchange.ts'
import type { KeptFiles } from './kept-files.ts'
import { Passing } from './passing.ts'
import { Recorder } from './recorder.ts'
import type { SessionUsers } from '../suggest/session-users.ts'

/** An origin and the proxy in front of it, on real sockets, until the test has finished. */
export interface Proxied {
  readonly origin: Server
  readonly originUrl: string
  /** Without a slash at its end. */
  readonly url: string
  readonly port: number
  readonly recording: () => Recording
  readonly notices: string[]
  /** Whether the origin was reached, at each change. */
  readonly reached: boolean[]
  readonly get: (path: string, options?: RequestOptions) => Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export async function proxied(
  handle: RequestListener,
  options: { kept?: KeptFiles; shell?: string; isTried?: boolean; users?: SessionUsers } = {},
): Promise<Proxied> {
  const origin = createServer(handle)
  const originUrl = `http://127.0.0.1:${await opened(origin)}`
  const recorder = new Recorder(originUrl)
  const notices: string[] = []
  const reached: boolean[] = []
  const passing = new Passing({
    origin: new URL(originUrl),
    recorder,
    notice: (line) => notices.push(line),
    onReach: (is) => reached.push(is),
    ...options,
  })
  const proxy = createServer((from, to) => passing.request(from, to, url))
  proxy.on('upgrade', (from, socket, head) => passing.upgrade(from, socket, { head, own: url }))
  const port = await opened(proxy)
  const url = `http://127.0.0.1:${port}`
  onTestFinished(async () => {
    passing.close()
    await closed(proxy)
  })
  return {
    origin,
    originUrl,
    url,
    port,
    recording: () => recorder.recording(),
    notices,
    reached,
    get: (path, more) => answerOf(url + path, more),
  }
}

/** The whole answer to a request. Rejects where it breaks off. */
export const answerOf = (url: string, options: RequestOptions = {}, body?: Buffer | string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })

/** Listens until the test has finished, and returns the port. */
export async function opened(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => closed(server))
  return (server.address() as AddressInfo).port
}

export const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

export const DOCUMENT = { headers: { 'sec-fetch-dest': 'document', accept: 'text/html' } }

import { randomBytes } from 'node:crypto'
import { Agent as HttpsAgent } from 'node:https'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { createProxyServer, type ProxyServer } from 'httpxy'
import { type Addresses, adjustRequest, answerFields } from './addresses.ts'
import { adjustPolicy } from './content-policy.ts'
import { decoders } from './decoding.ts'
import type { KeptFiles } from './kept-files.ts'
import { STRIP_PATH } from './own-address.ts'
import { initiatorOf, type Pending, type Recorder } from './recorder.ts'
import { Tagging } from './tagging.ts'
import { whyNot } from './target.ts'
import type { SessionUsers } from '../suggest/session-users.ts'
import { USER_FIELD } from './user-field.ts'

interface Options {
  readonly origin: URL
  readonly recorder: Recorder
  /** Says something about the app to the user, each line once. */
  readonly notice: (line: string) => void
  /** Says that the origin has gone, or is back. */
  readonly onReach: (isReached: boolean, line: string) => void
  /** The app's files for the time in which the origin is away. Default: none are kept. */
  readonly kept?: KeptFiles | undefined
  /** The path of the document that stands in for pages, where the rules name one. Default: none. */
  readonly shell?: string | undefined
  /** Whether rules are tried. Default: no, it is recorded. */
  readonly isTried?: boolean | undefined
  /** Names the user of each answer by the session's cookies. Default: they are not named. */
  readonly users?: SessionUsers | undefined
}

/** One request on its way. */
interface Passage extends Addresses {
  readonly pending: Pending
  readonly isDocument: boolean
  readonly mayBeKept: boolean
}

/** Fields about bytes that are others once the tag is among them. */
const OF_THE_BYTES = [
  'content-length',
  'content-encoding',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'accept-ranges',
]

/** Passes requests on to the origin and its answers back: everything as it is, except for what the proxy's own address makes necessary, and the tag in documents. */
export class Passing {
  readonly #options: Options
  readonly #proxy: ProxyServer<IncomingMessage, ServerResponse>
  readonly #passages = new WeakMap<IncomingMessage, Passage>()
  readonly #upgraded = new Set<Duplex>()
  #isReached = true

  constructor(options: Options) {
    this.#options = options
    const { origin } = options
    // A connection of its own for each request is quick on the same machine, and never one that the origin is about to close.
    const agent = origin.protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : false
    this.#proxy = createProxyServer({ target: origin, changeOrigin: true, selfHandleResponse: true, agent })
    // The body begins to be read when the connection has a socket: what reads along has to begin then, too.
    this.#proxy.on('proxyReq', (_, request) => this.#passages.get(request)?.pending.sends())
    this.#proxy.on('proxyRes', (answer, request, response) => this.#answer(answer, request, response))
    this.#proxy.on('error', (error, request, response) => this.#fail(error, request, response))
    this.#proxy.on('proxyReqWs', (sent, _, socket) => {
      sent.once('upgrade', (__, upgraded) => {
        // What ends in the middle ends at both sides.
        socket.once('close', () => upgraded.destroy())
        upgraded.once('close', () => socket.end())
      })
    })
  }

  /** @param own the proxy's origin as the browser has named it. */
  request(request: IncomingMessage, response: ServerResponse, own: string): void {
    const { recorder, notice, kept, shell, origin } = this.#options
    const { headers, url = '/' } = request
    const addresses = { origin: origin.origin, own }
    adjustRequest(headers, addresses)
    const isDocument = request.method === 'GET' && (initiatorOf(request) === 'document' || url === shell)
    const mayBeKept = kept?.covers(request) ?? false
    // A document's policy and its tag have the same nonce, which a 304 would change in one of them.
    if (isDocument || (mayBeKept && kept?.get(url) === undefined)) {
      delete headers['if-none-match']
      delete headers['if-modified-since']
    }
    if (headers['service-worker'] === 'script') notice(ownWorker(url))
    this.#passages.set(request, { ...addresses, pending: recorder.begin(request), isDocument, mayBeKept })
    this.#proxy.web(request, response).catch(() => undefined)
  }

  /** A websocket, or another protocol that a connection is upgraded to. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    { head, own }: { readonly head: Buffer; readonly own: string },
  ): void {
    if (!(socket instanceof Socket)) return void socket.destroy()
    adjustRequest(request.headers, { origin: this.#options.origin.origin, own })
    this.#upgraded.add(socket)
    socket.once('close', () => this.#upgraded.delete(socket))
    this.#proxy.ws(request, socket, {}, head).catch(() => undefined)
  }

  close(): void {
    for (const socket of this.#upgraded) socket.destroy()
  }

  #answer(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
    const passage = this.#passages.get(request)
    if (passage === undefined) return void response.destroy()
    this.#reached(true)
    passage.pending.answered(answer)
    const fields = answerFields(answer.headers, passage)
    const { 'set-cookie': set = [] } = answer.headers
    const { method, url: path, headers } = request
    const isOfData = /^(?:fetch|document)$/.test(initiatorOf(request))
    const exchanged = { method, path, cookie: headers.cookie, status: answer.statusCode, set, isOfData }
    const user = this.#options.users?.userOfAnswer(exchanged)
    if (user !== undefined) fields[USER_FIELD] = user
    const status = answer.statusCode ?? 502
    const steps = passage.isDocument && takesTag(answer) ? decoders(answer.headers['content-encoding']) : undefined
    if (steps === undefined) {
      const { kept } = this.#options
      // A gateway in front of an origin that is away: as if nothing had answered.
      if (passage.mayBeKept && AWAY.has(status) && this.#answerKept(request, response)) return void answer.resume()
      if (passage.mayBeKept) kept?.keep(request.url ?? '/', { source: answer, status, fields })
      response.writeHead(status, answer.statusMessage, fields)
      // The page of an event stream hears that it is open before the first event.
      response.flushHeaders()
      answer.pipe(response)
      return
    }
    const nonce = this.#adjustPolicy(fields, passage)
    for (const name of OF_THE_BYTES) delete fields[name]
    response.writeHead(status, answer.statusMessage, fields)
    response.flushHeaders()
    pipeline(
      [
        answer,
        ...steps,
        new Tagging(this.#options.isTried === true ? `${STRIP_PATH}?rules` : STRIP_PATH, nonce),
        response,
      ],
      () => undefined,
    )
  }

  /** Changes a document's policy where it has to, says so, and returns the nonce that the tag needs. */
  #adjustPolicy(fields: OutgoingHttpHeaders, addresses: Addresses): string | undefined {
    const name = 'content-security-policy'
    const field = fields[name]
    const { policy, nonce, changes } = adjustPolicy(
      field === undefined ? undefined : String(field),
      addresses,
      newNonce,
    )
    if (policy !== undefined) fields[name] = policy
    if (changes.length > 0)
      this.#options.notice(`Content-Security-Policy of documents, here alone: ${changes.join(', ')}`)
    return nonce
  }

  #fail(error: Error, request?: IncomingMessage, response?: ServerResponse | Socket): void {
    if (response === undefined || response instanceof Socket) return void response?.destroy()
    // The browser has given up.
    if (response.destroyed || response.closed) return
    if (response.headersSent) return void response.destroy()
    // The proxy begins with an origin that answers.
    const line = whyNot(this.#options.origin, error, true)
    this.#reached(false, line)
    if (request !== undefined && this.#answerKept(request, response)) return
    const fields = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
    response.writeHead(502, fields).end(`freshlayer try: ${line}\n`)
  }

  /** Answers by the file that was kept; whether there is one. */
  #answerKept({ method, url = '/' }: IncomingMessage, response: ServerResponse): boolean {
    const file = method === 'GET' ? this.#options.kept?.get(url) : undefined
    if (file === undefined) return false
    response.writeHead(200, { ...file.fields, 'content-length': file.bytes.length }).end(file.bytes)
    return true
  }

  #reached(isReached: boolean, line = ''): void {
    if (isReached === this.#isReached) return
    this.#isReached = isReached
    this.#options.onReach(isReached, line)
  }
}

const ownWorker = (url: string): string =>
  `the app has a worker of its own, ${url.split('?')[0]}, and a page has one worker: what that one answers itself does not pass here. Load the layer in it, as docs/guide/lifecycle.md says`

/** What a gateway answers for an origin that it cannot reach. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504])

const newNonce = (): string => randomBytes(16).toString('base64')

/** Whether an answer is a document in which the tag can stand. */
function takesTag({ statusCode = 0, headers }: IncomingMessage): boolean {
  const type = headers['content-type'] ?? ''
  return (
    /^text\/html\b/i.test(type) &&
    !/charset\s*=\s*"?utf-(?:16|32)/i.test(type) &&
    !/^\s*attachment/i.test(headers['content-disposition'] ?? '') &&
    statusCode >= 200 &&
    statusCode !== 204 &&
    statusCode !== 206 &&
    (statusCode < 300 || statusCode >= 400)
  )
}

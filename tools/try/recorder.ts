import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { epochMs } from '../../sw/core/units.ts'
import { withoutCredentials } from '../recording/credentials.ts'
import { withoutSecrets } from '../recording/secret-url.ts'
import type { Exchange, Initiator, RecordedBody, Recording } from '../recording/exchange.ts'
import { digestBody } from './body-digest.ts'

interface Limits {
  /** Later requests are counted, and not recorded. */
  readonly exchanges: number
  /** Of all texts together. The oldest are dropped; their digests stay. Unit: bytes. */
  readonly texts: number
}

const LIMITS: Limits = { exchanges: 50_000, texts: 64 * 1024 * 1024 }

/** So many values of fields are known again. */
const VALUES = 10_000

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * What passes the proxy, as a recording. What it holds is bounded: equal texts are held once, texts altogether up to a
 * size, and exchanges up to a number. Values of credentials are digests from the beginning.
 */
export class Recorder {
  /** How many requests the app has made. */
  requests = 0
  /** Changes whenever the recording does. */
  version = 0
  readonly #origin: string
  readonly #limits: Limits
  readonly #exchanges: Mutable<Exchange>[] = []
  readonly #texts = new Map<string, { text: string; readonly holders: Mutable<RecordedBody>[] }>()
  #textBytes = 0
  /** Values of fields, each once: browsers send the same ones with every request. */
  readonly #values = new Map<string, string>()
  /** The newest load of each document, by its address: the pages that requests name as their referrer. */
  readonly #pages = new Map<string, string>()
  #lastPage: string | undefined

  constructor(origin: string, limits: Partial<Limits> = {}) {
    this.#origin = origin
    this.#limits = { ...LIMITS, ...limits }
  }

  /** How many requests came after the last that is recorded. */
  get unrecorded(): number {
    return this.requests - this.#exchanges.length
  }

  /** What has been recorded so far. */
  recording(): Recording {
    return { origin: this.#origin, exchanges: this.#exchanges.map((exchange) => ({ ...exchange })) }
  }

  /**
   * Records a request that is about to be sent to the origin.
   *
   * @param request its fields are as the origin gets them.
   */
  begin(request: IncomingMessage): Pending {
    this.requests++
    this.version++
    if (this.#exchanges.length >= this.#limits.exchanges) return UNRECORDED
    const { headers, method = 'GET', url = '/' } = request
    const initiator = initiatorOf(request)
    const address = withoutSecrets(this.#origin + url)
    const exchange: Mutable<Exchange> = {
      method,
      url: address,
      startedAt: epochMs(Date.now()),
      initiator,
      page: this.#pageOf(initiator, address, headers.referer),
      requestHeaders: this.#fieldsOf(headers),
      status: 0,
      responseHeaders: {},
      isComplete: false,
    }
    this.#exchanges.push(exchange)
    return {
      sends: () => {
        if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return
        digestBody(request, { type: headers['content-type'], coding: headers['content-encoding'] }, (body) => {
          exchange.requestBody = this.#held(body)
        })
      },
      answered: (response) => {
        this.version++
        exchange.status = response.statusCode ?? 0
        exchange.responseHeaders = this.#fieldsOf(response.headers)
        exchange.transferred = 0
        const { 'content-type': type, 'content-encoding': coding } = response.headers
        digestBody(
          response,
          { type, coding },
          (body) => {
            this.version++
            exchange.isComplete = true
            exchange.body = this.#held(body)
          },
          (bytes) => (exchange.transferred = (exchange.transferred ?? 0) + bytes),
        )
      },
    }
  }

  /** Fields by their names in lower case, each as one text, credentials as digests. */
  #fieldsOf(headers: IncomingHttpHeaders): Record<string, string> {
    const fields: Record<string, string> = {}
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined)
        fields[name] = Array.isArray(value) ? value.join(name === 'set-cookie' ? '\n' : ', ') : value
    }
    const safe = withoutCredentials(fields)
    if (this.#values.size > VALUES) this.#values.clear()
    for (const [name, value] of Object.entries(safe)) {
      const known = this.#values.get(value)
      if (known === undefined) this.#values.set(value, value)
      else safe[name] = known
    }
    return safe
  }

  /** The page of a request: a document is one of its own, and what else it asks for names its address as the referrer. */
  #pageOf(initiator: Initiator, address: string, referrer: string | undefined): string | undefined {
    if (initiator !== 'document') return (referrer && this.#pages.get(withoutSecrets(referrer))) ?? this.#lastPage
    const page = `page ${this.#exchanges.length + 1}`
    this.#pages.set(address, page)
    this.#lastPage = page
    return page
  }

  /** A body whose text is that of an equal one before, where there was one. */
  #held(body: RecordedBody | undefined): RecordedBody | undefined {
    if (body?.text === undefined) return body
    const known = this.#texts.get(body.digest)
    const holder: Mutable<RecordedBody> = { ...body, text: known?.text ?? body.text }
    if (known !== undefined) {
      known.holders.push(holder)
      return holder
    }
    this.#texts.set(body.digest, { text: body.text, holders: [holder] })
    this.#textBytes += body.bytes
    for (const [digest, { text, holders }] of this.#texts) {
      if (this.#textBytes <= this.#limits.texts) break
      this.#textBytes -= Buffer.byteLength(text)
      for (const each of holders) delete each.text
      this.#texts.delete(digest)
    }
    return holder
  }
}

/** A request whose answer is still to come. */
export interface Pending {
  /** Call it when the request's body begins to be sent. */
  readonly sends: () => void
  /** Call it with the answer, before its body is read. */
  readonly answered: (response: IncomingMessage) => void
}

const UNRECORDED: Pending = { sends: () => undefined, answered: () => undefined }

/** What browsers say that a request is for. @see Fetch Metadata §2.1 */
const DESTINATIONS: Readonly<Record<string, Initiator>> = {
  empty: 'fetch',
  document: 'document',
  iframe: 'document',
  frame: 'document',
  script: 'script',
  worker: 'script',
  sharedworker: 'script',
  serviceworker: 'script',
  style: 'style',
  image: 'image',
  font: 'font',
}

export function initiatorOf({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): Initiator {
  const destination = headers['sec-fetch-dest']
  if (typeof destination === 'string') return DESTINATIONS[destination] ?? 'other'
  return method === 'GET' && headers.accept?.includes('text/html') ? 'document' : 'fetch'
}

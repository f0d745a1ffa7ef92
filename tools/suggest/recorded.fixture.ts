import { epochMs } from '../../sw/core/units.ts'
import { digest, withoutCredentials } from '../recording/credentials.ts'
import type { Exchange, Initiator, RecordedBody, Recording } from '../recording/exchange.ts'
import { withoutSecrets } from '../recording/secret-url.ts'

const ORIGIN = 'https://shop.example'

/** When the recordings of the tests begin: 2026-11-30T10:00:00Z. */
const BEGIN = Date.parse('2026-11-30T10:00:00Z')

/** One exchange, as a test writes it: a GET for JSON by `fetch`, unless it says otherwise. */
export interface Written {
  /** Seconds from the beginning. Default: one after the exchange before. */
  readonly at?: number
  readonly method?: string
  readonly by?: Initiator
  /** Request fields. */
  readonly asks?: Readonly<Record<string, string>>
  readonly sends?: unknown
  /** Default: 200. */
  readonly status?: number
  /** Response fields. Default: JSON. */
  readonly says?: Readonly<Record<string, string>>
  /** The body of the answer; `null`: the recorder has left it out. Default: the same for each URL. */
  readonly body?: unknown
  readonly isFromCache?: boolean
  readonly isComplete?: boolean
}

/** A recording of these exchanges, in order. A path is one of the app's own origin. */
export function recorded(...exchanges: readonly (readonly [url: string, written?: Written])[]): Recording {
  let last = -1
  return {
    origin: ORIGIN,
    exchanges: exchanges.map(([url, written = {}]) => {
      last = written.at ?? last + 1
      return exchange(url, { ...written, at: last })
    }),
  }
}

export const token = (user: string): Record<string, string> => ({ authorization: `Bearer token-of-${user}` })
export const session = (user: string): Record<string, string> => ({ cookie: `sid=session-of-${user}` })

function exchange(url: string, written: Written): Exchange {
  const {
    at = 0,
    method = 'GET',
    by = 'fetch',
    asks = {},
    sends,
    status = 200,
    says,
    body,
    isFromCache,
    isComplete = true,
  } = written
  const type =
    by === 'document'
      ? 'text/html'
      : by === 'image'
        ? 'image/png'
        : by === 'script'
          ? 'text/javascript'
          : 'application/json'
  const hasBody = status !== 304 && status !== 204 && status !== 0 && !(status >= 300 && status < 400)
  return {
    method,
    url: withoutSecrets(new URL(url, ORIGIN).href),
    startedAt: epochMs(BEGIN + at * 1000),
    initiator: by,
    requestHeaders: withoutCredentials({ accept: '*/*', ...asks }),
    ...(sends !== undefined && { requestBody: bodyOf(sends) }),
    status,
    responseHeaders: withoutCredentials({ ...(hasBody && { 'content-type': type }), ...says }),
    ...(hasBody && body !== null && { body: bodyOf(body ?? `the answer to ${url}`) }),
    ...(isFromCache !== undefined && { isFromCache }),
    isComplete,
  }
}

function bodyOf(value: unknown): RecordedBody {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return { bytes: Buffer.byteLength(text), digest: digest(text), text }
}

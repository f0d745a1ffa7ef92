import type { EpochMs } from '../../sw/core/units.ts'

/** What of an app has made a request, as far as its headers or the recording say. */
export type Initiator = 'fetch' | 'document' | 'script' | 'style' | 'image' | 'font' | 'other'

/** A body, as far as a recording keeps it. */
export interface RecordedBody {
  /** What came over the wire is `Exchange.transferred`; this is the length after decoding. Unit: bytes. */
  readonly bytes: number
  /** SHA-256 of the decoded bytes, in base64url: equal bodies have equal digests. */
  readonly digest: string
  /** The text of JSON and other readable text up to 256 kB. Default: not kept. */
  readonly text?: string | undefined
}

/** One request of an app, and the answer to it. */
export interface Exchange {
  readonly method: string
  /** Absolute, without a fragment. */
  readonly url: string
  readonly startedAt: EpochMs
  readonly initiator: Initiator
  /** The tab or page that made it, as far as it is known: exchanges of one page load share it. */
  readonly page?: string | undefined
  /** Names in lower case. The values of credentials are replaced by a digest each: equal ones have equal digests. */
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly requestBody?: RecordedBody | undefined
  /** 0 where no answer came. */
  readonly status: number
  /** Names in lower case. Several of `set-cookie` are one. */
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly body?: RecordedBody | undefined
  /** What came over the wire for the answer, as far as it is known. Unit: bytes. */
  readonly transferred?: number | undefined
  /** The browser's own cache gave the answer, without a request to the origin. Default: `false`. */
  readonly isFromCache?: boolean | undefined
  /** Whether the answer ended. A stream that was still open when the recording ended did not. */
  readonly isComplete: boolean
}

/** What an app has asked for while it was recorded, in the order of the requests. */
export interface Recording {
  /** The origin of the app's pages, such as `http://localhost:5173`. */
  readonly origin: string
  readonly exchanges: readonly Exchange[]
  /**
   * The recorder has left out `Cookie`, `Set-Cookie` and `Authorization`, surely or perhaps: it cannot be told whose an
   * answer is. Default: it has kept them.
   */
  readonly lacksCredentials?: 'surely' | 'perhaps' | undefined
}

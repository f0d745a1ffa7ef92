/** What a private HTTP cache must do, as data: the runner of a row brings the cache, the origin and the clock. */
export interface Row {
  /** Unique, kebab-case; also the row's own URL. */
  readonly id: string
  /** The rule, in the present tense. */
  readonly title: string
  /** Where the rule stands: 'RFC 9111 §4.2.1'. */
  readonly section: string
  /** 'required': a MUST. 'optimal': a SHOULD, or what a good cache does. 'choice': left open; the row pins our choice. */
  readonly binding: 'required' | 'optimal' | 'choice'
  readonly steps: readonly Step[]
  /** Rows without which this one says nothing. */
  readonly dependsOn?: readonly string[]
  /** Why we knowingly do something else than the text. */
  readonly departs?: string
  /** Where alone the row can be run. */
  readonly only?: 'browser' | 'node'
  /**
   * Below which path its URL is: 'search' is where POST and QUERY are reads, 'guessed' where the rule has a heuristic,
   * 'posted' where the answer to a POST may be stored. Default: 'rows'.
   */
  readonly under?: 'rows' | 'search' | 'guessed' | 'posted'
}

export type Step = Exchange | Pass | Together

/** The clock moves on; backwards where negative. Otherwise it stands still. */
export interface Pass {
  readonly kind: 'pass'
  readonly seconds: number
}

/**
 * Exchanges that overlap: each begins when the one before has reached the origin, or the cache where nothing is sent.
 * Replies that are `held` come last.
 */
export interface Together {
  readonly kind: 'together'
  readonly exchanges: readonly Exchange[]
}

/** One request of the page and what comes of it. */
export interface Exchange {
  readonly kind: 'exchange'
  readonly request?: PageRequest
  /** Added to the row's own URL: '?a=1', '/other'. */
  readonly path?: string
  /** What the origin answers if it is asked; several: to the first request, the second and so on. */
  readonly origin?: OriginAnswer | readonly OriginAnswer[]
  readonly expect: Expected
}

export interface PageRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cache?: RequestCache
  readonly credentials?: RequestCredentials
  readonly body?: string
}

/** 'away': the connection is cut before an answer. 'silent': there is no answer for as long as anybody waits. */
export type OriginAnswer = 'away' | 'silent' | Reply

export interface Reply {
  /** Default: 200. */
  readonly status?: number
  /** `Date` is the clock's unless given here; `Content-Length` is the body's. */
  readonly headers?: Fields
  readonly body?: string
  /** The connection is cut in the middle of the body. */
  readonly cut?: true
  /** Only in `Together`: waits until whatever else goes on has ended. */
  readonly held?: true
}

/** Text may name the row's own path, `{self}`, and the origin, `{origin}`. Several texts: lines of their own. */
export type FieldValue = string | readonly string[] | Instant

export type Fields = Readonly<Record<string, FieldValue | null>>

/** An HTTP date so many seconds from the clock's time when the reply is sent. */
export interface Instant {
  readonly inSeconds: number
  /** Default: 'imf-fixdate'. */
  readonly format?: 'imf-fixdate' | 'rfc850' | 'asctime'
}

/** What is not named is not looked at. */
export interface Expected {
  /** What reaches the origin, in order; `false`: nothing. */
  readonly sent?: false | Sent | readonly Sent[]
  /** What reaches the origin while the page has its answer already. */
  readonly behind?: Sent
  /** The page's fetch rejects. */
  readonly error?: true
  /** The body breaks off. */
  readonly cut?: true
  readonly status?: number
  readonly body?: string
  readonly headers?: ExpectedFields
  /** What our member of `Cache-Status` contains; after a `!`, what it does not. `null`: there is none. */
  readonly cacheStatus?: string | readonly string[] | null
}

export interface Sent {
  /** Default: the page's method. */
  readonly method?: string
  readonly headers?: ExpectedFields
}

/** Exact values, or a part of them; `null`: absent. */
export type ExpectedFields = Readonly<Record<string, string | Instant | { readonly contains: string } | null>>

/** The text of an instant, seen from a time in milliseconds. */
export function httpDate({ inSeconds, format = 'imf-fixdate' }: Instant, nowMs: number): string {
  const instant = new Date(nowMs + inSeconds * 1000)
  const imf = instant.toUTCString()
  if (format === 'imf-fixdate') return imf
  const [, day = '', month = '', year = '', time = ''] = imf.split(/,? /)
  if (format === 'asctime') return `${imf.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`
  const weekday = instant.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' })
  return `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`
}

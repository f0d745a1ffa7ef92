/** What worker and tabs say of what is stored, and of how the origin answers. */
import type { Occasion } from '../core/attention.ts'

/** What invalidate and remove reach. URLs and patterns may be relative to the worker's origin. */
export interface Reach {
  readonly tags?: readonly string[]
  /** Each as it is: a colon or a star is part of the URL. One without a query stands for that URL with any query. */
  readonly urls?: readonly string[]
  /** Each as in a rule, `/api/items/:id`. It reaches every URL that begins as it does before its first hole or star. */
  readonly patterns?: readonly string[]
  /** Everything there is. */
  readonly all?: boolean
}

/** The page shows these URLs: the worker validates those that its rules want to be validated on such an occasion. */
export interface Validate {
  readonly ask: 'validate'
  readonly urls: readonly string[]
  readonly because: Occasion
  /** The page is out of sight: only what is polled there as well counts. */
  readonly isHidden?: boolean
  /** Of a poll: the page has just begun to show some of the URLs, and reads them. */
  readonly isFirst?: boolean
  /** When the connection was lost that is back now: milliseconds since 1970. */
  readonly lostAtMs?: number | undefined
}

/** What came of it when the origin was last tried. */
export interface OriginState {
  readonly reachable: boolean
  /** It answers, and sends requests to another origin, as a sign-in proxy does whose session has run out. Default: no. */
  readonly signIn?: boolean
}

/** What has become of one URL that a page shows. */
export interface Shown {
  /**
   * When the origin made or last confirmed what is stored: milliseconds since 1970. Absent: nothing is stored for the page.
   */
  readonly atMs?: number
  /**
   * The origin was asked, with this outcome. 'absent': the rule wants it to be asked, and nothing is stored, so the page has
   * to read it itself. 'no-worker': no rule covers the URL. Absent: it was not asked.
   */
  readonly outcome?: Refreshed['outcome']
}

/** What has become of all that a page shows. */
export interface Validated {
  /** By the order of the URLs. Empty: no worker keeps anything. */
  readonly shown: readonly Shown[]
  /** After so many milliseconds the page asks for a poll again. Absent: none of the URLs is polled. */
  readonly nextMs?: number | undefined
}

/** Why a URL would be answered as it would be, were it read now. */
export interface Explanation {
  readonly url: string
  /**
   * The rule's name; of an unmatched URL the name of a write. Absent when no rule matches, and then the worker never
   * touches such a request.
   */
  readonly rule?: string
  readonly state: 'fresh' | 'stale' | 'offline' | 'gone' | 'absent' | 'file' | 'unmatched' | 'no-worker'
  /** One sentence, for a developer. On its way from the worker: only what decided the state, where something did. */
  readonly why: string
  /** Seconds since the origin made or last confirmed the stored answer. */
  readonly ageSeconds?: number
  /** Seconds of freshness left; negative once stale. */
  readonly ttlSeconds?: number
  readonly windows?: {
    readonly fresh: number | 'http'
    readonly stale: number | 'http'
    readonly offline: number | 'http'
  }
  readonly tags?: readonly string[]
  readonly etag?: string
  /** The stored answer's `Cache-Control`. */
  readonly cacheControl?: string
  readonly invalidated?: boolean
  /**
   * On which occasion the origin was last asked about it without a read ('poll', 'focus', …), and how many seconds ago.
   * Absent: it was not, or the worker was stopped since.
   */
  readonly asked?: { readonly because: Occasion; readonly secondsAgo: number }
  /** Why the rule did nothing for the last read of the URL; absent: it did, or the worker was stopped since. */
  readonly obstacle?: Obstacle
  /** How the config tells whose answers of the rule are; absent: all users get the same. */
  readonly identifiedBy?: readonly ('authorization' | 'identify' | 'echo')[]
}

/** What keeps a rule from doing anything. */
export interface Obstacle {
  /** A short token, the same as the `detail` of `Cache-Status`: 'no-store', 'unknown-user', … */
  readonly why: string
  /** The field of the answer that decides, as `name: value`; of a credential the name alone. */
  readonly field?: string | undefined
}

/** What asking the origin anew about a stored URL has brought. */
export interface Refreshed {
  /**
   * 'absent': nothing is stored for the URL, so there is nothing to refresh. 'kept': the origin answered with something
   * that does not replace what is stored, an error for instance; or it was not asked, for what is stored was asked for by
   * a token or a secret in a field, which no page has sent to this worker. 'unreachable': the origin is away, or has not
   * answered in the rule's timeout. If its answer comes later and changes what is stored, the tabs are told.
   */
  readonly outcome: 'changed' | 'unchanged' | 'kept' | 'absent' | 'unreachable' | 'no-worker'
}

/** Counts since the layer was installed, or since its data was last cleared. */
export interface Counts {
  /** Reads the layer answered or forwarded. */
  reads: number
  /** Reads answered from store without waiting for the network. */
  hits: number
  /** Requests sent to ask whether a stored answer holds. */
  validations: number
  /** Of those, answered 304. */
  notModified: number
  /** Requests sent without a condition: nothing was stored, or nothing that can be asked about or used. */
  misses: number
  /** Reads answered from store because the origin could not be reached. */
  standIns: number
  /** Reads that joined another's request. */
  collapsed: number
  /** Reads for which nothing was sent to the origin: fresh hits, stale ones whose origin is left alone, collapsed reads. */
  requestsSaved: number
  /** Body bytes that came from store instead of from the origin. */
  bytesSaved: number
  /** Answers for which the rule did nothing, by reason: `{ 'no-store': 3 }`. */
  obstacles: Readonly<Record<string, number>>
  /** Validations that no read has asked for, by their occasion: `{ focus: 3, poll: 20 }`. */
  occasions: Readonly<Record<string, number>>
}

export interface Stats {
  readonly total: Readonly<Counts>
  readonly rules: Readonly<Record<string, Readonly<Counts>>>
  /** How many routes the rules have. */
  readonly routes: number
  /** How many answers are stored that the asking tab may see. */
  readonly stored: number
}

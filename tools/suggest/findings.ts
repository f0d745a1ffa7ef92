import type { Seconds } from '../../sw/core/units.ts'

/** What a recording says of an app's requests. Plain data: `--json` prints it as it is. */
export interface Findings {
  readonly origin: string
  /** From the first request to the last. */
  readonly spanS: Seconds
  readonly requests: number
  /** The recorder left out credentials, so the recording does not say whose an answer is. See `Recording`. */
  readonly lacksCredentials?: 'surely' | 'perhaps' | undefined
  /** Most good answers have no body in the recording: only a tag shows whether one has changed. */
  readonly lacksBodies: boolean
  readonly credentials: CredentialFindings
  /** The reads, by pattern. Narrow patterns come first. */
  readonly routes: readonly RouteFindings[]
  readonly writes: readonly WriteFindings[]
  /** The files of the app's build, by folder. The build keeps them for offline use, so that they need no rule. */
  readonly built: readonly BuiltFindings[]
  /** Requests that sign a user in or out, or hand out tokens. */
  readonly sessions: readonly SessionFindings[]
  /** What has been asked and is no read that a rule could answer, with the reason. */
  readonly leftOut: readonly LeftOut[]
  readonly documents: DocumentFindings
}

/** How the requests for data say who asks. */
export interface CredentialFindings {
  /** Requests for data with `Authorization`. */
  readonly token: number
  /** Requests for data with no other credential than cookies. */
  readonly cookie: number
  /** Requests for data with no other credential than a field such as `X-Auth-Token`. */
  readonly field: number
  readonly none: number
  /** The cookies that probably name the user's session. */
  readonly cookies: readonly string[]
  /**
   * The server renews the cookie of the session with each answer. `lifetimeS`: the shortest time for which it was set; absent: no
   * answer says one. Absent: it does not.
   */
  readonly renewal?: { readonly lifetimeS?: Seconds | undefined } | undefined
  /** The fields that probably name the user. */
  readonly fields: readonly string[]
  /** Whether some tokens do not name their user as a JWT does: the next one may be of anybody. */
  readonly areOpaque: boolean
  /** How many users, or sessions, have been told apart, by the means that tells most of them. */
  readonly users: number
}

/** How a request says who asks. */
export type Means = 'token' | 'cookie' | 'field'

/**
 * Whose the answers of a route are. `'differs'`: the same URL gave other answers to another asker. `'same'`: several askers
 * got the same bytes. `'nobody'`: it was asked without any credential. `'unknown'`: only one user has asked.
 */
export type Whose = 'differs' | 'same' | 'nobody' | 'unknown'

/** The reads of one pattern. */
export interface RouteFindings {
  /** As in `Route.match`: `/api/products/:id`, `POST /graphql`. */
  readonly match: string
  /** Up to three URLs. A secret in them is a digest. */
  readonly examples: readonly string[]
  /** How many different URLs. */
  readonly urls: number
  readonly requests: number
  /** Answers by status; 0: none came. */
  readonly statuses: Readonly<Record<string, number>>
  /** Over the wire, as far as it is known. */
  readonly bytes: number
  readonly notModified: number
  readonly validators: {
    readonly strong: number
    readonly weak: number
    readonly lastModified: number
    readonly none: number
  }
  readonly mediaTypes: readonly string[]
  /** `Cache-Control` fields of good answers, the most frequent first. */
  readonly cacheControl: readonly string[]
  /** Why the layer could store none of its good answers, in the words of `Cache-Status`; undefined: it can store some. */
  readonly notStorable?: string | undefined
  /** The shortest lifetime that the good answers state; undefined where one states none. */
  readonly lifetimeS?: Seconds | undefined
  /** Names of cookies that its answers set. */
  readonly setsCookies: readonly string[]
  readonly asked: Readonly<Record<Means | 'none', number>>
  readonly whose: Whose
  /** The means by which the answers differ, or by which the only user was named. */
  readonly by?: Means | undefined
  /** URLs that were compared between askers. */
  readonly compared: number
  /** Names in `Vary`. */
  readonly vary: readonly string[]
  /** Answers differ by who asks, and no `Vary` says so. */
  readonly lacksVary: boolean
  /** Answers that a cache by URL alone would have given to another user. */
  readonly leaks: number
  /** 206 in this unit, which is not bytes. */
  readonly rangeUnit?: string | undefined
  /** One of its URLs gives HTML or JSON by `Accept`. */
  readonly negotiates: boolean
  /** Request fields that select another answer, and that no `Vary` names. */
  readonly keyHeaders: readonly string[]
  readonly query: QueryFindings
  readonly ofMoment: MomentFindings
  readonly repeats: RepeatFindings
  /** Media types of images, scripts and other files, asked by elements of a page. */
  readonly isFile: boolean
}

export interface QueryFindings {
  /** Parameters that do not change the answer: cache-busters and those of campaigns. */
  readonly ignored: readonly string[]
  /** Parameters that hold the day of the request: tomorrow's URL is another one. */
  readonly ofToday: readonly string[]
  /** Parameters that hold the instant of the request: no URL comes twice. */
  readonly ofNow: readonly string[]
}

/** Members of JSON bodies that hold the time of the answer or the number of the request. `repeats` leaves them out. */
interface MomentFindings {
  /** As in `RouteOptions.ignoreInDiff`. */
  readonly members: readonly string[]
  /** Repeated reads in which each of them was another one. */
  readonly pairs: number
}

/** What happened where one asker has read a URL again. */
export interface RepeatFindings {
  readonly count: number
  /** Whose answer was the same as before. */
  readonly same: number
  /** Whose answer was another one, without a write of the app in between that explains it. */
  readonly changed: number
  /** The longest time over which an answer was seen unchanged. 0: never. */
  readonly unchangedS: Seconds
  /** The shortest time within which an answer changed without a write of the app. Absent: none did. */
  readonly changedWithinS?: Seconds | undefined
}

/** Files of one folder of the build. */
export interface BuiltFindings extends RouteFindings {
  /** Each name has a hash of the content: it never changes. */
  readonly isHashed: boolean
}

/** The writes of one pattern. */
export interface WriteFindings {
  /** With its method: `POST /api/sales`. */
  readonly match: string
  readonly requests: number
  readonly statuses: Readonly<Record<string, number>>
  /** Routes that gave another answer at the next read after such a write. */
  readonly changed: readonly { readonly match: string; readonly times: number }[]
}

export interface SessionFindings {
  /** With its method. */
  readonly match: string
  readonly kind: 'sign-in' | 'sign-out' | 'token'
  readonly requests: number
  readonly why: string
}

export interface LeftOut {
  /** A pattern, with its method unless that is GET. */
  readonly match: string
  readonly requests: number
  readonly why: string
}

export interface DocumentFindings {
  /** Different paths of documents. */
  readonly paths: number
  /** A document that answers for several pages, or that has no content of its own; undefined: none was seen. */
  readonly shell?: string | undefined
  /** Why that is the shell. */
  readonly why?: string | undefined
}

import type { Budget } from '../../sw/core/budget.ts'
import type { Seconds } from '../../sw/core/units.ts'
import type { Identity } from './options.ts'
import type { Pattern, RequestPath } from './pattern.ts'

/** What of a request decides which rule it meets. */
export interface RequestLine extends RequestPath {
  /** Upper-case, as `Request.method` gives it. */
  readonly method: string
  /** With its `?`, as `URL.search` gives it; empty when there is none. */
  readonly search: string
}

/** A route, compiled: defaults and preset folded in, durations as numbers. */
export interface Rule {
  /** Its place in `routes`. */
  readonly index: number
  readonly name: string
  readonly fresh: Seconds | 'http'
  /** Counts from the end of `fresh`. */
  readonly stale: Seconds | 'http'
  /** Counts from the end of `fresh`. */
  readonly offline: Seconds | 'http'
  /** At most 2^31 - 1, so that a timer may have it. */
  readonly timeoutMs: number
  /** 0 to 5. */
  readonly retry: number
  readonly trust: 'http' | 'rule'
  readonly public: boolean
  readonly ranges: boolean
  /** Names to leave out of the key; a `*` at the end stands for any ending. See `normaliseUrl`. */
  readonly ignoreQuery: readonly string[]
  /** `'json'` or a media type, lower-case. */
  readonly expects: string | undefined
  /** Lower-case. */
  readonly keyHeaders: readonly string[]
  /** Templates, with their holes. `Match.tags` has them filled in. */
  readonly tags: readonly string[]
  readonly query: Readonly<Record<string, string | boolean>>
  readonly patterns: readonly Pattern[]
}

/** A write's entry, compiled. */
export interface WriteRule {
  readonly name: string
  /** Templates, with their holes. */
  readonly invalidates: Invalidates
  readonly session: 'sign-in' | 'sign-out' | undefined
  readonly patterns: readonly Pattern[]
}

/** What a write ends, holes filled in. Plain text all of it, so that it may be stored. */
export interface Invalidates {
  readonly tags: readonly string[]
  /** Paths of the app's own origin or full URLs. One without `?` covers every query of its path. */
  readonly urls: readonly string[]
  /** Paths or full URLs with `:name` or stars still in them. */
  readonly patterns: readonly string[]
}

/** A request the rules let us read from store, or keep. */
export interface ReadMatch {
  readonly kind: 'read'
  readonly rule: Rule
  /** Holes filled in, decoded; a value whose percent-encoding is malformed is kept as it came. */
  readonly tags: readonly string[]
}

/** A request that changes what was read. Its own URL is invalidated besides, which is the worker's to do. */
export interface WriteMatch {
  readonly kind: 'write'
  /** Of the `writes` entry, else of the route at the same path. */
  readonly name: string
  readonly invalidates: Invalidates
  /** It signs somebody in or out. */
  readonly session?: 'sign-in' | 'sign-out' | undefined
}

export type Match = ReadMatch | WriteMatch

/** The rules, compiled to plain data, so that a build can put them into a worker as they are. */
export interface Rules {
  readonly version: string
  readonly identity: Identity
  /** A path of the app's own origin. */
  readonly shell: string | undefined
  readonly navigation: {
    /** At most 2^31 - 1. */
    readonly timeoutMs: number
    /** Pages that the config says are never answered from store. The built-in denylist is not among them. */
    readonly excluded: readonly Pattern[]
    /** By which the pages of a server are kept; absent: they are not. */
    readonly pages?: Rule
  }
  /** By rule name; what has none shares in `all`. */
  readonly budget: Budget
  readonly routes: readonly Rule[]
  readonly writes: readonly WriteRule[]
  /** Absent where the config has none. */
  readonly kill?: KillRule
}

/** The remote switch, compiled. */
export interface KillRule {
  /** A path of the app's own origin. */
  readonly url: string
  /** Whether 404 and 410 kill too. */
  readonly gone: boolean
}

/** What the rules say about a request; `undefined`: do not touch it (I8). Never throws. */
export type Matcher = (request: RequestLine) => Match | undefined

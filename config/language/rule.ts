import type { Budget } from '../../sw/core/budget.ts'
import type { MemberPath } from '../../sw/core/ignored-members.ts'
import type { RetryLimits } from '../../sw/core/outbox/backoff.ts'
import type { ConflictPolicy } from '../../sw/core/outbox/conflict.ts'
import type { Idempotency } from '../../sw/core/outbox/idempotency.ts'
import type { Target } from '../../sw/core/outbox/row-change.ts'
import type { Bytes, Seconds } from '../../sw/core/units.ts'
import type { Identity, Write } from './options.ts'
import type { Pattern, RequestPath } from './pattern.ts'

/** The parts of a request that decide its rule. */
export interface RequestLine extends RequestPath {
  /** Upper-case, as `Request.method` gives it. */
  readonly method: string
  /** With its `?`, as `URL.search` gives it; empty when there is none. */
  readonly search: string
}

/** A compiled route: defaults and preset are applied, durations are numbers. */
export interface Rule {
  /** The index in `routes`. */
  readonly index: number
  readonly name: string
  readonly fresh: Seconds | 'http'
  /** Counts from the end of `fresh`. */
  readonly stale: Seconds | 'http'
  /** Counts from the end of `fresh`. */
  readonly offline: Seconds | 'http'
  /** At most 2^31 - 1, the limit of a timer. */
  readonly timeoutMs: number
  /** 0 to 5; undefined: neither the route nor `defaults` say so. See `askOrigin`. */
  readonly retry: number | undefined
  readonly trust: 'http' | 'rule'
  /** 0 to 1. Absent: nothing is guessed. See `freshnessLifetime`. */
  readonly heuristic?: number
  /** Absent: no. */
  readonly cookieVariants?: boolean
  readonly public: boolean
  readonly ranges: boolean
  /** Absent: `'validate'`. */
  readonly onReload?: 'validate' | 'rule'
  /** Absent: yes. */
  readonly onFocus?: boolean
  /** Absent: yes. */
  readonly onReconnect?: boolean
  /** Absent: never. */
  readonly pollMs?: number
  /** Absent: no. */
  readonly pollHidden?: boolean
  /** Absent: every request that matches is a read. */
  readonly reads?: 'graphql' | ((body: string) => boolean)
  /** Absent: none. */
  readonly versions?: VersionsRule
  /** Absent: no. Only static routes read it. */
  readonly race?: boolean
  /** Absent: no. */
  readonly dictionary?: boolean | 'until-sign-out'
  /** Fields by which the layer asks, beside those of the page and its own conditions. Absent: none. */
  readonly askedWith?: readonly (readonly [name: string, value: string])[]
  /** Names to leave out of the key. A `*` at the end matches any ending. See `normaliseUrl`. */
  readonly ignoreQuery: readonly string[]
  /** Absent: everything counts. */
  readonly ignoreInDiff?: readonly MemberPath[]
  /** Matches the expected media types, lower-case. */
  readonly expects: RegExp | undefined
  /** Lower-case. */
  readonly keyHeaders: readonly string[]
  /** Templates, with their holes. `Match.tags` has them filled in. */
  readonly tags: readonly string[]
  readonly query: Readonly<Record<string, string | boolean>>
  readonly patterns: readonly Pattern[]
}

/** The light endpoint of a route. Templates, with their holes. */
interface VersionsRule {
  readonly url: string
  readonly entity?: string
  readonly id?: string
}

/** A compiled entry of `writes`. */
export interface WriteRule {
  readonly name: string
  /** Templates, with their holes. */
  readonly invalidates: Invalidates
  /** Make tags of the answer, as the app has it. Absent: none does. */
  readonly ofAnswer?: readonly ((answer: unknown, params: Params) => readonly string[])[]
  readonly session: 'sign-in' | 'sign-out' | undefined
  /** Absent: no. */
  readonly stores?: boolean
  /** Absent: it fails where the origin cannot be reached. */
  readonly queue?: QueueRule
  readonly patterns: readonly Pattern[]
}

/** How a write waits for an origin that is away. */
export interface QueueRule {
  /** Absent: the path stands for it. */
  readonly entity?: string
  /** What the URL is of, by the pattern that matches: the first one decides. */
  readonly places: readonly QueuePlace[]
  /** How long the page waits for the origin's own answer. At most 2^31 - 1. */
  readonly timeoutMs: number
  /** Of the answer that a page gets in its place. */
  readonly status: 200 | 201 | 202 | 204
  readonly idMember: string
  /** The member of a row that changes whenever the row does. */
  readonly versionMember: string
  /** Absent: the backend honours no key. */
  readonly idempotency?: Idempotency
  /** Absent: nothing shows what became of a write, and the user is asked. */
  readonly witness?: WitnessRule
  readonly conflict: ConflictPolicy
  /** Where new rows are shown; false: reads do not show the write. */
  readonly optimistic:
    | 'first'
    | 'last'
    | false
    | NonNullable<Extract<Write['optimistic'], (...given: never[]) => unknown>>
  readonly coalesces: boolean
  /** It is only queued where the browser has promised not to delete it. */
  readonly needsPersistence: boolean
}

/** What a URL is of that a pattern matches. */
export interface QueuePlace {
  readonly pattern: Pattern
  readonly target: Target
  /** The parameter that is the id. Absent: there is none. */
  readonly id?: string
}

/** What shows whether a write was performed. */
interface WitnessRule {
  /** A template, with its holes. Absent: the write's own URL, if a route reads it. */
  readonly url?: string
  /** Absent: all that was sent. */
  readonly compared?: readonly string[]
  readonly afterMs: number
}

/** The entries of a write's `invalidates` by kind. All plain text, so that it can be stored. */
export interface Invalidates {
  readonly tags: readonly string[]
  /** Paths of the app's own origin or full URLs. One without `?` covers every query of its path. */
  readonly urls: readonly string[]
  /** Paths or full URLs with `:name` or stars still in them. */
  readonly patterns: readonly string[]
}

/** Parts of a path by name. */
export type Params = Readonly<Record<string, string>>

/** The rule of a request, with what its path fills in. */
interface Matched<K, R> {
  readonly kind: K
  readonly rule: R
  /** The named parts of the pattern that matched, still percent-encoded, in normal form: `{ id: '7' }`. */
  readonly params: Params
  /**
   * What a read's answer carries, or a write invalidates. Holes are filled in, decoded. A value with malformed
   * percent-encoding stays as it is.
   */
  readonly tags: readonly string[]
}

/** A request that a route matches: the worker may answer it from store and store its answer. */
export type ReadMatch = Matched<'read', Rule>

/**
 * A request that changes data. The worker also invalidates the request's own URL. A write without an entry of its own
 * has a rule with the name and the patterns of the route at its path.
 */
export type WriteMatch = Matched<'write', WriteRule>

export type Match = ReadMatch | WriteMatch

/** The compiled rules: plain data that a build can put into a worker. */
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
    /** The rule for stored pages. Absent: pages are not stored. */
    readonly pages?: Rule
  }
  /** By rule name. A rule without an entry is bounded only by `all`. */
  readonly budget: Budget
  readonly routes: readonly Rule[]
  readonly writes: readonly WriteRule[]
  /** Absent where the config has none. */
  readonly kill?: KillRule
  /** The config names a feed, so tabs send hints. Absent: it does not. */
  readonly push?: true
  /** Absent where the config has no collections. */
  readonly collections?: CollectionRules
  /** Absent where no write waits for an origin that is away. */
  readonly outbox?: OutboxRules
}

/** How queued writes are kept and sent. */
export interface OutboxRules {
  /** How many are sent at the same time. */
  readonly most: number
  readonly limits: RetryLimits
  /** When an attempt is given up. The lease is a little longer: see `leaseMs`. */
  readonly requestLimitMs: number
  /** How many may wait. */
  readonly mostWrites: number
  /** How large their bodies may be in all. */
  readonly budget: Bytes
  /** Absent: each write is a request of its own. */
  readonly batch?: BatchRule
  /** Pages with a local store hand its records over. Absent: none does. */
  readonly records?: true
  /** Answers do not say which rows are changed. Absent: they do. */
  readonly marks?: false
}

/** Where many queued writes are sent in one request. */
export interface BatchRule {
  /** A path of the app's own origin. */
  readonly url: string
  /** What the endpoint calls the entities of rules. */
  readonly entities: Readonly<Record<string, string>>
  /** How long the endpoint knows a key. */
  readonly keepsFor: Seconds
}

/** The compiled collections, and where they are kept in step. */
export interface CollectionRules {
  /** A path of the app's own origin. */
  readonly url: string
  readonly compares: boolean
  readonly overlapMs: number
  readonly all: readonly CollectionRule[]
}

/** A compiled collection. Paths of members are lists of names, from the outermost. */
export interface CollectionRule {
  /** What the endpoint calls it. */
  readonly entity: string
  /** A path of the app's own origin. */
  readonly list: string
  /** Absent: items are not answered from the rows. */
  readonly item?: Pattern
  readonly id: readonly string[]
  /** Absent: the list's JSON is the list of rows. */
  readonly items?: readonly string[]
  readonly total?: readonly string[]
  readonly version: readonly string[]
  /** Absent: the rows are in the order of their ids. */
  readonly order?: { readonly path: readonly string[]; readonly isDescending: boolean }
}

/** The compiled kill switch. */
export interface KillRule {
  /** A path of the app's own origin. */
  readonly url: string
  /** Whether 404 and 410 kill too. */
  readonly gone: boolean
}

/**
 * The match of a request; `undefined`: the worker does not handle it (I8). Never throws.
 *
 * @param asWrite the request is a write, though a route may read others like it.
 */
export type Matcher = (request: RequestLine, asWrite?: boolean) => Match | undefined

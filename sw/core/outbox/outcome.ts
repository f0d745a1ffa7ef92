import { type Fields, isAway, listed } from '../head.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { EpochMs } from '../units.ts'

/** What became of a request that sent a queued write. */
export type Given =
  /** No answer: the network failed, the time ran out, or the worker was stopped. */
  | { readonly kind: 'failure' }
  | {
      readonly kind: 'response'
      /** 0: the browser hides it. */
      readonly status: number
      readonly fields: Fields
      /**
       * Another URL has answered, and what it says is no answer to the write: see `redirectedTo`. The same path with or without a slash at its
       * end is the same URL.
       */
      readonly isRedirected: boolean
      /** A redirect has led to the answer, and that says that the write was performed. Default: none has. */
      readonly isFollowed?: boolean
    }

/** What is known of a write when its answer comes. */
export interface Sent {
  readonly method: string
  /** The request's `Accept`; undefined: it has none. */
  readonly accept: string | undefined
  /** Whether the backend honours the write's key. */
  readonly hasKey: boolean
  /** What follows an unknown outcome. See `afterUnknown`. */
  readonly unknown: Unknown
  /** The outcome of an earlier attempt is not known yet. */
  readonly wasUnsure: boolean
}

/** What follows an unknown outcome: the write is sent again, a read shows what became of it, or the user says. */
export type Unknown = 'resend' | 'witness' | 'ask'

/** Why a write is not acknowledged yet. */
type Why =
  /** No answer at all. */
  | 'failure'
  /** Something has answered, and it is not the origin: a sign-in page, a captive portal. */
  | 'no-answer'
  /** 5xx. */
  | 'server'
  /** 408, 425, 429. */
  | 'later'
  /** 409: an earlier attempt with the same key is still running. */
  | 'running'

/** What a queued write does next. */
export type Outcome =
  | { readonly kind: 'acknowledge' }
  /** @see nextTry. `isUnsure`: the origin may have performed it. */
  | { readonly kind: 'retry'; readonly why: Why; readonly floorMs: number; readonly isUnsure: boolean }
  /** It must not be sent again before it is known what the origin did. */
  | { readonly kind: 'witness' | 'ask'; readonly why: Why; readonly floorMs: number }
  /** All writes of the user wait for credentials. */
  | { readonly kind: 'pause' }
  /** The rule's conflict policy decides. */
  | { readonly kind: 'conflict'; readonly status: 409 | 412 }
  /** The origin refuses it. The body is kept, and the user is told. */
  | { readonly kind: 'dead-letter'; readonly status: number }

/**
 * What the answer to a queued write means, or the lack of one.
 *
 * ```
 *   2xx                     acknowledge, unless it is no answer of the origin; after a redirect only where `redirectedTo` says so
 *   401                     pause
 *   408, 425, 429           retry: the origin has not performed it
 *   409, 412                conflict; 409 with Retry-After and a key: retry, it is still running
 *   404, 410 to DELETE      acknowledge, if an earlier attempt may have done it
 *   other 4xx               dead-letter
 *   5xx, failure, the rest  unknown: retry, witness or ask, as the rule allows
 * ```
 *
 * @see RFC 9110 §9.2.2, §15; docs/decisions/0048-an-accepted-write-is-a-record-before-it-is-sent.md
 */
export function outcomeOf(given: Given, sent: Sent, now: EpochMs): Outcome {
  if (given.kind === 'failure') return unknown('failure', 0, sent)
  const { status, fields, isRedirected } = given
  const retryAfter = fields.get('retry-after')
  const floorMs = retryAfterMs(retryAfter, now)
  if (status >= 500) return unknown('server', floorMs, sent)
  if (isRedirected || status < 200 || status >= 300) {
    if (isRedirected || status < 400) return unknown('no-answer', floorMs, sent)
    return refused(status, retryAfter !== undefined, floorMs, sent)
  }
  return isPage(fields, sent.accept) ? unknown('no-answer', floorMs, sent) : { kind: 'acknowledge' }
}

/**
 * Whether an origin has given no answer: the network failed, something else has answered, or a gateway says that it is not there. A
 * gateway that says when to come back speaks for it.
 */
export const isNoAnswer = (given: Given, outcome: Outcome): boolean =>
  'why' in outcome &&
  (outcome.why === 'failure' ||
    outcome.why === 'no-answer' ||
    (given.kind === 'response' && isAway(given.status) && outcome.floorMs === 0))

/** The outcome of a 4xx. */
function refused(
  status: number,
  hasRetryAfter: boolean,
  floorMs: number,
  { method, hasKey, wasUnsure }: Sent,
): Outcome {
  switch (status) {
    case 401:
      return { kind: 'pause' }
    case 408:
    case 425:
    case 429:
      return { kind: 'retry', why: 'later', floorMs, isUnsure: wasUnsure }
    case 409:
      // A conflict does not end by waiting, so no backend says with it when to come back.
      if (hasKey && hasRetryAfter) return { kind: 'retry', why: 'running', floorMs, isUnsure: true }
      return { kind: 'conflict', status }
    case 412:
      return { kind: 'conflict', status }
    case 404:
    case 410:
      if (method === 'DELETE' && wasUnsure) return { kind: 'acknowledge' }
  }
  return { kind: 'dead-letter', status }
}

const unknown = (why: Why, floorMs: number, sent: Sent): Outcome =>
  sent.unknown === 'resend' ? { kind: 'retry', why, floorMs, isUnsure: true } : { kind: sent.unknown, why, floorMs }

/** An HTML page where the request did not ask for one: a sign-in page or a captive portal. */
function isPage(fields: Fields, accept: string | undefined): boolean {
  const isHtml = (type: string | undefined): boolean => /^(?:text\/html|application\/xhtml\+xml)\b/i.test(type ?? '')
  return isHtml(fields.get('content-type')) && !listed(accept).some(isHtml)
}

/**
 * What follows an unknown outcome of a write.
 *
 * A key that the backend honours, and methods that have the same effect twice as once, allow to send it again. So does a
 * precondition: it fails if the origin has performed the write. A JSON merge patch sets members to values.
 *
 * @param type its `Content-Type`.
 * @param canWitness a read can show what became of it.
 * @see RFC 9110 §9.2.2, RFC 7396
 */
export function afterUnknown(
  { method, type }: { readonly method: string; readonly type: string | undefined },
  given: { readonly hasKey: boolean; readonly hasPrecondition: boolean; readonly canWitness: boolean },
): Unknown {
  const isIdempotent = method === 'PUT' || method === 'DELETE' || (method === 'PATCH' && isMergePatch(type))
  if (given.hasKey || given.hasPrecondition || isIdempotent) return 'resend'
  return given.canWitness ? 'witness' : 'ask'
}

/** Whether a `Content-Type` is that of a JSON merge patch (RFC 7396 §4). */
export const isMergePatch = (type: string | undefined): boolean => /^application\/merge-patch\+json\b/i.test(type ?? '')

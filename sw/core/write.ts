import { type Exchange, freshnessLifetime } from './freshness.ts'
import { isAway } from './head.ts'

/** What a write invalidates: its targets and the URLs that its answer names; only its targets; nothing. */
export type Reached = 'named' | 'targets' | 'nothing'

/**
 * What the outcome of an unsafe request invalidates.
 *
 * After a network failure, a gateway's error or an opaque answer (status 0) it is unknown what the origin did. A failed
 * precondition shows that the stored answer is outdated
 * (docs/decisions/0006-writes-reach-their-url-with-any-query-and-the-routes-tags.md).
 *
 * @see RFC 9111 §4.4
 */
export function settleWrite(outcome: number | 'failure' | 'redirected'): Reached {
  if (outcome === 'redirected') return 'named'
  if (outcome === 'failure' || outcome === 0 || outcome === 412 || isAway(outcome)) return 'targets'
  return outcome >= 200 && outcome < 400 ? 'named' : 'nothing'
}

/** What decides whether the answer to a write is stored for later reads. */
interface Written extends Exchange {
  readonly method: string
  /** Absolute, without fragment. */
  readonly url: string
  readonly status: number
  /** The `Content-Location` of the answer, absolute. */
  readonly location: string | undefined
}

/**
 * Whether the answer to a write is what a later GET of its URL would bring: a 200 to POST that states a freshness, and
 * names the URL of the write as its `Content-Location`.
 *
 * @see RFC 9110 §9.3.3, §8.7
 */
export const answersReads = (written: Written): boolean =>
  written.method === 'POST' &&
  written.status === 200 &&
  written.location === written.url &&
  freshnessLifetime(written).seconds > 0

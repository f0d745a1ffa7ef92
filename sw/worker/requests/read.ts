import type { Match, Matcher, ReadMatch, Rule } from '../../../config/language/index.ts'
import type { ChangeCause } from '../../core/change.ts'
import type { RequestHead } from '../../core/head.ts'
import type { Row } from '../../core/row.ts'
import type { Repeatable, Sending } from '../../fetch/origin.ts'
import { lineOf } from '../../fetch/matching.ts'
import { worker } from '../scope.ts'

/** All that is known of one read before its answer. Made in one place, and handed on as it is. */
export interface ReadContext {
  readonly request: Request | Repeatable
  readonly head: RequestHead
  readonly rule: Rule & Sending
  readonly tags: readonly string[]
  readonly partition: string
  readonly key: string
  /** The key under which the same read would be found by another URL: `No-Vary-Search` may change which. */
  readonly keyOf: (url: string) => string
  /** Of a read that has a body. */
  readonly body: ArrayBuffer | undefined
  /** The request's `Authorization`. */
  readonly authorization: string | null
  /** Whether the identity that it is asked for lives on: for a user who has left nothing is asked (I3). */
  readonly isTheirs: () => boolean
  /** Undefined when no page asked: the worker did, by itself. */
  readonly clientId: string | undefined
  /**
   * What was sent before, by the worker's uptime, may not answer it: the user has reloaded the page since. Default: any may
   * that is still in the air.
   */
  readonly sentSinceMs?: number | undefined
  /** Keeps the worker alive for work that goes on behind the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void
}

/** A read with what is stored for it, whether or not that may answer. */
export interface Read extends ReadContext {
  readonly row: Row | undefined
  /** The row, where the store is late: the page's answer does not wait for it, and what is stored does. */
  readonly late?: Promise<Row | undefined>
  /** What tabs are told is the cause of a change. Default: the response. */
  readonly cause?: ChangeCause
  /** Pages have read it past the worker. What they read once they are told of this answer is this answer. */
  readonly isFilling?: true
}

/** The rule by which a page of this origin would read a URL, relative or not; undefined when there is none. */
export function readOf(
  match: Matcher,
  given: string,
  method = 'GET',
): (ReadMatch & { readonly href: string }) | undefined {
  const found = matchOf(match, given, method)
  return found?.kind === 'read' ? found : undefined
}

/**
 * The rule by which a stored answer is kept by now; undefined: none any more.
 *
 * @param pages the rule for stored pages.
 */
export const ruleOfRow = (match: Matcher, pages: Rule | undefined, { rule, url, request }: Row): Rule | undefined =>
  rule === pages?.name ? pages : (readOf(match, url, request.method) ?? readOf(match, url))?.rule

/** What the rules say of a page's request for a URL, relative or not; undefined when it is not touched. */
export function matchOf(
  match: Matcher,
  given: string,
  method: string,
): (Match & { readonly href: string }) | undefined {
  if (!URL.canParse(given, worker.location.origin)) return undefined
  const { href } = new URL(given, worker.location.origin)
  const found = match(lineOf({ method, url: href }))
  return found && { ...found, href }
}

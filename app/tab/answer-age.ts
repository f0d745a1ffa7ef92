/** What an answer says of its age, and of how it came about. */
export interface AnswerAge {
  /** When the origin made or last confirmed it, by the clock of this device. */
  readonly updatedAt: number
  /** It came from store past the end of its freshness. */
  readonly isStale: boolean
  /** The worker asks the origin behind this answer whether it holds. */
  readonly isBeingValidated: boolean
  /** It stands in for the origin, which could not be reached. */
  readonly isOffline: boolean
  /** Its rule has no window: what the origin has now is the only answer that may be shown. */
  readonly isOnlyNow: boolean
}

/**
 * What the fields of an answer say of its age. The worker puts `Cache-Status` and `Age` on every answer that it makes or
 * hands on, those of other origins included. An answer without them (no worker, no rule, a redirect) counts as the
 * origin's, made as long ago as its `Age` says, if the page may read that field.
 *
 * @param nowMs when the answer came.
 * @see RFC 9211 §2, RFC 9111 §5.1
 */
export function ageOf(headers: Headers, nowMs: number): AnswerAge {
  // The cache that is nearest to the page comes last.
  const [, own = ''] = /(?:^|,)\s*Freshlayer((?:\s*;[^,;]*)*)$/.exec(headers.get('cache-status') ?? '') ?? []
  const of = (name: string): string | undefined =>
    new RegExp(`;\\s*${name}(?:=([^;\\s]*))?`).exec(own)?.slice(0, 2).at(-1)
  const detail = of('detail')
  const ttl = of('ttl')
  // What was announced to the tabs a moment ago is the newest version, however short its freshness is; and a read that takes
  // what is stale (RFC 9111 §5.2.1.2) says itself how old is too old.
  const isPast = ttl !== undefined && Number(ttl) < 0 && detail !== 'announced' && detail !== 'max-stale'
  const isOffline = detail === 'offline' || detail === 'offline-before-write'
  const ageSeconds = Number(headers.get('age') ?? 0)
  return {
    updatedAt: nowMs - (ageSeconds > 0 ? ageSeconds * 1000 : 0),
    isStale: isPast || isOffline || detail === 'timeout',
    // The page has asked for what is stored, of whatever age.
    isBeingValidated: isPast && detail !== 'force-cache' && detail !== 'only-if-cached',
    isOffline,
    isOnlyNow: detail === 'network-only',
  }
}

import { type Duration, parseDuration } from '../../../config/language/duration.ts'
import { expectArgument } from '../arguments.ts'
import { warn } from '../report.ts'

/**
 * The request directive for an answer of at most that age, whatever the rule says: a stored one serves as long as it is
 * younger, also past its freshness.
 *
 * @throws TypeError where it is no duration.
 * @see RFC 9111 §5.2.1.1, §5.2.1.2
 */
export function directiveOf(fresh: Duration): string {
  const age = parseDuration(fresh)
  expectArgument(age !== 'invalid', 'useSyncedQuery', "{ fresh } as '30s', '2m', '1h', 0 or 'forever'")
  return age === Infinity ? 'max-stale' : `max-age=${Math.floor(Number(age))}, max-stale`
}

/** The field with the directive. Another origin would have to allow the field, so it is not sent there. */
export function fieldOf(url: string, directive: string): Readonly<Record<string, string>> {
  if (new URL(url, document.baseURI).origin === location.origin) return { 'cache-control': directive }
  warn(`\`fresh\` of useSyncedQuery() is for URLs of the page’s own origin, and ${url} is of another: its rule decides`)
  return {}
}

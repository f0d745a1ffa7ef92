import { type Matcher, normaliseUrl } from '../../../config/language/index.ts'
import { standing } from '../../core/timeline.ts'
import { now } from '../clock.ts'
import { readOf } from '../requests/read.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { Answerer } from './answering.ts'
import { type Looking, rowsFor } from './rows-for.ts'

interface Ports extends Looking {
  readonly match: Matcher
  readonly log: Pick<InvalidationLog, 'isInvalidated'>
}

/** Why a URL would be answered as it would be, were it read now. */
export const explain: Answerer<'explain', Ports> = async (ports, { url: given }, clientId) => {
  const match = readOf(ports.match, given)
  if (match === undefined) {
    return { url: given, state: 'unmatched', why: '' }
  }
  const { rule, tags } = match
  const url = ports.urlOf(normaliseUrl(match.href, rule))
  const base = {
    url,
    rule: rule.name,
    windows: { fresh: rule.fresh, stale: rule.stale, offline: rule.offline },
    tags,
  }
  const [row] = await rowsFor(ports, url, clientId)
  if (row === undefined) {
    return { ...base, state: 'absent', why: '' }
  }
  const invalidated = ports.log.isInvalidated(row)
  const { state, age, ttl, why } = standing(row, rule, invalidated, now())
  const etag = row.fields.get('etag')
  return {
    ...base,
    state,
    why,
    ageSeconds: age,
    ttlSeconds: ttl,
    invalidated,
    ...(etag === undefined ? {} : { etag }),
  }
}

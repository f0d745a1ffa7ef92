import { type IdentifiedBy, type Matcher, normaliseUrl } from '../../../config/language/index.ts'
import { withTags } from '../../core/invalidation.ts'
import { standing } from '../../core/timeline.ts'
import { secondsBetween } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import type { Precache } from '../lifecycle/precache.ts'
import type { Obstacles } from '../requests/obstacles.ts'
import { lossOf } from '../requests/plan-read.ts'
import { matchOf, readOf } from '../requests/read.ts'
import { worker } from '../scope.ts'
import type { Attention } from '../requests/attention.ts'
import type { Writer } from '../store/writer.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { Answerer } from './answering.ts'
import { type Looking, rowsFor } from './rows-for.ts'

interface Ports extends Looking {
  readonly match: Matcher
  readonly log: Pick<InvalidationLog, 'isInvalidated'>
  readonly obstacles: Pick<Obstacles, 'of'>
  readonly files: Pick<Precache, 'match'> | undefined
  readonly identifiedBy: IdentifiedBy['by']
  readonly writer: Pick<Writer, 'lostAtMs'>
  readonly attention: Pick<Attention, 'lastOf'>
}

/** The methods by which a rule may cover a URL that none reads. */
const WRITING = ['POST', 'PUT', 'PATCH', 'DELETE']

/** Why a URL would be answered as it would be, were it read now. */
export const explain: Answerer<'explain', Ports> = async (ports, { url: given }, clientId) => {
  const { match: rules, identity, obstacles, files, identifiedBy } = ports
  const match = readOf(rules, given) ?? readOf(rules, given, 'POST') ?? readOf(rules, given, 'QUERY')
  if (match === undefined) {
    const home = worker.location.origin
    const { origin, pathname, search } = new URL(URL.canParse(given, home) ? given : home, home)
    if (await files?.match(origin + pathname + search)) return { url: given, state: 'file', why: '' }
    const write = WRITING.map((method) => matchOf(rules, given, method)).find((found) => found !== undefined)
    const unmatched = { url: given, state: 'unmatched' } as const
    return write === undefined ? { ...unmatched, why: '' } : { ...unmatched, rule: write.rule.name, why: 'only writes' }
  }
  const { rule, tags } = match
  const url = ports.urlOf(normaliseUrl(match.href, rule))
  const obstacle = obstacles.of([clientId, ...(await identity.partitionsOf(clientId))], url)
  const base = {
    url,
    rule: rule.name,
    windows: { fresh: rule.fresh, stale: rule.stale, offline: rule.offline },
    tags,
    ...(obstacle && { obstacle }),
    ...(identifiedBy.length > 0 && !rule.public && { identifiedBy }),
  }
  // Where the disk fails, that is the obstacle.
  const [found] = await rowsFor(ports, url, clientId).catch(() => [])
  if (found === undefined) {
    return { ...base, state: 'absent', why: '' }
  }
  const row = withTags(found, tags)
  const invalidated = ports.log.isInvalidated(row)
  const { state, age, ttl, why } = standing(row, rule, invalidated, now(), lossOf(ports.writer, rule))
  const asked = ports.attention.lastOf(row.key)
  const etag = row.fields.get('etag')
  const cacheControl = row.fields.get('cache-control')
  return {
    ...base,
    // Those of its rule, and the groups that its fields name.
    tags: row.tags,
    state,
    why,
    ageSeconds: age,
    ttlSeconds: ttl,
    invalidated,
    ...(asked && { asked: { because: asked.because, secondsAgo: secondsBetween(asked.atMs, now()) } }),
    ...(etag === undefined ? {} : { etag }),
    ...(cacheControl === undefined ? {} : { cacheControl }),
  }
}

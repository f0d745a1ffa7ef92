import { type CollectionRules, type Matcher, normaliseUrl, type Rules } from '../../../config/language/index.ts'
import { EVERYONE } from '../../core/key.ts'
import type { Sequence } from '../../core/sequence.ts'
import type { Channel } from '../channel.ts'
import type { Identity } from '../identity/identity.ts'
import type { Answerers } from '../messages/answering.ts'
import { report } from '../report.ts'
import type { PageLoads } from '../requests/page-loads.ts'
import type { ReadContext } from '../requests/read.ts'
import { syncStats } from '../messages/sync-stats.ts'
import type { Reachability } from '../requests/reachability.ts'
import { readOf } from '../requests/read.ts'
import type { Statistics } from '../statistics.ts'
import type { UseStore } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import type { Explanation, SyncState } from '../../protocol.ts'
import { CollectionAnswers, type ShownRows } from './answers.ts'
import { caughtUp } from './caught-up.ts'
import { CollectionStore } from './collection-store.ts'
import { eachPlace, eraseLeftovers } from './erase.ts'
import { carries } from './hinted.ts'
import { listUrl, namedBy } from './named.ts'
import { shapeOf } from './shape.ts'
import { OwnWrites } from './own-writes.ts'
import type { Of } from './records.ts'
import { Runs } from './runs.ts'
import { type Asking, type Validating, validating } from './validating.ts'

interface Ports extends Pick<Store, 'writer' | 'log' | 'generations'> {
  readonly match: Matcher
  readonly channel: Channel
  readonly identity: Identity
  readonly identifiedBy: readonly string[]
  readonly reachability: Pick<Reachability, 'reached' | 'missed' | 'forget' | 'state'>
  readonly loads: PageLoads
  readonly statistics: Statistics
}

/** What a worker has whose rules have collections. */
export interface Collections {
  /** The answer to a page's read. @param rest answers as without a collection. */
  readonly answer: (read: ReadContext, rest: () => Promise<Response | undefined>) => Promise<Response | undefined>
  /** The rows of the last user, where the origin is away and does not say who asks; undefined: they may not answer. */
  readonly standIn: (read: ReadContext, why: string) => Promise<Response | undefined>
  /** Looks at the answer to a write of this app, where it is to a list or an item. */
  readonly noteWrite: (request: Request, response: Response, waitUntil: (work: Promise<unknown>) => void) => void
  /** What rows have to do with the answer to a URL; undefined: nothing. */
  readonly explained: (url: string, clientId: string) => Promise<Partial<Explanation> | undefined>
  /** What a page shows of rows that answer a URL; undefined: none does. */
  readonly shown: (url: string, clientId: string) => Promise<ShownRows | undefined>
  /** Validates what a page shows. */
  readonly validating: (asking: Asking) => Validating
  /**
   * Brings the client's collections up to date, in the background, whose list or item has one of these tags. What was not
   * loaded before is not loaded.
   *
   * @param tags undefined: anything may have changed.
   */
  readonly hinted: (tags: readonly string[] | undefined, clientId: string) => Promise<void>
  /** Erases what was removed or replaced. */
  readonly erase: () => Promise<void>
  /** No rows that answer, or may answer soon, are older than this: invalidations of before it are of no more use to them. */
  readonly oldest: () => Promise<Sequence>
  readonly answerers: Answerers<unknown>
}

/**
 * Keeps lists and their items row by row, and in step with the origin by `/sync`. Part of a worker whose rules have
 * `collections`.
 *
 * @param use the object store of collections.
 * @see docs/decisions/0041-a-collection-is-rows-and-a-cursor.md
 */
export function collectionsOf(
  rules: CollectionRules,
  ports: Ports,
  use: UseStore,
  budget: Rules['budget'],
): Collections {
  const { all } = rules
  const shapes = new Map(all.map((rule) => [rule.entity, shapeOf(rules, rule, ports.match)]))
  const collections = new CollectionStore(use, shapes)
  const ownWrites = new OwnWrites()
  const runs = new Runs({ ...ports, collections, rules, ownWrites, mostSize: budget.all })
  const answers = new CollectionAnswers({ ...ports, collections, all, runs })

  /** The collections of a client's user, as far as they are asked for. */
  const askedFor = async (clientId: string, entities: readonly string[] | undefined) => {
    const partitions = await ports.identity.partitionsOf(clientId)
    return all
      .filter(({ entity }) => entities?.includes(entity) ?? true)
      .flatMap((rule) => {
        const isPublic = readOf(ports.match, listUrl(rule))?.rule.public === true || ports.identifiedBy.length === 0
        const owners = isPublic ? [EVERYONE] : partitions.filter((each) => each !== EVERYONE)
        return owners.map((partition) => ({ rule, partition, of: { partition, entity: rule.entity } satisfies Of }))
      })
  }
  const states = async (clientId: string, entities?: readonly string[]): Promise<SyncState[]> =>
    Promise.all((await askedFor(clientId, entities)).map(({ of }) => runs.state(of)))

  /** What the first of the partitions says in which a client may find a URL. */
  const first = async <T>(
    given: string,
    clientId: string,
    ask: (subject: Parameters<CollectionAnswers['explained']>[0]) => Promise<T | undefined>,
  ): Promise<T | undefined> => {
    const found = readOf(ports.match, given)
    if (found === undefined) return undefined
    const { rule, tags, href } = found
    for (const partition of rule.public ? [EVERYONE] : await ports.identity.partitionsOf(clientId)) {
      const said = await ask({ url: normaliseUrl(href, rule), rule, tags, partition })
      if (said !== undefined) return said
    }
    return undefined
  }

  const shown: Collections['shown'] = (url, clientId) =>
    first(url, clientId, (subject) => answers.shown(subject, clientId))

  return {
    answer: (read, rest) => answers.answer(read, rest),
    standIn: (read, why) => answers.standIn(read, why),
    noteWrite: (request, response, waitUntil) => {
      const named = namedBy(all, request.url.replace(/[?#].*$/s, ''))
      if (named === undefined || !response.ok || response.type === 'opaqueredirect') return
      // What the tabs were not told of by the write itself is news when it comes back. A write that has no answer yet tells
      // them later than this.
      const list = listUrl(named.rule)
      const { memory } = ports.log
      if (memory.covering({ url: list, tags: readOf(ports.match, list)?.tags ?? [] }) < memory.newest) return
      waitUntil(ownWrites.note(named, request, response))
    },
    explained: (url, clientId) => first(url, clientId, (subject) => answers.explained(subject)),
    shown,
    validating: (asking) => validating(asking, shown),
    hinted: async (tags, clientId) => {
      const work = (await askedFor(clientId, undefined)).map(async ({ rule, partition, of }) => {
        if (tags !== undefined && !carries(ports.match, rule, tags)) return
        const head = await collections.head(of)
        if (head === undefined || runs.isRemoved(of, head)) return
        // Hints of one moment have one run: it begins after what they have invalidated.
        const since = ports.log.memory.covering({ url: listUrl(rule), tags: tags ?? [] })
        let owed: Promise<unknown> | undefined
        await runs.run({ rule, partition, clientId, since, waitUntil: (work) => void (owed = work) })
        await owed
      })
      await Promise.all(work)
    },
    erase: () =>
      eraseLeftovers(use, {
        isKept: (of, head) => collections.isOfRules(of, head) && !runs.isRemoved(of, head),
      }).catch((error: unknown) => {
        report('what was removed of collections is not deleted yet', error)
        throw error
      }),
    oldest: async () => {
      // First: a head that is made meanwhile is of a run that is in the air by now, or begins after this.
      let oldest = await ports.writer.write((transaction) => ports.writer.oldestInAir(transaction))
      await eachPlace(use, async (of) => {
        const head = await collections.head(of)
        const at = head && (head.live === undefined ? head.born : head.confirmedAt)
        if (at !== undefined && at < oldest) oldest = at
      })
      return oldest
    },
    answerers: {
      sync: async (_, { entities, full = false }, clientId) => {
        const asked = await askedFor(clientId, entities)
        await Promise.all(
          asked.map(({ rule, partition }) => runs.run({ rule, partition, full, clientId, isWish: true })),
        )
        return states(clientId, entities)
      },
      'caught-up': async (_, { position, entities, limitMs }, clientId) => {
        const asked = await askedFor(clientId, entities)
        const reached = await Promise.all(
          asked.map(({ rule, partition, of }) =>
            caughtUp(
              { position, limitMs },
              () => collections.head(of),
              // The page waits for it, and rests by itself.
              () => runs.run({ rule, partition, clientId, isWish: true }),
            ),
          ),
        )
        return reached.every(Boolean)
      },
      'sync-state': (_, __, clientId) => states(clientId),
      'sync-counts': () => collections.count({}),
      'sync-stats': async (_, __, clientId) =>
        syncStats({ pending: undefined, kept: await states(clientId), reachability: ports.reachability, entities: [] }),
    },
  }
}

import { fillPlaces, type WriteMatch } from '../../../config/language/index.ts'
import type { Target } from '../../core/invalidation.ts'
import { settleWrite } from '../../core/write.ts'
import { forwardedAnswer } from './answer.ts'
import { settleWithin } from '../settle-within.ts'
import type { Channel } from '../channel.ts'
import { ANNOUNCE_LIMIT_MS, STORE_LIMIT_MS, timeout } from '../clock.ts'
import { fieldsOf } from './describe.ts'
import { dirtyFlag } from '../store/dirty-flag.ts'
import type { Identity } from '../identity/identity.ts'
import { forgetAll, isCleared } from './forget.ts'
import { applyIdentitySignals } from '../identity/identity-signals.ts'
import { report } from '../report.ts'
import type { Erasure } from '../store/erasure.ts'
import type { Generations } from '../store/generations.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { UrlOf } from './read.ts'
import type { Sessions } from '../identity/sessions.ts'
import type { Structured } from './structured.ts'
import { invalidation, named, targetsOf } from './targets.ts'

/** Other workers look at the disk again. */
const WRITE = { say: 'write' } as const

interface Ports {
  readonly log: InvalidationLog
  readonly erasure: Erasure
  readonly generations: Generations
  readonly channel: Channel
  readonly identity: Identity
  readonly sessions: Sessions
  readonly structured: Structured | undefined
  readonly urlOf: UrlOf
}

/** Passes writes through, and makes sure that no read that begins after the answer is older than it (I1). */
export class Writes {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** The origin's answer to a write. Rejects as the network did: the outcome is unknown then and counts as written. */
  async answer(
    request: Request,
    match: WriteMatch,
    clientId: string,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Response> {
    const { log, channel, identity, sessions, structured, urlOf } = this.#ports
    const { rule, params, tags } = match
    const { urls, patterns } = fillPlaces(rule.invalidates, params)
    // A write may show up in any query of its own URL.
    const own = request.url.replace(/[?#].*$/s, '')
    const targets = targetsOf(urlOf, patterns, tags, [own, ...urls])
    const announced = log.announce({ method: request.method, url: request.url, clientId, targets })
    // Whose it is by its own token is known before what becomes of it.
    const [whose, isAnnounced, endSession] = await Promise.all([
      identity.knownOf(request, clientId),
      timeout(ANNOUNCE_LIMIT_MS, announced.durable, false),
      sessions.begin(rule.session),
    ])
    // Its end is told only once it is on disk, which may be after the page knows.
    channel.announce(WRITE)
    const end = async (reached: readonly Target[]): Promise<void> => {
      const change = reached.length > 0 ? invalidation(reached, 'write') : undefined
      const ending = log.end(announced, reached, change)
      const kept = ending
        .then(({ written }) => written)
        .then(
          (logged) => {
            channel.changes([logged])
            return true
          },
          (error: unknown) => {
            report('a write could not be recorded; what it touched comes from the network', error)
            return false
          },
        )
      waitUntil(kept)
      await ending.catch(() => undefined)
      // On disk the announcement stands for the outcome; without either the next worker has to be warned.
      if (isAnnounced || reached.length === 0 || (await timeout(STORE_LIMIT_MS, kept, false))) return
      await settleWithin(dirtyFlag.set())
    }
    let response: Response
    try {
      response = await fetch(request)
    } catch (error) {
      await end(targets)
      await settleWithin(endSession(true, clientId))
      throw error
    }
    const { status } = response
    const fields = fieldsOf(response.headers)
    const outcome = settleWrite(response.type === 'opaqueredirect' ? 'redirected' : status)
    const reached = outcome === 'nothing' ? [] : targets
    const others = outcome === 'named' ? targetsOf(urlOf, [], [], named(response, request.url)) : []
    const groups = structured?.groups(fields, 'cache-group-invalidation', new URL(request.url).origin) ?? []
    await end([...reached, ...others, ...targetsOf(urlOf, [], groups)])
    const follow = async (): Promise<void> => {
      if (isCleared(fields)) await forgetAll(this.#ports)
      // A user who asks to be signed out is, whatever the origin answers.
      await endSession(outcome !== 'nothing' || rule.session === 'sign-out', clientId)
      if (rule.session !== undefined) return
      if (whose === undefined) identity.learn(clientId, fields)
      else await applyIdentitySignals(this.#ports, { partition: whose, clientId }, { status, fields }, false)
    }
    await settleWithin(follow())
    return forwardedAnswer(response, { fwd: 'method', 'fwd-status': status })
  }
}

import { fillPlaces, type WriteMatch } from '../../../config/language/index.ts'
import type { Target } from '../../core/invalidation.ts'
import { settleWrite } from '../../core/write.ts'
import { forwardedAnswer } from '../../fetch/answer.ts'
import { settleWithin } from '../settle-within.ts'
import type { Channel } from '../channel.ts'
import { ANNOUNCE_LIMIT_MS, STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import { fieldsOf, isCleared } from '../../fetch/describe.ts'
import type { Identities } from '../identity/identity.ts'
import { forgetAll } from './forget.ts'
import { report } from '../report.ts'
import type { Erasure } from '../store/erasure.ts'
import { type Generations, UNKNOWN_USER } from '../store/generations.ts'
import type { InvalidationLog } from '../store/invalidation-log.ts'
import type { Writer } from '../store/writer.ts'
import type { PostAnswers } from './post-answers.ts'
import type { Sending } from '../../fetch/origin.ts'
import type { UrlOf } from '../../fetch/targets.ts'
import type { tagsOfAnswer } from '../../fetch/answer-tags.ts'
import type { Structured } from './structured.ts'
import { named, targetsOf } from '../../fetch/targets.ts'
import { invalidation } from '../store/invalidation-change.ts'

interface Ports {
  readonly writer: Pick<Writer, 'dirtyFlag'>
  readonly log: InvalidationLog
  readonly erasure: Erasure
  readonly generations: Generations
  readonly channel: Channel
  readonly identity: Identities['identity']
  readonly sessions: Identities['sessions']
  readonly applySignals: Identities['applySignals']
  readonly structured: Structured | undefined
  readonly urlOf: UrlOf
  readonly postAnswers: PostAnswers | undefined
  /** Undefined: no rule makes tags of an answer. */
  readonly tagsOfAnswer: typeof tagsOfAnswer | undefined
}

/** Passes writes through, and makes sure that no read that begins after the answer is older than it (I1). */
export class Writes {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /**
   * The origin's answer to a write. Rejects as the network did: the outcome is unknown then and counts as written.
   *
   * @param ended gets the tags that the answer gives beside those of the rule, before it is there. Default: they are not told.
   */
  async answer(
    request: Request,
    match: WriteMatch,
    clientId: string,
    waitUntil: (work: Promise<unknown>) => void,
    ended: string[] = [],
  ): Promise<Response> {
    const { writer, log, channel, identity, sessions, applySignals, structured, urlOf } = this.#ports
    const { rule, params, tags } = match
    const { send = fetch }: typeof rule & Sending = rule
    const isSameSession = this.#ports.generations.watch(UNKNOWN_USER)
    const { urls, patterns } = fillPlaces(rule.invalidates, params)
    // A write may show up in any query of its own URL.
    const own = request.url.replace(/[?#].*$/s, '')
    const targets = targetsOf(urlOf, patterns, tags, [own, ...urls])
    const announced = log.announce({ method: request.method, url: request.url, clientId, targets })
    let isAnnounced = false
    // Workers are told when it is on disk, also when that is after the write was sent.
    void announced.durable.then((isDurable) => {
      isAnnounced = isDurable
      channel.tellWorkers()
    })
    // Whose it is by its own token is known before what becomes of it. Where that fails, the network answers all the
    // same (I6), and what the answer says of its user is not applied.
    // A sign-in may carry the credentials of the app or a password: they do not say who used the page so far.
    const isSignIn = rule.session === 'sign-in'
    const whose = (async () => (isSignIn ? undefined : identity.knownOf(request, clientId)))()
    const kept = rule.stores === true ? this.#ports.postAnswers?.(request, clientId, whose) : undefined
    const [, endSession] = await Promise.all([
      timeout(ANNOUNCE_LIMIT_MS, announced.durable, false),
      sessions.begin(rule.session),
      whose.catch(() => undefined),
    ])
    // Its end is told once it is on disk, which may be after the page knows.
    const end = async (reached: readonly Target[]): Promise<void> => {
      const change = reached.length > 0 ? invalidation(reached, 'write') : undefined
      const ended = log.end(announced, reached, change, kept?.place).then(
        (logged) => {
          if (logged === undefined) channel.tellWorkers()
          else channel.changes([logged])
          return true
        },
        (error: unknown) => {
          report('a write could not be recorded; what it touched comes from the network', error)
          return false
        },
      )
      waitUntil(ended)
      // On disk the announcement stands for the outcome; without either the next worker has to be warned.
      if (isAnnounced || reached.length === 0 || (await timeout(STORE_LIMIT_MS, ended, false))) return
      await settleWithin(writer.dirtyFlag.set(ended))
      channel.tellWorkers()
    }
    let response: Response
    try {
      response = await send(request)
    } catch (error) {
      kept?.release()
      await Promise.all([settleWithin(endSession(true, clientId)), end(targets)])
      throw error
    }
    kept?.take(response)
    const { status } = response
    const fields = fieldsOf(response.headers)
    const outcome = settleWrite(response.type === 'opaqueredirect' ? 'redirected' : status)
    const reached = outcome === 'nothing' ? [] : targets
    const others = outcome === 'named' ? targetsOf(urlOf, [], [], named(response, request.url)) : []
    const groups = structured?.groups(fields, 'cache-group-invalidation', new URL(request.url).origin) ?? []
    const isNamed = outcome === 'named' && rule.ofAnswer !== undefined
    const tagging = isNamed ? this.#ports.tagsOfAnswer?.(match, response, report) : undefined
    const follow = async (): Promise<void> => {
      const forgotten = isCleared(fields) ? settleWithin(forgetAll(this.#ports)) : undefined
      // A user who asks to be signed out is, whatever the origin answers.
      await endSession(outcome !== 'nothing' || rule.session === 'sign-out', clientId)
      await forgotten
      if (rule.session !== undefined) return
      const partition = await whose
      // An answer to a request of before a sign-in or sign-out does not name the user of now.
      if (partition === undefined) identity.learn(clientId, isSameSession() ? fields : undefined)
      else if (isSameSession()) await applySignals({ partition, clientId }, { status, fields }, false)
    }
    // The browser may have the next user's cookie by now. So memory ends the session first, and the disk is not waited for.
    const following = settleWithin(follow())
    const more = [...groups, ...((await tagging) ?? [])]
    ended.push(...more)
    await Promise.all([following, end([...reached, ...others, ...targetsOf(urlOf, [], more)])])
    if (kept !== undefined) waitUntil(kept.store())
    return forwardedAnswer(response, { fwd: 'method', 'fwd-status': status })
  }
}

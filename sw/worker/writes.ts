import type { WriteMatch } from '../../config/language/index.ts'
import type { Change } from '../core/change.ts'
import { isAway } from '../core/head.ts'
import type { Target } from '../core/invalidation.ts'
import { withStatus } from './answer.ts'
import type { Channel } from './channel.ts'
import { now, within } from './clock.ts'
import type { Ledger } from './ledger.ts'
import { report } from './report.ts'
import { worker } from './scope.ts'

/** How long a write waits for its announcement to be on disk; then it goes ahead all the same. */
const INTENT_LIMIT_MS = 500

/** Passes writes through, and makes sure that no read that begins after the answer is older than it (I1). */
export class Writes {
  readonly #ledger: Ledger
  readonly #channel: Channel

  constructor(ledger: Ledger, channel: Channel) {
    this.#ledger = ledger
    this.#channel = channel
  }

  /** The origin's answer to a write. Rejects as the network did: the outcome is unknown then and counts as written. */
  async answer(request: Request, match: WriteMatch, waitUntil: (work: Promise<unknown>) => void): Promise<Response> {
    const { urls, patterns, tags } = match.invalidates
    // Nobody knows which queries of its own URL a write shows up in: all of them.
    const own = request.url.replace(/[?#].*$/s, '')
    const targets = targetsOf([own, ...urls, ...patterns], tags)
    const intent = this.#ledger.intend(targets)
    await within(INTENT_LIMIT_MS, intent.durable, false)
    const end = async (reached: readonly Target[]): Promise<void> => {
      try {
        const change = reached.length > 0 ? invalidation(reached) : undefined
        const { written } = await this.#ledger.end(intent, reached, change)
        waitUntil(
          written.then(
            (logged) => this.#channel.changes([logged]),
            (error: unknown) => report('an invalidation could not be stored; memory holds it', error),
          ),
        )
      } catch (error) {
        // Without a store nothing is served from it either; in memory the write stays under way for good.
        report('a write could not be recorded; what it touched comes from the network', error)
      }
    }
    let response: Response
    try {
      response = await fetch(request)
    } catch (error) {
      await end(targets)
      throw error
    }
    const { status } = response
    const succeeded = response.type === 'opaqueredirect' || (status >= 200 && status < 400)
    // A gateway that lost its origin says nothing about what the origin did; a failed precondition says that what we
    // have of it is outdated.
    const isSuspect = isAway(status) || status === 412
    const reached = succeeded ? [...targets, ...targetsOf(named(response, request.url), [])] : isSuspect ? targets : []
    await end(reached)
    return withStatus(response, { fwd: 'method', 'fwd-status': status })
  }
}

/**
 * What URLs, patterns and tags reach. A URL without a query is meant with any. A pattern reaches all that begins as it
 * does before its first hole or star: too much costs a validation, too little would break a promise.
 */
export const targetsOf = (urls: readonly string[], tags: readonly string[]): Target[] => [
  ...urls.map((url): Target => {
    const literal = url.replace(/[^/]*(?::[a-z]|\*).*$/is, '')
    const { origin, pathname, search } = new URL(literal, worker.location.origin)
    return `${literal === url ? 'url' : 'prefix'} ${origin}${pathname}${search}`
  }),
  ...tags.map((tag): Target => `tag ${tag}`),
]

/** `Location` and `Content-Location` of the write's own origin (RFC 9111 §4.4). */
function named(response: Response, target: string): string[] {
  return ['location', 'content-location'].flatMap((name) => {
    const value = response.headers.get(name)
    if (value === null || !URL.canParse(value, target)) return []
    const url = new URL(value, target)
    return url.origin === new URL(target).origin ? [url.href] : []
  })
}

/** What the tabs are told. Whoever wrote: it has changed for everyone. */
export function invalidation(reached: readonly Target[]): Change {
  const urls: string[] = []
  const tags: string[] = []
  for (const target of reached) {
    const [kind, name] = [target.slice(0, target.indexOf(' ')), target.slice(target.indexOf(' ') + 1)]
    if (kind === 'tag') tags.push(name)
    else urls.push(kind === 'url' ? name : `${name}*`)
  }
  return { kind: 'invalidated', urls, tags, partition: 'everyone', atMs: now(), informed: [] }
}

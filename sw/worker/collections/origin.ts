import { afterFailure, MAX_TRIES, type Next, type SyncFailure } from '../../core/collections/failure.ts'
import { isOfToken } from '../../core/key.ts'
import { now } from '../../fetch/clock.ts'
import { fieldsOf } from '../../fetch/describe.ts'
import { discard } from '../../fetch/origin.ts'
import type { Identity } from '../identity/identity.ts'
import type { Reachability } from '../requests/reachability.ts'
import type { Generations } from '../store/generations.ts'

interface Ports {
  readonly identity: Identity
  readonly generations: Generations
  readonly reachability: Pick<Reachability, 'reached'>
}

/** What the endpoint has said. */
export type Said =
  | { readonly kind: 'text'; readonly text: string }
  /** A 304: nothing has changed, and what is held is right. */
  | { readonly kind: 'unchanged' }
  /** An answer that may not be used, and why. */
  | { readonly kind: 'refused'; readonly why: 'no-json' | 'from-a-cache' }
  | { readonly kind: 'unsupported' }
  | Next

/** Whether a cache on the way says that it had the answer: by the standard, or by a field that proxies have of their own. */
const isFromCache = (headers: Headers): boolean =>
  Number(headers.get('age') ?? 0) > 0 || CACHE_FIELDS.some((name) => /hit/i.test(headers.get(name) ?? ''))

/** @see RFC 9211 for the first. */
const CACHE_FIELDS = ['cache-status', 'x-cache', 'x-cache-status', 'cf-cache-status']

/** Longer than the origin needs for a page. */
const LIMIT_MS = 30_000

/** Asks the endpoint of `/sync` for one partition, with the credentials that its user has now. */
export class SyncOrigin {
  readonly #ports: Ports
  readonly partition: string
  readonly #clientId: string | undefined
  readonly isTheirs: () => boolean
  /** Whether something has answered the last request. */
  isAnswered = false
  /** Requests that were sent, and characters that came. */
  requests = 0
  characters = 0

  constructor(ports: Ports, partition: string, clientId: string | undefined) {
    this.#ports = ports
    this.partition = partition
    this.#clientId = clientId
    this.isTheirs = ports.generations.watch(partition)
  }

  /**
   * One request and its answer. Never rejects.
   *
   * @param attempt the first is 1.
   * @param body JSON that is posted. Default: GET.
   * @param held what is held, as an entity-tag. Undefined: the whole answer is wanted.
   */
  async ask(url: string, attempt: number, body?: object, held?: string): Promise<Said> {
    const { identity, reachability } = this.#ports
    const end = (failure: SyncFailure): Next => ({ kind: 'end', failure, floorMs: 0 })
    try {
      const authorization = await identity.credentialsOf(this.partition, this.#clientId)
      // Without its token the origin would answer for another user, or for none.
      if (isOfToken(this.partition) && authorization === undefined) return end('refused-user')
      await identity.ready
      // The browser may have another user's cookie by now: only a page's own read shows whose it is.
      const isTheirs = (): boolean => this.isTheirs() && !identity.isDoubted(this.partition)
      if (!isTheirs()) return end('other-user')
      const isAlone = identity.watchOthers(this.partition)
      this.requests++
      this.isAnswered = false
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        cache: 'no-store',
        credentials: 'same-origin',
        signal: AbortSignal.timeout(LIMIT_MS),
        headers: {
          accept: 'application/json',
          ...(authorization !== undefined && { authorization }),
          ...(body && { 'content-type': 'application/json' }),
          ...(held !== undefined && { 'if-none-match': held }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      const { status, headers } = response
      this.isAnswered = true
      if (!isTheirs() || !isAlone() || identity.isOther(this.partition, fieldsOf(headers))) {
        discard(response)
        return end('other-user')
      }
      const isUnchanged = status === 304 && held !== undefined
      if (status !== 200 && !isUnchanged) {
        discard(response)
        if (body !== undefined && [404, 405, 501].includes(status)) return { kind: 'unsupported' }
        return afterFailure(status, headers.get('retry-after') ?? undefined, attempt, now())
      }
      reachability.reached(url.split('?', 1)[0] ?? url)
      const refused =
        response.redirected ||
        !(isUnchanged || /^application\/([^;]+\+)?json\b/i.test(headers.get('content-type') ?? ''))
          ? 'no-json'
          : isFromCache(headers)
            ? 'from-a-cache'
            : undefined
      if (refused !== undefined) {
        discard(response)
        return { kind: 'refused', why: refused }
      }
      if (isUnchanged) return { kind: 'unchanged' }
      const text = await response.text()
      this.characters += text.length
      return isTheirs() && isAlone() ? { kind: 'text', text } : end('other-user')
    } catch {
      if (!this.isTheirs()) return end('other-user')
      // A browser that says that it is offline is.
      return afterFailure(undefined, undefined, navigator.onLine === false ? MAX_TRIES : attempt, now())
    }
  }
}

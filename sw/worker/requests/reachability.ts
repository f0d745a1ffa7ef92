import { isAway } from '../../core/head.ts'
import type { OriginState } from '../../protocol.ts'
import type { Channel } from '../channel.ts'

/**
 * Whether the origin that failed last can be reached again; the tabs hear of every change.
 *
 * ```
 *               a read failed; the same URL is asked without following a redirect
 *  reachable ─────────────────────────────────────────────────────────────────┬──> sign-in: it redirects
 *      ^                                                                      └──> away: anything else
 *      │  any request is answered                                                       │
 *      └────────────────────────────────────────────────────────────────────────────────┘
 * ```
 */
export class Reachability {
  readonly #channel: Channel
  readonly #onReached: () => void
  /** The origin that could not be reached. */
  #away: string | undefined
  /** The origin of the app redirects requests, and what they lead to may not be read: a sign-in at another origin. */
  #signIn = false
  /** The URL of the app's origin that failed last without any answer. */
  #failed: string | undefined
  /** Asks what the failure means. */
  #looking: Promise<void> | undefined
  /**
   * URLs that a gateway answers for, or a sign-in, and has since they were last well. They say nothing new of their origin:
   * else an endpoint that always fails, beside one that does not, would have every tab ask everything again and again (I11).
   */
  readonly #failing = new Set<string>()
  /** Asks once more what failed last. */
  #again: (() => Promise<unknown>) | undefined
  /** Asks once more what has failed since `#looking` began, by URL. */
  readonly #missed = new Map<string, () => Promise<unknown>>()
  /** URLs that were asked once more because something else was answered, and have not been well since. */
  readonly #askedAgain = new Set<string>()

  /** @param onReached hears of each answer of the app's own origin. */
  constructor(channel: Channel, onReached: () => void = () => undefined) {
    this.#channel = channel
    this.#onReached = onReached
  }

  get state(): OriginState {
    return { reachable: this.#away === undefined, signIn: this.#signIn }
  }

  /** A URL has been answered: its origin is there, and no other. */
  reached(url: string): void {
    this.#failing.delete(url)
    this.#askedAgain.delete(url)
    this.#missed.delete(url)
    const { origin } = new URL(url)
    if (origin === location.origin) {
      this.#looking = this.#failed = undefined
      this.#onReached()
      void this.#askMissed()
    }
    if (this.#away === origin) this.#set(undefined)
  }

  /**
   * The origin of a URL is away.
   *
   * @param byGateway something has answered in its place.
   * @param again asks once more.
   */
  missed(url: string, byGateway: boolean, again: () => Promise<unknown>): void {
    if (byGateway && !this.#isNews(url)) return
    this.#again = again
    const { origin } = new URL(url)
    this.#failed = byGateway || origin !== location.origin ? undefined : url
    if (this.#failed === undefined) this.#set(origin)
    // While it is away the tabs ask now and then whether it still is.
    else if (this.#away !== origin) {
      if (this.#missed.size < MAX_FAILING) this.#missed.set(url, again)
      void this.#look(url)
    }
  }

  /**
   * What failed just before something else was answered is asked once more, one after the other: the origin was never said
   * to be away, so no tab asks when it is back. What always fails is not asked again for each answer (I11).
   */
  async #askMissed(): Promise<void> {
    const missed = [...this.#missed].filter(([url]) => !this.#askedAgain.has(url))
    this.#missed.clear()
    for (const [url] of missed) this.#askedAgain.add(url)
    for (const [, again] of missed) await again().catch(() => undefined)
  }

  /** What failed last may not be asked any more. */
  forget(): void {
    this.#again = undefined
  }

  /** One request to see whether the origin is back: what failed last, else the app's own start page. */
  async probe(): Promise<OriginState> {
    // Where a sign-in is needed the redirect is not followed: the other origin is not asked each time.
    if (!(await this.needsSignIn())) {
      await (this.#again ?? (() => this.#start()))().catch(() => undefined)
      if (this.#failed !== undefined) await this.#look(this.#failed)
    }
    return this.state
  }

  /** Whether the origin still redirects to a sign-in, if it did when it was last tried. */
  async needsSignIn(): Promise<boolean> {
    await this.#looking
    return this.#signIn && this.#failed !== undefined && needsSignIn(this.#failed)
  }

  async #start(): Promise<void> {
    const url = `${location.origin}/`
    const status = await fetch(url, { method: 'HEAD', cache: 'no-store' }).then(
      (response) => response.status,
      () => undefined,
    )
    if (status !== undefined && !isAway(status)) this.#set(undefined)
    else this.missed(url, status !== undefined, () => this.#start())
  }

  /** Says what the failure of a URL of the app's origin means. */
  #look(url: string): Promise<void> {
    const looking: Promise<void> = (this.#looking ??= needsSignIn(url).then((signIn) => {
      // Something has been answered meanwhile.
      if (this.#looking !== looking) return
      this.#looking = undefined
      this.#missed.clear()
      if (signIn && this.#away === undefined && !this.#isNews(url)) return
      this.#set(location.origin, signIn)
    }))
    return looking
  }

  /** Whether a URL has been well since something else last answered in place of the origin. */
  #isNews(url: string): boolean {
    if (this.#failing.has(url)) return false
    if (this.#failing.size === MAX_FAILING) this.#failing.clear()
    this.#failing.add(url)
    return true
  }

  #set(away: string | undefined, signIn = false): void {
    const was = this.state
    this.#away = away
    this.#signIn = signIn
    if (away === undefined) this.#again = this.#failed = undefined
    const { state } = this
    if (state.reachable !== was.reachable || signIn !== was.signIn) this.#channel.announce({ say: 'origin', ...state })
  }
}

const MAX_FAILING = 100

/** An origin that does not answer in this time is away. */
const LOOK_LIMIT_MS = 3000

/**
 * Whether a URL leads to a sign-in at another origin. A redirect to another origin that does not share its answers fails as
 * a dead network does; one that is not followed is an answer (Fetch, "opaque-redirect filtered response"). One within the
 * origin, as of a framework that adds a slash, is followed to its answer; nothing is asked at another origin.
 */
async function needsSignIn(url: string): Promise<boolean> {
  if (!navigator.onLine) return false
  const signal = AbortSignal.timeout(LOOK_LIMIT_MS)
  const ask = (redirect: RequestRedirect): Promise<Response> =>
    fetch(url, { method: 'HEAD', cache: 'no-store', mode: 'same-origin', redirect, signal })
  const isRedirected = await ask('manual').then(
    ({ type }) => type === 'opaqueredirect',
    () => false,
  )
  return (
    isRedirected &&
    ask('follow').then(
      () => false,
      () => !signal.aborted,
    )
  )
}

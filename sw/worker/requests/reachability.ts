import { isAway } from '../../core/head.ts'
import type { Channel } from '../channel.ts'

/** Whether the origin that failed last can be reached again; the tabs hear of every change. */
export class Reachability {
  readonly #channel: Channel
  /** The origin that could not be reached. */
  #away: string | undefined
  /**
   * URLs that a gateway answers for, and has since they were last well. They say nothing new of their origin: else an
   * endpoint that always fails, beside one that does not, would have every tab ask everything again and again (I11).
   */
  readonly #failing = new Set<string>()
  /** Asks once more what failed last. */
  #again: (() => Promise<unknown>) | undefined

  constructor(channel: Channel) {
    this.#channel = channel
  }

  get reachable(): boolean {
    return this.#away === undefined
  }

  /** A URL has been answered: its origin is there, and no other. */
  reached(url: string): void {
    this.#failing.delete(url)
    if (this.#away === new URL(url).origin) this.#set(undefined)
  }

  /**
   * The origin of a URL is away.
   *
   * @param byGateway something has answered in its place.
   * @param again asks once more.
   */
  missed(url: string, byGateway: boolean, again: () => Promise<unknown>): void {
    if (byGateway && this.#failing.has(url)) return
    if (this.#failing.size === MAX_FAILING) this.#failing.clear()
    if (byGateway) this.#failing.add(url)
    this.#again = again
    this.#set(new URL(url).origin)
  }

  /** What failed last may not be asked any more. */
  forget(): void {
    this.#again = undefined
  }

  /** One request to see whether the origin is back: what failed last, else the app's own start page. */
  async probe(): Promise<boolean> {
    const start = async (): Promise<void> => {
      const { status } = await fetch(location.origin, { method: 'HEAD', cache: 'no-store' })
      if (!isAway(status)) this.#set(undefined)
    }
    await (this.#again ?? start)().catch(() => undefined)
    return this.reachable
  }

  #set(away: string | undefined): void {
    const was = this.reachable
    this.#away = away
    if (away === undefined) this.#again = undefined
    if (this.reachable !== was) this.#channel.announce({ say: 'origin', reachable: !was })
  }
}

const MAX_FAILING = 100

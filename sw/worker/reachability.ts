import type { Channel } from './channel.ts'

/** Whether the origin could be reached when it was last tried; the tabs hear of every change. */
export class Reachability {
  readonly #channel: Channel
  #reachable = true
  /** Asks once more what failed last. */
  #again: (() => Promise<unknown>) | undefined

  constructor(channel: Channel) {
    this.#channel = channel
  }

  get reachable(): boolean {
    return this.#reachable
  }

  /** The origin answered. */
  reached(): void {
    this.#again = undefined
    this.#set(true)
  }

  /** The origin is away. */
  missed(again: () => Promise<unknown>): void {
    this.#again = again
    this.#set(false)
  }

  /** What failed last may not be asked any more. */
  forget(): void {
    this.#again = undefined
  }

  /** One request to see whether the origin is back: what failed last, else the app's own start page. */
  async probe(): Promise<boolean> {
    const probe =
      this.#again ?? (() => fetch(location.origin, { method: 'HEAD', cache: 'no-store' }).then(() => this.reached()))
    await probe().catch(() => undefined)
    return this.#reachable
  }

  #set(reachable: boolean): void {
    if (this.#reachable === reachable) return
    this.#reachable = reachable
    this.#channel.announce({ say: 'origin', reachable })
  }
}

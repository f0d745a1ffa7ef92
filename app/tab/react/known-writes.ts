import { nextTask } from '../slices.ts'
import { mayEndUser } from '../change-feed.ts'
import type { Freshlayer } from '../freshlayer.ts'
import type { OutboxEvent } from '../outbox.ts'
import { warn } from '../report.ts'
import type { QueuedWrite } from '../../../sw/protocol.ts'

/** The queued writes of a layer, for all components that show them. */
export class KnownWrites {
  /** In the order in which they were accepted. Undefined: not known yet. */
  list: readonly QueuedWrite[] | undefined
  readonly #layer: Freshlayer
  readonly #listeners = new Set<() => void>()
  #leave: (() => void)[] = []
  /** What has been heard, and is not in the list yet. */
  #heard: OutboxEvent[] = []
  #isLooking = false
  /** Of several questions the answer to the last one counts. */
  #asked = 0
  #isAsking = false

  constructor(layer: Freshlayer) {
    this.#layer = layer
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#leave.length === 0) this.#listen()
    return () => {
      this.#listeners.delete(listener)
      // A component that takes the place of another is mounted after it is gone.
      void nextTask().then(() => this.#listeners.size === 0 && this.#end())
    }
  }

  /** Never rejects. Where the worker does not answer, what was known stays. */
  async learn(): Promise<void> {
    const turn = ++this.#asked
    this.#isAsking = true
    const list = await this.#layer.outbox.list().catch((error: unknown) => {
      warn(error)
      return this.list ?? []
    })
    if (turn !== this.#asked) return
    this.#isAsking = false
    // What was heard since is newer, or the same.
    this.#set(list)
  }

  #listen(): void {
    const comeBack = ({ persisted }: PageTransitionEvent): void => {
      // The browser has told this page nothing while it kept it aside.
      if (persisted) void this.learn()
    }
    addEventListener('pageshow', comeBack)
    this.#leave = [
      () => removeEventListener('pageshow', comeBack),
      this.#layer.on('outbox', (event) => this.#hear(event)),
      this.#layer.on('change', (change) => {
        const isOther = mayEndUser(change)
        if (!isOther && change.kind !== 'reset') return
        if (isOther) {
          this.#heard = []
          this.list = undefined
          this.#tell()
        }
        void this.learn()
      }),
    ]
    void this.learn()
  }

  #end(): void {
    for (const leave of this.#leave.splice(0)) leave()
    // What happens to them from now on is not heard.
    this.list = undefined
    this.#heard = []
    this.#isAsking = false
    this.#asked++
  }

  /** A drain tells of thousands of writes: components are rendered once for all that has come by the next task. */
  #hear(event: OutboxEvent): void {
    this.#heard.push(event)
    if (this.#isLooking) return
    this.#isLooking = true
    void nextTask().then(() => {
      this.#isLooking = false
      if (!this.#isAsking && this.#heard.length > 0) this.#set(this.list ?? [])
    })
  }

  #set(list: readonly QueuedWrite[]): void {
    const writes = new Map(list.map((write) => [write.place, write]))
    for (const { write, end } of this.#heard.splice(0))
      if (end === undefined) writes.set(write.place, write)
      else writes.delete(write.place)
    this.list = [...writes.values()].toSorted((one, other) => one.place - other.place)
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

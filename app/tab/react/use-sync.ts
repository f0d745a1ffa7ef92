import { useMemo, useSyncExternalStore } from 'react'
import { mayEndUser } from '../change-feed.ts'
import { followLayer } from './follow-layer.ts'
import { connectedLayer } from '../connect.ts'
import type { Freshlayer, SyncOptions } from '../freshlayer.ts'
import { warn } from '../report.ts'
import type { SyncError, SyncState } from '../syncing.ts'

export interface Syncing {
  /** Keeps collections in step now. Settles when it has ended, well or not; never rejects. */
  readonly sync: (options?: SyncOptions) => Promise<void>
  /** Of all collections together: 'syncing' where one is, else 'error' or 'offline' where one is, else 'idle'. */
  readonly syncState: SyncState['state']
  /** Why the last run of a collection has failed, and what helps: of the first that has. */
  readonly syncError: SyncError | undefined
  /** Rows are loaded that were never held before, or it is not known yet whether they are. */
  readonly isLoading: boolean
  /** How far each collection has come. Default: none is known. */
  readonly collections: readonly SyncState[]
}

/**
 * How far the collections of the rules have come, and a function for a button that brings them in step. Without `connect()`
 * and without a worker there are none; on a server they are not known.
 *
 * @example const { sync, syncState, syncError } = useSync()
 */
export function useSync(): Syncing {
  const known = useSyncExternalStore(subscribe, statesNow, statesOnServer)
  return useMemo(() => {
    const collections = known ?? []
    const syncState = ORDER.find((state) => collections.some((each) => each.state === state)) ?? 'idle'
    const isLoading = known === undefined || collections.some(({ state, isLoaded }) => state === 'syncing' && !isLoaded)
    const syncError = collections.find(({ error }) => error !== undefined)?.error
    return { sync, syncState, syncError, isLoading, collections }
  }, [known])
}

const ORDER: readonly SyncState['state'][] = ['syncing', 'error', 'offline']

/** What is known of a layer's collections, for all components that ask. */
class Known {
  states: readonly SyncState[] | undefined
  readonly #layer: Freshlayer
  readonly #listeners = new Set<() => void>()
  #leave: (() => void)[] = []
  /** Of several questions the answer to the last one counts. */
  #asked = 0

  constructor(layer: Freshlayer) {
    this.#layer = layer
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#listen()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) for (const leave of this.#leave.splice(0)) leave()
    }
  }

  /** Never rejects. Where the worker does not answer, what was known stays. */
  async learn(question: () => Promise<readonly SyncState[]>): Promise<void> {
    const turn = ++this.#asked
    const states = await question().catch((error: unknown) => {
      warn(error)
      return this.states ?? []
    })
    if (turn === this.#asked) this.#set(states)
  }

  #listen(): void {
    this.#leave = [
      this.#layer.on('sync', (event) => {
        const others = (this.states ?? []).filter(({ entity }) => entity !== event.entity)
        const { drift: _, ...state } = event
        this.#set([...others, state].toSorted((one, other) => (one.entity < other.entity ? -1 : 1)))
      }),
      this.#layer.on('change', (change) => {
        if (!mayEndUser(change)) return
        this.#set(undefined)
        void this.learn(() => this.#layer.syncState())
      }),
    ]
    void this.learn(() => this.#layer.syncState())
  }

  #set(states: readonly SyncState[] | undefined): void {
    this.states = states
    for (const listener of this.#listeners) listener()
  }
}

const all = new WeakMap<Freshlayer, Known>()

function knownOf(layer: Freshlayer): Known {
  const known = all.get(layer) ?? new Known(layer)
  all.set(layer, known)
  return known
}

const NONE: readonly SyncState[] = []

const statesNow = (): readonly SyncState[] | undefined => {
  const layer = connectedLayer()
  return layer ? knownOf(layer).states : NONE
}

const statesOnServer = (): undefined => undefined

const subscribe = (listener: () => void): (() => void) =>
  followLayer((layer) => knownOf(layer).subscribe(listener), listener)

const sync = async (options?: SyncOptions): Promise<void> => {
  const layer = connectedLayer()
  if (layer) await knownOf(layer).learn(() => layer.sync(options))
}

import { useMemo, useSyncExternalStore } from 'react'
import type { QueuedWrite } from '../../../sw/protocol.ts'
import { connectedLayer } from '../connect.ts'
import type { Freshlayer } from '../freshlayer.ts'
import type { Outbox } from '../outbox.ts'
import { followLayer } from './follow-layer.ts'
import { KnownWrites } from './known-writes.ts'

export interface OutboxShown extends Pick<Outbox, 'retry' | 'edit' | 'discard'> {
  /** How many writes are sent as soon as the origin can be reached, those that are under way among them. */
  readonly waiting: number
  /** How many need the user: what becomes of them is not known, or the origin refuses them. */
  readonly needsYou: number
  /** All of them, in the order in which they were accepted. Default: none is known. */
  readonly writes: readonly QueuedWrite[]
  /** It is not known yet which there are. */
  readonly isLoading: boolean
}

/**
 * The writes of the page's user that the origin does not have yet, in whatever tab they were made. Without `connect()` and
 * without a worker there are none; on a server they are not known. `retry`, `edit` and `discard` are those of `layer.outbox`.
 *
 * @example const { waiting, needsYou, writes, retry, discard } = useOutbox()
 */
export function useOutbox(): OutboxShown {
  const known = useSyncExternalStore(subscribe, writesNow, writesOnServer)
  return useMemo(() => {
    const writes = known ?? NONE
    const needsYou = writes.filter(({ state }) => state === 'needs-you' || state === 'dead').length
    return { waiting: writes.length - needsYou, needsYou, writes, isLoading: known === undefined, ...STEERING }
  }, [known])
}

const all = new WeakMap<Freshlayer, KnownWrites>()

function knownOf(layer: Freshlayer): KnownWrites {
  const known = all.get(layer) ?? new KnownWrites(layer)
  all.set(layer, known)
  return known
}

const NONE: readonly QueuedWrite[] = []

const writesNow = (): readonly QueuedWrite[] | undefined => {
  const layer = connectedLayer()
  return layer ? knownOf(layer).list : NONE
}

const writesOnServer = (): undefined => undefined

const subscribe = (listener: () => void): (() => void) =>
  followLayer((layer) => knownOf(layer).subscribe(listener), listener)

const STEERING: Pick<OutboxShown, 'retry' | 'edit' | 'discard'> = {
  retry: (place) => steer((outbox) => outbox.retry(place)),
  edit: (place, body) => steer((outbox) => outbox.edit(place, body)),
  discard: (place) => steer((outbox) => outbox.discard(place)),
}

async function steer(how: (outbox: Outbox) => Promise<boolean>): Promise<boolean> {
  const layer = connectedLayer()
  if (layer === undefined) return false
  const isDone = await how(layer.outbox)
  // It was not as the component has shown it.
  if (!isDone) await knownOf(layer).learn()
  return isDone
}

import type { Bodies } from '../store/bodies.ts'
import type { Channel } from '../channel.ts'
import { ANNOUNCE_LIMIT_MS, now, timeout } from '../clock.ts'
import { type Identity, NOBODY, type Session } from './identity.ts'
import type { Ledger } from '../store/ledger.ts'
import { SESSIONS } from '../store/records.ts'
import { report } from '../report.ts'
import { promisifyRequest, type UseStore } from '../store/store.ts'

interface Ports {
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly channel: Channel
  readonly identity: Identity
}

const warned = (error: unknown): void => report('identity: what a user left could not be erased', error)

/** Sign-ins and sign-outs under way. */
export class Sessions {
  readonly #ports: Ports
  readonly #store: UseStore
  /** What is to follow when a page load has ended, by the client that it leads to. */
  readonly #loads = new Map<string, () => Promise<void>>()

  constructor(ports: Ports, store: UseStore) {
    this.#ports = ports
    this.#store = store
  }

  /**
   * One begins. Settles when the next worker would know of it, or after half a second. What it gives is told how it ended,
   * and settles when what follows is on disk.
   *
   * @param session undefined: neither begins, and nothing follows.
   */
  async begin(session: Session | undefined): Promise<(isDone: boolean, clientId: string | undefined) => Promise<void>> {
    if (session === undefined) return () => Promise.resolve()
    const key = SESSIONS + crypto.randomUUID()
    const announced = this.#write((store) => void store.put(session, key))
    await timeout(ANNOUNCE_LIMIT_MS, announced, undefined)
    return async (isDone, clientId) => {
      if (isDone) await follow(session, this.#ports, clientId)
      await this.#write((store) => void store.delete(key))
    }
  }

  /**
   * A page load signs somebody in or out. It is watched, not answered, so nobody sees whose it is nor how it ends: it counts
   * as done for every client at once, and again when the page that it leads to is heard of. What is read meanwhile may
   * still be of the user before.
   */
  async load(session: Session, clientId: string): Promise<void> {
    const begun = this.begin(session)
    this.#loads.set(clientId, async () => {
      const following = follow(session, this.#ports, undefined)
      const end = await begun
      await following
      await end(false, undefined)
    })
    await Promise.all([begun, follow(session, this.#ports, undefined)])
  }

  /** A client is heard of: a page load that led to it has ended. */
  heard(clientId: string): Promise<void> | undefined {
    const end = this.#loads.get(clientId)
    this.#loads.delete(clientId)
    return end?.().catch(warned)
  }

  /** Nobody has been heard of for a while: page loads have ended, perhaps with another origin's page. */
  async rest(): Promise<void> {
    for (const clientId of this.#loads.keys()) await this.heard(clientId)
  }

  async #write(work: (store: IDBObjectStore) => void): Promise<void> {
    await this.#store('readwrite', (store) => {
      work(store)
      return promisifyRequest(store.transaction)
    }).catch(warned)
  }
}

/**
 * The users of these partitions are gone: at once nothing of theirs is shown or stored any more, and when this settles
 * nothing of theirs is on disk. The tabs hear that all they show may be gone (I3).
 */
export async function endPartitions(
  { ledger, bodies, channel }: Omit<Ports, 'identity'>,
  partitions: readonly string[],
): Promise<void> {
  await Promise.all(
    partitions.map(async (partition) => {
      const about = { partition, atMs: now(), informed: [] }
      const change = { kind: 'removed', targets: [], all: true, cause: 'sign-out', ...about } as const
      const { rows, logged } = await ledger.endPartition(partition, change)
      channel.changes([logged])
      await bodies.remove(rows)
    }),
  )
}

/** What a sign-in or sign-out means, once it counts as done. */
export const follow = (session: Session, ports: Ports, clientId: string | undefined): Promise<void> =>
  session === 'sign-in' ? signIn(ports, clientId) : signOut(ports, clientId)

/**
 * The user of a client signs out; without a client (a page load), that of every client. Cookies are the same for all
 * tabs, so whoever is told apart by them is signed out as well.
 */
export async function signOut(ports: Ports, clientId: string | undefined): Promise<void> {
  const { identity, ledger } = ports
  ledger.advanceGeneration(NOBODY)
  // At once, whatever the disk does: memory knows who is being served.
  const known = identity.ownInMemory(clientId)
  const ending = endPartitions(ports, known)
  const own = await identity.own(clientId)
  const others = own.filter((partition) => !known.includes(partition))
  await Promise.all([ending, endPartitions(ports, others), identity.forget(own)])
}

/**
 * Somebody signs in, perhaps somebody else: what was shown is served again only after the origin has answered it with
 * success, for the same user; and what was asked for before is not shown any more.
 */
export async function signIn({ identity, ledger }: Ports, clientId: string | undefined): Promise<void> {
  const doubt = (partition: string): Promise<void> => {
    ledger.advanceGeneration(partition)
    return identity.doubt(partition, 'followed')
  }
  ledger.advanceGeneration(NOBODY)
  // At once, as at a sign-out.
  const known = identity.ownInMemory(clientId)
  const doubting = known.map(doubt)
  const own = await identity.own(clientId)
  const others = own.filter((partition) => !known.includes(partition))
  await Promise.all([...doubting, ...others.map(doubt), identity.forgetWords()])
}

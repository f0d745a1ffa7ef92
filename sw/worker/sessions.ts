import type { Bodies } from './bodies.ts'
import type { Channel } from './channel.ts'
import { now } from './clock.ts'
import { type Identity, NOBODY } from './everyone.ts'
import type { Ledger } from './ledger.ts'

interface Ports {
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly channel: Channel
  readonly identity: Identity
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
      const change = { kind: 'removed', urls: ['*'], tags: [], partition, atMs: now(), informed: [] } as const
      const { rows, logged } = await ledger.endPartition(partition, change)
      channel.changes([logged])
      await bodies.remove(rows)
    }),
  )
}

/**
 * The user of a client signs out; without a client (a page load), that of every client. Cookies are the same for all
 * tabs, so whoever is told apart by them is signed out as well.
 */
export async function signOut(ports: Ports, clientId: string | undefined): Promise<void> {
  const { identity, ledger } = ports
  ledger.outlive(NOBODY)
  // At once, whatever the disk does: memory knows who is being served.
  const known = identity.ownInMemory(clientId)
  const ending = endPartitions(ports, known)
  const own = await identity.own(clientId)
  const others = own.filter((partition) => !known.includes(partition))
  await Promise.all([ending, endPartitions(ports, others), identity.forget(clientId, own)])
}

/**
 * Somebody signs in, perhaps somebody else: what was shown is served again only after the origin has answered it with
 * success, for the same user; and what was asked for before is not shown any more.
 */
export async function signIn({ identity, ledger }: Ports, clientId: string | undefined): Promise<void> {
  const doubt = (partition: string): Promise<void> => {
    ledger.outlive(partition)
    return identity.doubt(partition, true)
  }
  ledger.outlive(NOBODY)
  // At once, as at a sign-out.
  const known = identity.ownInMemory(clientId)
  const doubting = known.map(doubt)
  const own = await identity.own(clientId)
  const others = own.filter((partition) => !known.includes(partition))
  await Promise.all([...doubting, ...others.map(doubt)])
}

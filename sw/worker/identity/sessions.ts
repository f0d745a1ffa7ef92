import { ANNOUNCE_LIMIT_MS, now, timeout } from '../clock.ts'
import { report } from '../report.ts'
import { UNKNOWN_USER } from '../store/generations.ts'
import { SESSIONS } from '../store/records.ts'
import type { IdentityPorts, Session, Sessions, Users } from './identity.ts'
import type { SessionRecord } from './partition-trust.ts'

interface Ports extends Omit<IdentityPorts, 'secrets'> {
  readonly identity: Users
}

/** The parts that `endPartitions` needs. */
type Enders = Omit<Ports, 'identity' | 'writer'>

const warned = (error: unknown): void => report('identity: what a user left could not be erased', error)

/** Sign-ins and sign-outs under way. */
export class UserSessions implements Sessions {
  readonly #ports: Ports
  /** What to do when a page load has ended, by the client that it leads to. */
  readonly #loads = new Map<string, () => Promise<void>>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  async begin(session: Session | undefined): Promise<(isDone: boolean, clientId: string | undefined) => Promise<void>> {
    if (session === undefined) return () => Promise.resolve()
    const id = crypto.randomUUID()
    const { liveness } = this.#ports.writer
    const record: SessionRecord = { kind: 'session', id, worker: liveness.worker, session }
    let isOver = false
    const announced = liveness
      .hold()
      .then(() => (isOver ? undefined : this.#write((store) => void store.put(record, SESSIONS + id))))
    await timeout(ANNOUNCE_LIMIT_MS, announced, undefined)
    return async (isDone, clientId) => {
      if (isDone) await follow(session, this.#ports, clientId)
      isOver = true
      await this.#write((store) => void store.delete(SESSIONS + id))
      this.#ports.channel.tellWorkers()
    }
  }

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

  heard(clientId: string): Promise<void> | undefined {
    const end = this.#loads.get(clientId)
    this.#loads.delete(clientId)
    return end?.().catch(warned)
  }

  async endLoads(): Promise<void> {
    for (const clientId of this.#loads.keys()) await this.heard(clientId)
  }

  async #write(work: (store: IDBObjectStore) => void): Promise<void> {
    await this.#ports.writer.write(({ store }) => work(store)).catch(warned)
  }
}

/**
 * Ends partitions whose users have signed out. At once their data is neither shown nor stored any more. When this
 * settles, no later worker shows it either. The bytes are deleted after that. The tabs are notified that all their data
 * may be gone (I3).
 *
 * @param isResumed an earlier worker began it, so every request of this worker was sent after the end.
 */
export async function endPartitions(
  { log, erasure, generations, channel }: Enders,
  partitions: readonly string[],
  isResumed = false,
): Promise<void> {
  if (partitions.length === 0) return
  if (!isResumed) for (const partition of partitions) generations.advance(partition)
  const ends = partitions.map((partition) =>
    log.remove([`partition ${partition}`], {
      kind: 'removed',
      targets: [],
      all: true,
      cause: 'sign-out',
      partition,
      atMs: now(),
      informed: [],
    }),
  )
  channel.changes(await Promise.all(ends))
  erasure.runBehind()
}

/** Applies the consequences of a sign-in or sign-out that counts as done. */
export const follow = (
  session: Session,
  ports: Ports,
  clientId: string | undefined,
  isResumed = false,
): Promise<void> => (session === 'sign-in' ? signIn(ports, clientId, isResumed) : signOut(ports, clientId, isResumed))

/**
 * Signs out the user of a client; without a client (a page load), the users of all clients. All tabs share the cookies,
 * so every cookie user is signed out as well.
 */
export async function signOut(ports: Ports, clientId: string | undefined, isResumed = false): Promise<void> {
  const { identity, generations } = ports
  if (!isResumed) generations.advance(UNKNOWN_USER)
  // The users in memory end at once, even if the disk is slow.
  const known = identity.ownInMemory(clientId)
  const ending = endPartitions(ports, known, isResumed)
  const own = await identity.own(clientId)
  const others = own.filter((partition) => !known.includes(partition))
  await Promise.all([ending, endPartitions(ports, others, isResumed), identity.forget(own)])
}

/**
 * A user signs in, perhaps another one. Stored data is served again only after the origin has answered the same user
 * with success. Answers to earlier requests are not shown any more.
 */
export async function signIn(
  { identity, generations }: Ports,
  clientId: string | undefined,
  isResumed = false,
): Promise<void> {
  const doubt = (partition: string): Promise<void> => {
    if (!isResumed) generations.advance(partition)
    return identity.doubt(partition, 'followed')
  }
  if (!isResumed) generations.advance(UNKNOWN_USER)
  // At once, as at a sign-out.
  const known = identity.ownInMemory(clientId)
  const doubting = known.map(doubt)
  const own = await identity.own(clientId)
  const others = own.filter((partition) => !known.includes(partition))
  await Promise.all([...doubting, ...others.map(doubt), identity.forgetWords()])
}

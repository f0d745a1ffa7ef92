import { ANNOUNCE_LIMIT_MS, now, timeout, uptimeMs } from '../../fetch/clock.ts'
import { report } from '../report.ts'
import { EVERYTHING, partitionTarget, type RemovalTarget } from '../../core/invalidation.ts'
import { EVERYONE, isOfNobody, isOfToken } from '../../core/key.ts'
import type { Generations } from '../store/generations.ts'
import { SESSIONS } from '../store/records.ts'
import type { IdentityPorts, Session, Sessions, Users } from './identity.ts'
import type { SessionRecord } from './partition-trust.ts'

interface Ports extends Omit<IdentityPorts, 'secrets'> {
  readonly identity: Users
}

/** The parts that end partitions. */
type Enders = Omit<Ports, 'identity' | 'writer'>

const warned = (error: unknown): void => report('identity: what a user left could not be erased', error)

/** A page load of which nothing has been heard for so long has led to a page of another origin. */
const LOAD_LIMIT_MS = 10_000

/** Sign-ins and sign-outs under way. */
export class UserSessions implements Sessions {
  readonly #ports: Ports
  /** What to do when a page load has ended, by the client that it leads to. */
  readonly #loads = new Map<string, { readonly end: () => Promise<void>; readonly beganAtMs: number }>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  async begin(session: Session | undefined): Promise<(isDone: boolean, clientId: string | undefined) => Promise<void>> {
    if (session === undefined) return () => Promise.resolve()
    const { written, end } = this.#announce(session)
    await awaitAnnounced(written)
    return async (isDone, clientId) => {
      if (isDone) await followOrWarn(session, this.#ports, clientId, written)
      await end()
    }
  }

  async load(session: Session, clientId: string): Promise<void> {
    const { written, end: endAnnounced } = this.#announce(session)
    const following = followOrWarn(session, this.#ports, undefined, written)
    // One load may be several requests: a redirect leads to the same client.
    const before = this.#loads.get(clientId)?.end
    const end = async (): Promise<void> => {
      const ended = followOrWarn(session, this.#ports, undefined, written).then(endAnnounced)
      await Promise.all([ended, before?.()])
    }
    this.#loads.set(clientId, { end, beganAtMs: uptimeMs() })
    await Promise.all([awaitAnnounced(written), following])
  }

  heard(clientId: string): Promise<void> | undefined {
    const load = this.#loads.get(clientId)
    this.#loads.delete(clientId)
    return load?.end().catch(warned)
  }

  async endLoads(): Promise<void> {
    for (const [clientId, { beganAtMs }] of this.#loads) {
      if (uptimeMs() - beganAtMs > LOAD_LIMIT_MS) await this.heard(clientId)
    }
  }

  /**
   * Tells other workers, and the next one, of a sign-in or sign-out under way.
   *
   * @returns `written` rejects when that could not be written. `end` withdraws it.
   */
  #announce(session: Session): { readonly written: Promise<void>; readonly end: () => Promise<void> } {
    const id = crypto.randomUUID()
    const { writer, channel } = this.#ports
    const { liveness } = writer
    const record: SessionRecord = { kind: 'session', id, worker: liveness.worker, session }
    let isOver = false
    const written = liveness.hold().then(async () => {
      if (isOver) throw new Error('it has ended')
      await writer.write(({ store }) => void store.put(record, SESSIONS + id))
      channel.tellWorkers()
    })
    const end = async (): Promise<void> => {
      isOver = true
      await writer.write(({ store }) => void store.delete(SESSIONS + id)).catch(warned)
      channel.tellWorkers()
    }
    return { written, end }
  }
}

/** Settles when an announcement is on disk, or cannot be, or after half a second. */
const awaitAnnounced = (written: Promise<void>): Promise<void> =>
  timeout(ANNOUNCE_LIMIT_MS, written, undefined).catch(warned)

/** No answer to an earlier request of a cookie user, or of a user who is not known, is shown any more. */
export const endUsers = (generations: Generations, and: readonly string[] = []): void =>
  generations.advanceAll((partition) => !(isOfNobody(partition) || isOfToken(partition)) || and.includes(partition))

/**
 * Ends partitions whose users have signed out. At once their data is neither shown nor stored any more. When this
 * settles, no later worker shows it either.
 */
export function endPartitions(ports: Enders, partitions: readonly string[]): Promise<void> {
  for (const partition of partitions) ports.generations.advance(partition)
  return removePartitions(ports, partitions)
}

/**
 * Removes what is stored for partitions whose users have signed out. When this settles, no later worker shows it. The
 * bytes are deleted after that. The tabs are notified that all their data may be gone (I3).
 *
 * @param target what is removed, where that is more than the partitions. Default: each partition.
 */
export async function removePartitions(
  { log, erasure, channel }: Enders,
  partitions: readonly string[],
  target?: RemovalTarget,
): Promise<void> {
  if (partitions.length === 0) return
  const removals = partitions.map((partition) =>
    log.remove([target ?? partitionTarget(partition)], {
      kind: 'removed',
      targets: [],
      all: true,
      cause: 'sign-out',
      partition,
      atMs: now(),
      informed: [],
    }),
  )
  channel.changes(await Promise.all(removals))
  erasure.runBehind()
}

/**
 * Applies the consequences of a sign-in or sign-out that counts as done.
 *
 * @param isResumed an earlier worker began it, so every request of this worker was sent after the end.
 */
export const follow = (
  session: Session,
  ports: Ports,
  clientId: string | undefined,
  isResumed = false,
): Promise<void> => (session === 'sign-in' ? signIn(ports, clientId, isResumed) : signOut(ports, clientId, isResumed))

/**
 * The same. The next worker is warned as long as neither the consequences are on disk nor the announcement, which stands
 * for them there.
 *
 * @param announced rejects when the announcement could not be written. Default: there is none.
 */
export async function followOrWarn(
  session: Session,
  ports: Ports,
  clientId: string | undefined,
  announced?: Promise<void>,
): Promise<void> {
  const following = follow(session, ports, clientId)
  await ports.writer.dirtyFlag.setUnless(announced === undefined ? following : Promise.any([following, announced]))
  await following
}

/**
 * Signs out the user of a client; without a client (a page load), the users of all clients. All tabs share the cookies,
 * so every cookie user is signed out as well.
 */
async function signOut(ports: Ports, clientId: string | undefined, isResumed = false): Promise<void> {
  const { identity, generations } = ports
  // What memory knows ends at once, even if the disk is slow. Reads that begin from now on are not of this session.
  const known = identity.ownInMemory(clientId)
  if (!isResumed) endUsers(generations, known)
  const removing = removePartitions(ports, known)
  // It is awaited below, after the disk has been read.
  removing.catch(() => undefined)
  const all = identity.ownInMemory(undefined)
  const listing = identity.own(clientId)
  await identity.leave(async (forget) => {
    const listed = await listing.catch(() => undefined)
    const own = listed ?? all
    const others = own.filter((partition) => !known.includes(partition))
    // The tokens of other pages, where nothing says which one this page has used.
    if (!isResumed) generations.advanceAll((partition) => isOfToken(partition) && others.includes(partition))
    // Where the disk cannot say what is stored, all of it goes.
    const removingOthers =
      listed === undefined ? removePartitions(ports, [EVERYONE], EVERYTHING) : removePartitions(ports, others)
    await Promise.all([removing, removingOthers, forget(own)])
  })
}

/**
 * A user signs in, perhaps another one. Stored data is served again only after the origin has answered the same user
 * with success. Answers to earlier requests are not shown any more.
 */
async function signIn(
  { identity, generations }: Ports,
  clientId: string | undefined,
  isResumed: boolean,
): Promise<void> {
  if (!isResumed) endUsers(generations)
  await identity.follow(clientId)
}

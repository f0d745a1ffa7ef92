import type { Consequences, Session } from './identity.ts'
import { isOfNobody, isOfToken } from '../../core/key.ts'
import { STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import { changeIdentityRecords, putIdentityRecord } from './identity-records.ts'
import { report } from '../report.ts'
import { promisifyRequest } from '../store/database.ts'
import { aliveWorkers } from '../store/liveness.ts'
import { ECHOES, FOLLOWED, SESSIONS, TRUST, under } from '../store/records.ts'
import type { StateReader, StateRecords, Transaction, Writer } from '../store/writer.ts'

/** The record on disk of a 401 to the user of a partition. */
interface Refusal {
  readonly kind: 'refused'
  readonly partition: string
  readonly id?: string
}

/** The record on disk of the last sign-in, with the partitions that were confirmed since. */
interface Followed {
  readonly kind: 'followed'
  readonly id: string
  readonly confirmed: readonly string[]
}

interface Echo {
  readonly kind: 'echo'
  readonly partition: string
  readonly echo: string
}

/** The record on disk of a sign-in or sign-out under way. */
export interface SessionRecord {
  readonly kind: 'session'
  readonly id: string
  /** The worker that sends it. */
  readonly worker: string
  readonly session: Session
}

/**
 * Why a partition is in doubt. 'refused': the origin answered 401. 'followed': another user may have signed in. 'none':
 * the partition is not in doubt.
 */
type Doubt = 'refused' | 'followed' | 'none'

const unended = (error: unknown): void =>
  report('identity: a sign-in or sign-out of an earlier worker could not be ended; each user is validated first', error)

/**
 * Whether the stored data of a partition is still its user's, and the name that the backend uses for that user. Both
 * are on disk for the next worker.
 */
export class PartitionTrust implements StateReader {
  readonly #writer: Writer
  readonly #consequences: Consequences
  /** The backend's name for the user of a partition. */
  readonly #echoes = new Map<string, string>()
  /** Partitions that an answer has ended, with the echo of that answer. */
  readonly #ended = new Map<string, string>()
  /** Whether the origin has refused the user of a partition; 'none': it has answered that user with success since. */
  readonly #refusals = new Map<string, 'refused' | 'none'>()
  /** The id of the last refusal of each partition, also of one that has ended. */
  readonly #ids = new Map<string, string>()
  /** The last sign-in: it puts all partitions of cookie users in doubt, except the ones confirmed since. */
  #followed: { readonly id: string; readonly confirmed: Set<string> } | undefined
  /** The ids of all sign-ins that this worker knows. */
  readonly #signIns = new Set<string>()
  /** Partitions whose users pages have named before the doubts on disk were read. */
  readonly #named = new Set<string>()
  /** The doubts on disk are in memory. Until then every partition is in doubt. */
  #isRead = false
  /** They were in memory before. */
  #wasRead = false
  /** They have been waited for long enough. */
  #isAwaited = false
  #reading: Promise<unknown> | undefined
  /** Sign-ins and sign-outs of other workers under way. As long as there are any, every partition is in doubt. */
  #others: readonly SessionRecord[] = []
  /** How often this worker has found any. */
  #found = 0
  /** Those of them that this worker is ending. */
  readonly #settling = new Set<string>()
  /** Sign-outs of this worker that are not on disk yet. As long as there are any, every partition is in doubt. */
  #signingOut = 0

  constructor(writer: Writer, consequences: Consequences) {
    this.#writer = writer
    this.#consequences = consequences
    writer.addReader(this)
  }

  /** Settles when the doubts on disk have been read, or after the limit; undefined: already settled. */
  get ready(): Promise<unknown> | undefined {
    if (this.#isRead || this.#isAwaited) return undefined
    this.#reading ??= timeout(STORE_LIMIT_MS, this.#writer.load(), undefined)
      .catch((error: unknown) => {
        report('identity: the doubts on disk cannot be read; each user is validated first', error)
      })
      .then(() => (this.#isAwaited = true))
    return this.#reading
  }

  /** Settles when the doubts on disk have been read, or when the store gives up (10 s); undefined: they have. Never rejects. */
  get read(): Promise<unknown> | undefined {
    return this.#isRead ? undefined : this.#writer.load().catch(() => undefined)
  }

  /** Another worker may have put a partition in doubt. */
  reread(): void {
    this.#isRead = this.#isAwaited = false
    this.#reading = undefined
    for (const [partition, doubt] of this.#refusals) if (doubt === 'none') this.#refusals.delete(partition)
    if (this.#named.size === 0) return
    // It may have had a sign-in, after these were named: they must be named again.
    this.#named.clear()
    this.#consequences.followed()
  }

  learn(records: StateRecords): void {
    const others: SessionRecord[] = []
    for (const record of records as readonly Partial<Refusal | Followed | Echo | SessionRecord>[]) {
      if (record?.kind === 'refused' && typeof record.partition === 'string') this.#learnRefusal(record as Refusal)
      if (record?.kind === 'followed' && typeof record.id === 'string') this.#learnSignIn(record as Followed)
      if (record?.kind === 'echo' && typeof record.partition === 'string' && !this.#echoes.has(record.partition)) {
        if (typeof record.echo === 'string') this.#echoes.set(record.partition, record.echo)
      }
      if (record?.kind === 'session' && typeof record.id === 'string') others.push(record as SessionRecord)
    }
    this.#isRead = this.#wasRead = true
    for (const partition of this.#named) void this.name(partition)
    this.#named.clear()
    this.#others = others.filter(({ worker }) => worker !== this.#writer.liveness.worker)
    if (this.#others.length === 0) return
    this.#found++
    this.#writer.whenActive(() => void this.settleOthers().catch(unended))
  }

  /** Under another `version` an app may pass other names to `identify()`, and nothing of before is stored any more. */
  takeOver({ store }: Transaction, why: 'version' | 'dirt' | undefined): void {
    if (why !== 'version') return
    this.#echoes.clear()
    store.delete(under(ECHOES))
  }

  /** A refusal on disk counts, unless this worker has ended it: its record may be there still. */
  #learnRefusal({ partition, id = '' }: Refusal): void {
    const held = this.#refusals.get(partition)
    if (held === 'refused' || this.#ids.get(partition) === id) return
    this.#ids.set(partition, id)
    // A success of this worker's own time ends a 401 of an earlier worker, though that is read only now.
    if (this.#wasRead || held !== 'none') this.#refusals.set(partition, 'refused')
  }

  /** A sign-in on disk counts, unless this worker knows it: a later one of its own may not be on disk yet. */
  #learnSignIn({ id, confirmed }: Followed): void {
    const isNews = !this.#signIns.has(id)
    if (isNews) {
      this.#signIns.add(id)
      this.#followed = { id, confirmed: new Set() }
    }
    if (this.#followed?.id === id) for (const partition of confirmed) this.#followed.confirmed.add(partition)
    if (isNews && this.#wasRead) this.#consequences.followed()
  }

  /**
   * A sign-in or sign-out of a worker that is gone counts as done. One of a worker that lives on is that worker's to end:
   * it tells the others when it has. It may also be stopped later, so ask again.
   */
  async settleOthers(): Promise<void> {
    if (this.#others.length === 0) return
    const isAlive = await aliveWorkers()
    const gone = this.#others.filter(({ id, worker }) => !isAlive(worker) && !this.#settling.has(id))
    const ids = gone.map(({ id }) => id)
    for (const id of ids) this.#settling.add(id)
    try {
      for (const session of ['sign-in', 'sign-out'] as const) {
        if (gone.some((record) => record.session === session)) await this.#consequences.resume(session)
      }
      for (const id of ids) await putIdentityRecord(this.#writer, SESSIONS + id, undefined)
      this.#others = this.#others.filter(({ id }) => !ids.includes(id))
    } finally {
      for (const id of ids) this.#settling.delete(id)
    }
  }

  /** Why a partition is in doubt; undefined: the disk has not been read yet. */
  of(partition: string): Doubt | undefined {
    // A token names its own user. A sign-in by cookie does not change that.
    const isFollowed = this.#followed?.confirmed.has(partition) === false && !isOfToken(partition)
    return isFollowed ? 'followed' : (this.#refusals.get(partition) ?? (this.#isRead ? 'none' : undefined))
  }

  /** The origin has answered the user of a partition 401. Settles when a later worker would know it. */
  async refuse(partition: string): Promise<void> {
    if (isOfNobody(partition) || this.#refusals.get(partition) === 'refused') return
    const id = crypto.randomUUID()
    this.#refusals.set(partition, 'refused')
    this.#ids.set(partition, id)
    await putIdentityRecord(this.#writer, TRUST + partition, { kind: 'refused', partition, id } satisfies Refusal)
    this.#consequences.tell()
  }

  /**
   * The partition is its user's: the doubt about it has ended. Settles when a later worker would know it.
   *
   * @param isNamed the page names the user, and no answer has come: a refusal stays. Default: false.
   */
  async confirm(partition: string, isNamed = false): Promise<void> {
    if (isOfNobody(partition) || this.of(partition) === 'none') return
    const id = this.#ids.get(partition)
    const signIn = this.#followed?.id
    if (!isNamed) this.#refusals.set(partition, 'none')
    this.#followed?.confirmed.add(partition)
    await changeIdentityRecords(this.#writer, async (store) => {
      const key = TRUST + partition
      // A doubt that another worker has had since stays.
      const asked = [key, FOLLOWED].map((each) => promisifyRequest<unknown>(store.get(each)))
      const [refusal, followed] = (await Promise.all(asked)) as [Refusal | undefined, Followed | undefined]
      if (!isNamed && (id === undefined || (refusal?.id ?? '') === id)) store.delete(key)
      if (followed === undefined || followed.id !== signIn || isOfToken(partition)) return
      const confirmed = [...new Set([...followed.confirmed, partition])]
      store.put({ ...followed, confirmed } satisfies Followed, FOLLOWED)
    })
  }

  /**
   * A page names the user of a partition. After a sign-in that ends the doubt, also where the sign-in is read only later.
   * Settles as `confirm` does.
   */
  async name(partition: string): Promise<void> {
    if (!this.#wasRead) this.#named.add(partition)
    if (this.of(partition) === 'followed') await this.confirm(partition, true)
  }

  /** A user has signed in, perhaps another one. In memory at once; the returned change does the same on disk. */
  follow(): (store: IDBObjectStore) => void {
    const id = crypto.randomUUID()
    this.#signIns.add(id)
    this.#named.clear()
    this.#followed = { id, confirmed: new Set() }
    return (store) => void store.put({ kind: 'followed', id, confirmed: [] } satisfies Followed, FOLLOWED)
  }

  /** Puts every partition in doubt until the work has settled: a sign-out that is not on disk yet. */
  async whileSigningOut<T>(work: Promise<T>): Promise<T> {
    this.#signingOut++
    return work.finally(() => this.#signingOut--)
  }

  isDoubted(partition: string): boolean {
    return !isOfNobody(partition) && (this.#others.length + this.#signingOut > 0 || this.of(partition) !== 'none')
  }

  /** Tells whether no sign-in or sign-out of another worker has been under way since this was called. */
  watchOthers(partition: string): () => boolean {
    if (isOfNobody(partition) || isOfToken(partition)) return () => true
    const isNone = this.#others.length === 0
    const found = this.#found
    return () => isNone && this.#found === found
  }

  /** Whether an echo fits the user of a partition. One without a known echo may get this, unless another user has it. */
  isCalled(partition: string, echo: string, name = this.#echoes.get(partition)): boolean {
    return name === undefined ? echo !== '' && ![...this.#echoes.values()].includes(echo) : name === echo
  }

  /** An answer was of the partition's user. The first echo of a user is kept. */
  call(partition: string, echo: string): void {
    if (this.#echoes.has(partition)) return
    this.#echoes.set(partition, echo)
    void putIdentityRecord(this.#writer, ECHOES + partition, { kind: 'echo', partition, echo } satisfies Echo)
  }

  /** The user of the partition is there again: the next answer of another user ends it. */
  begin(partition: string): void {
    this.#ended.delete(partition)
  }

  /**
   * Whether an answer with this echo ends a partition of another user. Only the first one does: nothing is stored for
   * the partition as long as the backend goes on to name that other user.
   */
  mayEnd(partition: string, echo: string): boolean {
    const isFirst = this.#ended.get(partition) !== echo
    if (isFirst && echo !== '' && !this.#echoes.has(partition)) report(RENAMED, '')
    this.#ended.set(partition, echo)
    return isFirst
  }

  /** Forgets the refusals of these partitions in memory, and that they were named. */
  forget(partitions: readonly string[]): void {
    for (const partition of partitions) {
      this.#named.delete(partition)
      this.#refusals.delete(partition)
      this.#ids.delete(partition)
    }
  }
}

const RENAMED =
  'identity: a page names its user otherwise than a page did before, for the same echo; nothing is stored for that name. If the app passes other names to identify() now, raise `version`'

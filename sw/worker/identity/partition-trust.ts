import { type Consequences, type Doubt, EVERYONE, type Session } from './identity.ts'
import { STORE_LIMIT_MS, timeout } from '../clock.ts'
import { changeIdentityRecords, putIdentityRecord } from './identity-records.ts'
import { report } from '../report.ts'
import { promisifyRequest } from '../store/database.ts'
import { aliveWorkers } from '../store/liveness.ts'
import { ECHOES, SESSIONS, TRUST } from '../store/records.ts'
import type { StateReader, StateRecords, Writer } from '../store/writer.ts'

/** The records on disk about a partition. */
type TrustRecord =
  | { readonly kind: 'trust'; readonly partition: string; readonly doubt: Doubt; readonly id?: string }
  | { readonly kind: 'echo'; readonly partition: string; readonly echo: string }

type Doubted = TrustRecord & { readonly kind: 'trust' }

const unended = (error: unknown): void =>
  report('identity: a sign-in or sign-out of an earlier worker could not be ended; each user is validated first', error)

/** The record on disk of a sign-in or sign-out under way. */
export interface SessionRecord {
  readonly kind: 'session'
  readonly id: string
  /** The worker that sends it. */
  readonly worker: string
  readonly session: Session
}

/**
 * Whether the stored data of a partition is still its user's, and the name that the backend uses for that user. Both
 * are on disk for the next worker.
 */
export class PartitionTrust implements StateReader {
  readonly #writer: Writer
  readonly #consequences: Consequences
  /** The backend's name for the user of a partition. */
  readonly #echoes = new Map<string, string>()
  /** The doubt about each partition; 'none': the doubt has ended. */
  readonly #trust = new Map<string, Doubt | 'none'>()
  /** The id of the last doubt about each partition, also of one that has ended. */
  readonly #ids = new Map<string, string>()
  /** The doubts on disk are in memory. Until then every partition is in doubt. */
  #isRead = false
  /** They were in memory before. */
  #wasRead = false
  /** They have been waited for long enough. */
  #isAwaited = false
  #reading: Promise<unknown> | undefined
  /** Sign-ins and sign-outs of other workers under way. As long as there are any, every partition is in doubt. */
  #others: readonly SessionRecord[] = []
  /** Those of them that this worker is ending. */
  readonly #settling = new Set<string>()

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

  /** Another worker may have put a partition in doubt. */
  reread(): void {
    this.#isRead = this.#isAwaited = false
    this.#reading = undefined
    for (const [partition, doubt] of this.#trust) if (doubt === 'none') this.#trust.delete(partition)
  }

  learn(records: StateRecords): void {
    const others: SessionRecord[] = []
    for (const record of records as readonly Partial<TrustRecord | SessionRecord>[]) {
      if (record?.kind === 'trust' && typeof record.partition === 'string') this.#learnDoubt(record as Doubted)
      if (record?.kind === 'echo' && typeof record.partition === 'string' && !this.#echoes.has(record.partition)) {
        if (typeof record.echo === 'string') this.#echoes.set(record.partition, record.echo)
      }
      if (record?.kind === 'session' && typeof record.id === 'string') others.push(record as SessionRecord)
    }
    this.#isRead = this.#wasRead = true
    this.#others = others.filter(({ worker }) => worker !== this.#writer.liveness.worker)
    if (this.#others.length > 0) this.#writer.whenActive(() => void this.#settleOthers().catch(unended))
  }

  /** A doubt on disk counts, unless this worker has ended it: its record may be there still. */
  #learnDoubt({ partition, doubt, id = '' }: Doubted): void {
    const held = this.#trust.get(partition)
    if (held === 'followed' || held === doubt || (held !== 'refused' && this.#ids.get(partition) === id)) return
    this.#ids.set(partition, id)
    // A success of this worker's own time ends a 401 of an earlier worker, though that is read only now.
    if (!this.#wasRead && held === 'none' && doubt === 'refused') return
    this.#trust.set(partition, doubt === 'refused' ? doubt : 'followed')
    if (doubt !== 'refused' && this.#wasRead) this.#consequences.followed(partition)
  }

  /**
   * A sign-in or sign-out of a worker that is gone counts as done. One of a worker that lives on is that worker's to end:
   * it tells the others when it has.
   */
  async #settleOthers(): Promise<void> {
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
  of(partition: string): Doubt | 'none' | undefined {
    return this.#trust.get(partition) ?? (this.#isRead ? 'none' : undefined)
  }

  async doubt(partition: string, doubt: Doubt | 'none'): Promise<void> {
    const before = this.of(partition)
    // A 401 does not clear `followed`: another user may have signed in since.
    if (partition === EVERYONE || before === doubt || (before === 'followed' && doubt === 'refused')) return
    const ended = this.#ids.get(partition)
    const id = crypto.randomUUID()
    this.#trust.set(partition, doubt)
    if (doubt !== 'none') this.#ids.set(partition, id)
    await changeIdentityRecords(this.#writer, async (store) => {
      const key = TRUST + partition
      if (doubt !== 'none') return void store.put({ kind: 'trust', partition, doubt, id } satisfies TrustRecord, key)
      // A doubt that another worker has had since stays.
      const found = (await promisifyRequest<unknown>(store.get(key))) as Partial<Doubted> | undefined
      if (ended === undefined ? found?.doubt === 'refused' : (found?.id ?? '') === ended) store.delete(key)
    })
    if (doubt !== 'none') this.#consequences.tell()
  }

  isDoubted(partition: string): boolean {
    return partition !== EVERYONE && (this.#others.length > 0 || this.of(partition) !== 'none')
  }

  /**
   * Whether an echo fits the user of a partition. A user without a known echo gets this one, unless another user has
   * it.
   */
  isCalled(partition: string, echo: string, name = this.#echoes.get(partition)): boolean {
    if (name !== undefined) return name === echo
    if (echo === '' || [...this.#echoes.values()].includes(echo)) return false
    this.#echoes.set(partition, echo)
    void putIdentityRecord(this.#writer, ECHOES + partition, { kind: 'echo', partition, echo } satisfies TrustRecord)
    return true
  }

  /** Forgets the doubts about these partitions in memory. */
  forget(partitions: readonly string[]): void {
    for (const partition of partitions) {
      this.#trust.delete(partition)
      this.#ids.delete(partition)
    }
  }
}

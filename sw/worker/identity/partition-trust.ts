import { type Consequences, type Doubt, EVERYONE } from './identity.ts'
import { putIdentityRecord } from './identity-records.ts'
import { DOUBTS, ECHOES, entriesOf, SESSIONS } from '../store/records.ts'
import { report } from '../report.ts'
import type { UseStore } from '../store/store.ts'

/**
 * Whether what is stored for a partition is still its user's, and by what name the backend knows that user: what a worker
 * leaves to the one after it.
 */
export class PartitionTrust {
  readonly #store: UseStore
  /** What the backend calls the user of a partition. */
  readonly #echoes = new Map<string, string>()
  /** Of which partitions it is doubted, or not any more, that what is stored is their user's. */
  readonly #trust = new Map<string, Doubt | 'none'>()
  /** What a worker before this one has left in doubt is among them; until then everybody is. */
  #isRead = false

  constructor(store: UseStore) {
    this.#store = store
  }

  /** Adds what the worker before has left, those of a sign-in or sign-out whose end it has not seen among it. */
  async read(resume: Consequences['resume']): Promise<void> {
    try {
      const [doubts, echoes, sessions] = await this.#store('readonly', (records) =>
        Promise.all([entriesOf(records, DOUBTS), entriesOf(records, ECHOES), entriesOf(records, SESSIONS)]),
      )
      for (const [key, doubt] of doubts) {
        const partition = key.slice(DOUBTS.length)
        if (!this.#trust.has(partition)) this.#trust.set(partition, doubt === 'refused' ? doubt : 'followed')
      }
      for (const [key, echo] of echoes) {
        const partition = key.slice(ECHOES.length)
        if (typeof echo === 'string' && !this.#echoes.has(partition)) this.#echoes.set(partition, echo)
      }
      for (const session of ['sign-in', 'sign-out'] as const) {
        if (sessions.some(([, left]) => left === session)) await resume(session)
      }
      for (const [key] of sessions) void putIdentityRecord(this.#store, key, undefined)
      this.#isRead = true
    } catch (error) {
      report('identity: whom the origin has refused cannot be read; each user is validated first', error)
    }
  }

  /** Why a partition is in doubt; undefined: who knows. */
  of(partition: string): Doubt | 'none' | undefined {
    return this.#trust.get(partition) ?? (this.#isRead ? 'none' : undefined)
  }

  async doubt(partition: string, doubt: Doubt | 'none'): Promise<void> {
    const before = this.of(partition)
    // Whoever may have been followed by another is not doubted less because the origin refuses them.
    if (partition === EVERYONE || before === doubt || (before === 'followed' && doubt === 'refused')) return
    this.#trust.set(partition, doubt)
    await putIdentityRecord(this.#store, DOUBTS + partition, doubt === 'none' ? undefined : doubt)
  }

  isDoubted(partition: string): boolean {
    return partition !== EVERYONE && this.of(partition) !== 'none'
  }

  /** Whether the backend may call the user of a partition so. A user without a name is given the one nobody else has. */
  isCalled(partition: string, echo: string, name = this.#echoes.get(partition)): boolean {
    if (name !== undefined) return name === echo
    if (echo === '' || [...this.#echoes.values()].includes(echo)) return false
    this.#echoes.set(partition, echo)
    void putIdentityRecord(this.#store, ECHOES + partition, echo)
    return true
  }

  /** In memory. */
  forget(partitions: readonly string[]): void {
    for (const partition of partitions) this.#trust.delete(partition)
  }
}

import type { IdentifiedBy } from '../../../config/language/index.ts'
import { partitionName } from '../../core/key.ts'
import { keepNote, readNote } from './notes.ts'
import { TOKENS } from '../store/records.ts'
import { report } from '../report.ts'
import type { Secrets } from './secrets.ts'
import type { UseStore } from '../store/store.ts'

/** Whose data a request with `Authorization` is about: by what the app makes of its token, else by the token itself. */
export class Tokens {
  readonly #config: IdentifiedBy
  readonly #store: UseStore
  readonly #secrets: Secrets
  /** The `Authorization` last seen for a partition: in memory only, never stored. */
  readonly #credentials = new Map<string, string>()
  /** The partition of the token each client last used. */
  readonly #used = new Map<string, string>()

  constructor(config: IdentifiedBy, store: UseStore, secrets: Secrets) {
    this.#config = config
    this.#store = store
    this.#secrets = secrets
  }

  /** The partition of a client's request, without waiting where that is possible. */
  partitionOf(credentials: string, clientId: string): string | Promise<string> {
    const partition = this.knownOf(credentials, clientId)
    if (partition === undefined) return this.#digest(credentials).then(() => this.partitionOf(credentials, clientId))
    this.#credentials.set(partition, credentials)
    return partition
  }

  /** The same, as far as memory knows at this moment. */
  knownOf(credentials: string, clientId: string): string | undefined {
    const partition = this.#partitionOf(credentials)
    if (partition !== undefined && partition !== this.#used.get(clientId)) {
      this.#used.set(clientId, partition)
      void keepNote(this.#store, TOKENS + clientId, partition)
    }
    return partition
  }

  /** The partition of the token that a client last used. */
  usedBy(clientId: string | undefined): string | undefined {
    return clientId === undefined ? undefined : this.#used.get(clientId)
  }

  /** The same, by a worker before this one as well: a page that says hello may be showing what it has read before. */
  async recall(clientId: string): Promise<string | undefined> {
    return this.usedBy(clientId) ?? (await readNote(this.#store, TOKENS + clientId)) ?? undefined
  }

  /** Those of all clients. */
  used(): Iterable<string> {
    return this.#used.values()
  }

  credentialsOf(partition: string): string | undefined {
    return this.#credentials.get(partition)
  }

  forget(partitions: readonly string[]): void {
    for (const [id, token] of this.#used) if (partitions.includes(token)) this.#used.delete(id)
    for (const partition of partitions) this.#credentials.delete(partition)
  }

  #partitionOf(credentials: string): string | undefined {
    const token = credentials.replace(/^\S+\s+/, '')
    const named = this.#named(token)
    if (named !== undefined) return partitionName('token', named)
    const subject = jwtSubject(token)
    if (subject !== undefined) return partitionName('token', ...subject)
    // The last resort: a token that says nothing has a partition of its own, and loses it when it is rotated.
    const digest = this.#secrets.known(credentials)
    return digest && partitionName('token', digest)
  }

  /** What the app calls the user of a token. It may give what names nobody, or throw: then the token itself is asked. */
  #named(token: string): string | undefined {
    try {
      const given = this.#config.partitionOf?.(token)
      const name = nameOf(given)
      // What it gives or throws may hold the token.
      if (name === undefined && given !== undefined) report(UNNAMED, typeof given)
      return name
    } catch (error) {
      report(UNNAMED, error instanceof Error ? error.name : typeof error)
      return undefined
    }
  }

  async #digest(credentials: string): Promise<void> {
    report(
      'identity: tokens do not say whose they are; configure identity.partitionOf, or a rotated token loses its cache',
      '',
    )
    await this.#secrets.digestOf(credentials)
  }
}

const UNNAMED =
  'identity: partitionOf has to give a text that is not empty, a safe integer, or undefined; the token itself names its user instead'

/** What tells one user from another. Two numbers beyond the exact ones may be read as one. */
const nameOf = (given: unknown): string | undefined =>
  Number.isSafeInteger(given) ? String(given) : typeof given === 'string' && given !== '' ? given : undefined

/** Issuer and subject of a JWT, unverified: they only choose a drawer, and whoever forges them has made the token. */
function jwtSubject(token: string): [issuer: string, subject: string] | undefined {
  const payload = token.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    const { iss, sub } = claims as { readonly iss?: unknown; readonly sub?: unknown }
    const subject = nameOf(sub)
    return subject === undefined ? undefined : [typeof iss === 'string' ? iss : '', subject]
  } catch {
    return undefined
  }
}

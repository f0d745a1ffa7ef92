import type { IdentifiedBy } from '../../../config/language/index.ts'
import { partitionName } from '../../core/key.ts'
import { promisifyRequest } from '../store/database.ts'
import { entriesOf, TOKENS, under } from '../store/records.ts'
import { report } from '../report.ts'
import type { Secrets } from './secrets.ts'
import { tellPage } from './tell-page.ts'
import type { Transactions } from '../store/writer.ts'
import { changeIdentityRecords } from './identity-records.ts'

/** The partition of a request with `Authorization`: by the app's `partitionOf`, else by the token itself. */
export class Tokens {
  readonly #config: IdentifiedBy
  readonly #store: Transactions
  readonly #secrets: Secrets
  /** The last `Authorization` of each partition, in memory only. */
  readonly #credentials = new Map<string, string>()
  /** The partitions of the tokens that each client uses: the last one of each issuer. */
  readonly #used = new Map<string, readonly string[]>()

  constructor(config: IdentifiedBy, store: Transactions, secrets: Secrets) {
    this.#config = config
    this.#store = store
    this.#secrets = secrets
  }

  /** The partition of a client's request, synchronously if possible. */
  partitionOf(credentials: string, clientId: string): string | Promise<string> {
    const partition = this.#partitionOf(credentials)
    if (partition === undefined) return this.#digest(credentials).then(() => this.partitionOf(credentials, clientId))
    this.#credentials.set(partition, credentials)
    const used = this.usedBy(clientId)
    if (!used.includes(partition)) {
      this.#used.set(clientId, withToken(used, partition))
      void this.#keep(clientId, partition)
      void tellPage(clientId).catch(() => undefined)
    }
    return partition
  }

  /** The partitions of the tokens that this worker has seen from a client. */
  usedBy(clientId: string | undefined): readonly string[] {
    return (clientId === undefined ? undefined : this.#used.get(clientId)) ?? []
  }

  /** The same, also from earlier workers: a page that connects again may show data that it read before. */
  async recall(clientId: string): Promise<readonly string[]> {
    const asked = this.#store.read((store) => promisifyRequest<unknown>(store.get(TOKENS + clientId)))
    // No answer waits for this, and a late store is not an empty one.
    const before = await asked.catch(() => undefined)
    return this.usedBy(clientId).reduce(withToken, partitionsIn(before))
  }

  /** The partitions of the tokens that this worker has seen from all clients. */
  used(): readonly string[] {
    return [...this.#used.values()].flat()
  }

  /** The same, also from earlier workers. */
  async recallAll(): Promise<readonly string[]> {
    const asked = this.#store.read((store) => entriesOf(store, under(TOKENS)))
    const before = await asked.catch(() => [])
    return [...this.used(), ...before.flatMap(([, record]) => partitionsIn(record))]
  }

  credentialsOf(partition: string): string | undefined {
    return this.#credentials.get(partition)
  }

  forget(partitions: readonly string[]): void {
    for (const [id, used] of this.#used) {
      this.#used.set(
        id,
        used.filter((partition) => !partitions.includes(partition)),
      )
    }
    for (const partition of partitions) this.#credentials.delete(partition)
  }

  /** Forgets in memory the tokens of clients that are closed. */
  tidy(open: ReadonlySet<string>): void {
    for (const clientId of this.#used.keys()) if (!open.has(clientId)) this.#used.delete(clientId)
    const used = this.used()
    for (const partition of this.#credentials.keys()) if (!used.includes(partition)) this.#credentials.delete(partition)
  }

  /** Removes these partitions from the records, in the transaction that forgets their users. */
  async erase(store: IDBObjectStore, partitions: readonly string[]): Promise<void> {
    for (const [key, record] of await entriesOf(store, under(TOKENS))) {
      store.put(
        partitionsIn(record).filter((partition) => !partitions.includes(partition)),
        key,
      )
    }
  }

  async #keep(clientId: string, partition: string): Promise<void> {
    const key = TOKENS + clientId
    await changeIdentityRecords(this.#store, async (store) => {
      store.put(withToken(partitionsIn(await promisifyRequest<unknown>(store.get(key))), partition), key)
    })
  }

  #partitionOf(credentials: string): string | undefined {
    const token = credentials.replace(/^\S+\s+/, '')
    const named = this.#named(token)
    if (named !== undefined) return partitionName('token', named)
    const subject = jwtSubject(token)
    if (subject !== undefined) return partitionName('token', ...subject)
    // The last resort: a token that does not name its user gets its own partition, and loses it when it is rotated.
    const digest = this.#secrets.known(credentials)
    return digest && partitionName('token', digest)
  }

  /** The app's name for the user of a token; undefined when `partitionOf` returns no valid name, or throws. */
  #named(token: string): string | undefined {
    try {
      const given = this.#config.partitionOf?.(token)
      const name = nameOf(given)
      // The returned value or the error may contain the token, so only its type is reported.
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

/** Adds a partition. It replaces an earlier one of the same issuer; a page may use tokens of several issuers. */
const withToken = (used: readonly string[], partition: string): readonly string[] => [
  ...used.filter((other) => issuerOf(other) !== issuerOf(partition)),
  partition,
]

const issuerOf = (partition: string): string => partition.slice(0, partition.lastIndexOf('/'))

const partitionsIn = (record: unknown): readonly string[] =>
  Array.isArray(record) ? record.filter((partition) => typeof partition === 'string') : []

/** Claims in which issuers name the user's tenant. */
const TENANT_CLAIMS = ['tid', 'tenant', 'tenant_id', 'org_id', 'organization']

const SHARED_BY_TENANTS =
  'identity: tokens name a tenant, and one user has the same stored data in all of them; tell them apart by identity.partitionOf. The claim:'

const UNNAMED =
  'identity: partitionOf has to give a text that is not empty, a safe integer, or undefined; the token itself names its user instead'

/** A valid user name: a non-empty string or a safe integer. Two larger numbers could be read as the same one. */
const nameOf = (given: unknown): string | undefined =>
  Number.isSafeInteger(given) ? String(given) : typeof given === 'string' && given !== '' ? given : undefined

/** Issuer and subject of a JWT, unverified: they only select a partition, and a forger would own the token anyway. */
function jwtSubject(token: string): [issuer: string, subject: string] | undefined {
  const payload = token.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    const { iss, sub, ...others } = claims as Readonly<Record<string, unknown>>
    const tenant = TENANT_CLAIMS.find((claim) => nameOf(others[claim]) !== undefined)
    // Only the claim's name is reported, because its value comes from the token.
    if (tenant !== undefined) report(SHARED_BY_TENANTS, tenant)
    const subject = nameOf(sub)
    return subject === undefined ? undefined : [typeof iss === 'string' ? iss : '', subject]
  } catch {
    return undefined
  }
}

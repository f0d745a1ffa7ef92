import type { IdentifiedBy } from '../../../config/language/index.ts'
import { partitionName } from '../../core/key.ts'
import { jwtSubject, nameOf } from '../../fetch/token-user.ts'
import { askClient } from '../ask-client.ts'
import { promisifyRequest } from '../store/database.ts'
import { entriesOf, TOKENS, under } from '../store/records.ts'
import { report } from '../report.ts'
import { worker } from '../scope.ts'
import type { Secrets } from './secrets.ts'
import { tellPage } from './tell-page.ts'
import type { Transactions } from '../store/writer.ts'
import {
  afterSignIn,
  type ClientTokens,
  clientTokensIn,
  leftBehind,
  NO_TOKENS,
  withoutTokens,
  withToken,
} from './client-tokens.ts'
import { changeIdentityRecords } from './identity-records.ts'

/** The partition of a request with `Authorization`: by the app's `partitionOf`, else by the token itself. */
export class Tokens {
  readonly #config: IdentifiedBy
  readonly #store: Transactions
  readonly #secrets: Secrets
  /** The last `Authorization` of each partition, in memory only. */
  readonly #credentials = new Map<string, string>()
  /** The tokens of each client, as far as this worker has seen them. */
  readonly #clients = new Map<string, ClientTokens>()
  readonly #end: (partitions: readonly string[]) => Promise<void>

  /** @param end ends partitions whose users have left without a sign-out: others have signed in after them. */
  constructor(
    config: IdentifiedBy,
    store: Transactions,
    secrets: Secrets,
    end: (partitions: readonly string[]) => Promise<void>,
  ) {
    this.#config = config
    this.#store = store
    this.#secrets = secrets
    this.#end = end
  }

  /** The partition of a client's request, synchronously if possible. */
  partitionOf(credentials: string, clientId: string): string | Promise<string> {
    const partition = this.#partitionOf(credentials)
    if (partition === undefined) return this.#digest(credentials).then(() => this.partitionOf(credentials, clientId))
    this.#credentials.set(partition, credentials)
    const tokens = this.#clients.get(clientId) ?? NO_TOKENS
    // Also the first use after a sign-in: the same user has signed in again.
    if (!tokens.used.includes(partition) || tokens.former.includes(partition)) {
      this.#clients.set(clientId, withToken(tokens, partition))
      this.#keep(clientId, partition).catch((error: unknown) => report(UNENDED, error))
      void tellPage(clientId).catch(() => undefined)
    }
    return partition
  }

  /** The partitions of the tokens that this worker has seen from a client. */
  usedBy(clientId: string | undefined): readonly string[] {
    return (clientId === undefined ? undefined : this.#clients.get(clientId)?.used) ?? []
  }

  /**
   * The same, also from earlier workers: a page that connects again may show data that it read before.
   *
   * @param used what memory knows. Default: what it knows once the disk has been read.
   */
  async recall(clientId: string, used?: readonly string[]): Promise<readonly string[]> {
    const asked = this.#store.read((store) => promisifyRequest<unknown>(store.get(TOKENS + clientId)))
    // No answer waits for this, and a late store is not an empty one.
    const before = await asked.catch(() => undefined)
    return (used ?? this.usedBy(clientId)).reduce(withToken, clientTokensIn(before)).used
  }

  /** The partitions of the tokens that this worker has seen from all clients. */
  used(): readonly string[] {
    return [...this.#clients.values()].flatMap(({ used }) => used)
  }

  /** The same, also from earlier workers. Of what this worker sees while the disk is read, nothing. */
  async recallAll(): Promise<readonly string[]> {
    const used = this.used()
    const asked = this.#store.read((store) => entriesOf(store, under(TOKENS)))
    const before = await asked.catch(() => [])
    return [...used, ...before.flatMap(([, record]) => clientTokensIn(record).used)]
  }

  /**
   * The last `Authorization` of a partition: from the page that asks, which may have renewed it without a request that the
   * worker has seen; else from memory, else from an open page that names it.
   */
  async credentialsOf(partition: string, clientId?: string): Promise<string | undefined> {
    const asker = clientId === undefined ? undefined : await worker.clients.get(clientId)
    if (asker !== undefined) await this.#learnFrom([asker])
    if (!this.#credentials.has(partition)) await this.#learnFrom(await worker.clients.matchAll({ type: 'window' }))
    return this.#credentials.get(partition)
  }

  async #learnFrom(clients: readonly Client[]): Promise<void> {
    await Promise.all(
      clients.map(async (client) => {
        const said = await askClient(client, { say: 'authorization' })
        // A page may have a token of another user by now.
        if (typeof said === 'string' && said !== '') await this.partitionOf(said, client.id)
      }),
    )
  }

  /**
   * A client has signed in, perhaps as another user: what it has used so far ends once it uses another token. At once in
   * memory; the returned change does the same on disk.
   */
  signIn(clientId: string): (store: IDBObjectStore) => Promise<void> {
    const tokens = this.#clients.get(clientId) ?? NO_TOKENS
    this.#clients.set(clientId, afterSignIn(tokens))
    return async (store) => {
      const key = TOKENS + clientId
      const before = clientTokensIn(await promisifyRequest<unknown>(store.get(key)))
      // Another worker may have seen the next token already, and this one the last.
      const { used } = tokens.used.reduce(withToken, before)
      if (used.length > 0) store.put(afterSignIn(before, used), key)
    }
  }

  forget(partitions: readonly string[]): void {
    for (const [id, tokens] of this.#clients) this.#clients.set(id, withoutTokens(tokens, partitions))
    for (const partition of partitions) this.#credentials.delete(partition)
  }

  /** Forgets in memory the tokens of clients that are closed. */
  tidy(open: ReadonlySet<string>): void {
    for (const clientId of this.#clients.keys()) if (!open.has(clientId)) this.#clients.delete(clientId)
    const used = this.used()
    for (const partition of this.#credentials.keys()) if (!used.includes(partition)) this.#credentials.delete(partition)
  }

  /**
   * Removes these partitions from the records, in the transaction that forgets their users.
   *
   * @param without what is removed of a record. Default: the partitions, used or not.
   */
  async erase(store: IDBObjectStore, partitions: readonly string[], without = withoutTokens): Promise<void> {
    for (const [key, record] of await entriesOf(store, under(TOKENS))) {
      store.put(without(clientTokensIn(record), partitions), key)
    }
  }

  /** Records that a client uses a token. Ends the partitions that are left behind by that. */
  async #keep(clientId: string, partition: string): Promise<void> {
    const key = TOKENS + clientId
    const records = await changeIdentityRecords(this.#store, async (store) => {
      const kept = new Map(await entriesOf(store, under(TOKENS)))
      const tokens = withToken(clientTokensIn(kept.get(key)), partition)
      store.put(tokens, key)
      return kept.set(key, tokens)
    })
    const clients = [...(records ?? [])].map(
      ([of, record]) => [of.slice(TOKENS.length), clientTokensIn(record)] as const,
    )
    if (clients.every(([, { former }]) => former.length === 0)) return
    // Only the open clients count. What this worker has seen of them may not be on disk yet.
    const open = (await worker.clients.matchAll({ includeUncontrolled: true, type: 'all' })).map(({ id }) => id)
    const inMemory = [...this.#clients].map(([id, { used }]) => [id, { used, former: [] }] as const)
    const left = leftBehind([...clients, ...inMemory].flatMap(([id, tokens]) => (open.includes(id) ? [tokens] : [])))
    if (left.length > 0) await this.#end(left)
  }

  #partitionOf(credentials: string): string | undefined {
    const token = credentials.replace(/^\S+\s+/, '')
    const named = this.#named(token)
    if (named !== undefined) return partitionName('token', named)
    const subject = jwtSubject(token, (claim) => report(SHARED_BY_TENANTS, claim))
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

const UNENDED = 'identity: what a user has left behind is not deleted yet'

const SHARED_BY_TENANTS =
  'identity: tokens name a tenant, and one user has the same stored data in all of them; tell them apart by identity.partitionOf. The claim:'

const UNNAMED =
  'identity: partitionOf has to give a text that is not empty, a safe integer, or undefined; the token itself names its user instead'

import type { IdentifiedBy } from '../../../config/language/index.ts'
import type { Fields } from '../../core/head.ts'
import { isOfToken, partitionName } from '../../core/key.ts'
import { STORE_LIMIT_MS } from '../clock.ts'
import { PartitionTrust } from './partition-trust.ts'
import { type Consequences, type Doubt, EVERYONE, type Users } from './identity.ts'
import { changeIdentityRecords, putIdentityRecord, readIdentityRecord } from './identity-records.ts'
import { CLIENTS, LAST, storedPartitions, TOKENS, TRUST, under } from '../store/records.ts'
import { worker } from '../scope.ts'
import type { Secrets } from './secrets.ts'
import { promisifyRequest } from '../store/database.ts'
import type { Writer } from '../store/writer.ts'
import { tellPage } from './tell-page.ts'
import { Tokens } from './tokens.ts'
import { ofUser, userOf, ClientUsers } from './client-users.ts'

/** The identity for a config that tells users apart. */
export const usersBy = (...ports: ConstructorParameters<typeof UsersByConfig>): Users => new UsersByConfig(...ports)

/**
 * Finds the user of a request. `Authorization` decides first, then the page's `identify()`, then the backend's echo. If
 * a user is required and unknown, nothing personal is stored or served (I3).
 */
class UsersByConfig implements Users {
  readonly #config: IdentifiedBy
  readonly #store: Writer
  readonly #consequences: Consequences
  readonly #tokens: Tokens
  readonly #clientUsers: ClientUsers
  readonly #trust: PartitionTrust
  /** The last user on disk, if this worker has written it. */
  #last: string | undefined

  constructor(config: IdentifiedBy, store: Writer, secrets: Secrets, consequences: Consequences) {
    this.#config = config
    this.#store = store
    this.#consequences = consequences
    this.#tokens = new Tokens(config, store, secrets)
    this.#clientUsers = new ClientUsers(store)
    this.#trust = new PartitionTrust(store, {
      ...consequences,
      followed: (partition) => {
        // All clients share the cookies, so each client's user must be named again.
        this.#clientUsers.forget()
        consequences.followed(partition)
      },
    })
  }

  /** The partition of a request, synchronously if possible. */
  partitionOf(
    request: Request,
    clientId: string,
    rule: { readonly public: boolean },
  ): string | undefined | Promise<string | undefined> {
    if (rule.public) return EVERYONE
    const { ready } = this.#trust
    return ready === undefined
      ? this.#partitionOf(request, clientId)
      : ready.then(() => this.#partitionOf(request, clientId))
  }

  #partitionOf(request: Request, clientId: string): string | undefined | Promise<string | undefined> {
    const { by, probe } = this.#config
    const credentials = request.headers.get('authorization')
    if (credentials !== null && by.includes('authorization')) return this.#tokens.partitionOf(credentials, clientId)
    const user = this.#clientUsers.userOf(clientId)
    if (user !== undefined) return ofUser(user)
    if (by.includes('identify')) return this.#clientUsers.ask(clientId)
    if (!by.includes('echo')) return undefined
    return this.#clientUsers.learned(clientId, probe, (fields) => this.learn(clientId, fields))
  }

  knownOf(request: Request, clientId: string): string | undefined | Promise<string> {
    const credentials = request.headers.get('authorization')
    return credentials === null || !this.#config.by.includes('authorization')
      ? ofUser(this.#clientUsers.userOf(clientId))
      : this.#tokens.partitionOf(credentials, clientId)
  }

  learn(clientId: string, fields: Fields | undefined): void {
    const echo = fields && this.#echoIn(fields)
    if (echo !== undefined) {
      void this.#isNow(clientId, echo)
      void tellPage(clientId).catch(() => undefined)
    }
    this.#clientUsers.endLearning(clientId)
  }

  isOf(partition: string, clientId: string, fields: Fields): boolean {
    const echo = this.#echoIn(fields)
    if (echo === undefined || partition === EVERYONE || isOfToken(partition)) return true
    const user = userOf(partition)
    const isNamed = this.#config.by.includes('identify')
    if (this.#trust.isCalled(partition, echo, isNamed ? undefined : user)) {
      this.#keepLast(user)
      return true
    }
    // Another user has signed in, in another tab or on the server, and the page does not know it.
    this.#clientUsers.unsay(clientId)
    if (!isNamed) void this.#isNow(clientId, echo)
    return false
  }

  doubt(partition: string, doubt: Doubt | 'none'): Promise<void> {
    return this.#trust.doubt(partition, doubt)
  }

  isDoubted(partition: string): boolean {
    return this.#trust.isDoubted(partition)
  }

  confirms(partition: string, fields: Fields): boolean {
    if (isOfToken(partition)) return true
    // The worker cannot see cookies. With `echo`, only an echo confirms. Else the page must name the user again.
    return this.#config.by.includes('echo') ? Boolean(this.#echoIn(fields)) : this.#trust.of(partition) !== 'followed'
  }

  async last(clientId: string): Promise<string | undefined> {
    // No user is signed in, so no personal data may be shown.
    if (this.#config.offlineIdentity !== 'last' || this.#clientUsers.userOf(clientId) === null) return undefined
    await this.#trust.ready
    return ofUser(await readIdentityRecord(this.#store, LAST, STORE_LIMIT_MS))
  }

  /** Records the last user that a trusted source has named. */
  #keepLast(user: string | undefined): void {
    if (user === undefined || user === this.#last || this.#config.offlineIdentity !== 'last') return
    this.#last = user
    void putIdentityRecord(this.#store, LAST, user)
  }

  async ofPage(clientId: string, fields: Fields): Promise<string | undefined> {
    const echo = this.#echoIn(fields)
    if (!this.#config.by.includes('identify')) {
      if (echo === undefined) return undefined
      await this.#isNow(clientId, echo)
      return ofUser(echo)
    }
    const partition = await this.#clientUsers.ofPage(clientId)
    if (partition === undefined || this.isOf(partition, clientId, fields)) return partition
    // The answer belongs to another user, so the partition ends.
    await this.#consequences.end([partition])
    return undefined
  }

  /** The partitions whose entries a client may be shown. */
  async partitionsOf(clientId: string): Promise<string[]> {
    const user = this.#clientUsers.userOf(clientId) ?? (await this.#clientUsers.recall(clientId))
    const tokens = this.#config.by.includes('authorization') ? await this.#tokens.recall(clientId) : []
    const all = [EVERYONE, ofUser(user), ...tokens]
    return all.filter((partition) => partition !== undefined)
  }

  credentialsOf(partition: string): string | undefined {
    return this.#tokens.credentialsOf(partition)
  }

  async identify(clientId: string, user: string | null): Promise<void> {
    // With `echo` alone a page does not decide: its `null` would end the data of all users.
    if (this.#config.by.includes('identify')) await this.#isNow(clientId, user)
  }

  /** Sets the user of a client, as named by its page or by the backend. */
  async #isNow(clientId: string, user: string | null): Promise<void> {
    const { by } = this.#config
    const isEcho = by.includes('echo') && !by.includes('identify')
    const partition = ofUser(user) ?? ''
    // After a sign-in, naming the same user again ends the doubt.
    if (!by.includes('echo') && this.#trust.of(partition) === 'followed') void this.doubt(partition, 'none')
    const before = this.#clientUsers.userOf(clientId)
    if (before === user) return
    this.#clientUsers.say(clientId, user)
    // All clients share the cookies, so the backend's user is that of all. Pages may each name another user.
    const outdated = isEcho ? this.#clientUsers.unsayOthers(user) : []
    const isGone = typeof before === 'string' && !this.#clientUsers.users().includes(before)
    const gone = isGone ? [partitionName('user', before)] : []
    // In this order: if the worker is stopped in between, no client is left with the data of a former user.
    const keeping = putIdentityRecord(this.#store, CLIENTS + clientId, user)
    const ending = this.#consequences.end(gone)
    if (!by.includes('identify') || !by.includes('echo')) this.#keepLast(user ?? undefined)
    const others = await this.#othersThan(isEcho ? [user] : undefined)
    await Promise.all([
      keeping,
      ending,
      ...outdated.map((id) => putIdentityRecord(this.#store, CLIENTS + id, undefined)),
      this.#consequences.end(others.filter((other) => !gone.includes(other))),
    ])
  }

  /** The stored partitions of all users except these. Default: except the users of open clients. */
  async #othersThan(users?: readonly (string | null)[]): Promise<string[]> {
    const [stored, held] = await Promise.all([this.#stored(), users ?? this.#clientUsers.held()])
    return stored.filter((partition) => {
      const user = userOf(partition)
      return user !== undefined && !held.includes(user)
    })
  }

  /** Every partition that has something on disk, however long the store takes. One that fails knows of none. */
  #stored(): Promise<string[]> {
    return this.#store.read(storedPartitions).catch(() => [])
  }

  async own(clientId: string | undefined): Promise<string[]> {
    // Asked at once: a sign-out waits for the disk as few times as possible.
    const [used, all, stored] = await Promise.all([
      clientId === undefined ? Promise.resolve([]) : this.#tokens.recall(clientId),
      this.#tokens.recallAll(),
      this.#stored(),
    ])
    const isTheirs = (partition: string): boolean => used.length === 0 || used.includes(partition)
    const tokens = used.length === 0 ? all : used
    const theirs = stored.filter(
      (partition) => partition !== EVERYONE && (!isOfToken(partition) || isTheirs(partition)),
    )
    return [...new Set([...this.ownInMemory(clientId), ...tokens, ...theirs])]
  }

  ownInMemory(clientId: string | undefined): string[] {
    const users = this.#clientUsers.users().map(ofUser)
    const used = this.#tokens.usedBy(clientId)
    const tokens = used.length === 0 ? this.#tokens.used() : used
    return [...new Set([...users, ...tokens])].filter((partition) => partition !== undefined)
  }

  async forgetWords(): Promise<void> {
    await this.#clientUsers.erase(() =>
      changeIdentityRecords(this.#store, (store) => void store.delete(under(CLIENTS))),
    )
  }

  async forget(own: readonly string[]): Promise<void> {
    this.#tokens.forget(own)
    this.#trust.forget(own)
    this.#last = undefined
    await this.#clientUsers.erase(() =>
      // The echo of a user stays on disk. It shows when a tab still names a former user.
      changeIdentityRecords(this.#store, async (store) => {
        // All clients share the cookies, so each client's user must be named again.
        store.delete(under(CLIENTS))
        await this.#tokens.erase(store, own)
        for (const partition of own) store.delete(TRUST + partition)
        store.delete(LAST)
      }),
    )
  }

  /** Forgets the closed clients. */
  async tidy(): Promise<void> {
    const known = await this.#store.read(async (store) => {
      const keys = [CLIENTS, TOKENS].map((kind) => promisifyRequest(store.getAllKeys(under(kind))))
      return (await Promise.all(keys)).flat().map(String)
    })
    // Asked after what is known, so that no client which has just opened counts as closed.
    const open = new Set((await worker.clients.matchAll({ includeUncontrolled: true })).map(({ id }) => id))
    this.#clientUsers.tidy(open)
    this.#tokens.tidy(open)
    const closed = known.filter((key) => !open.has(key.slice(key.indexOf(' ') + 1)))
    if (closed.length === 0) return
    await this.#store.write(({ store }) => {
      for (const key of closed) store.delete(key)
    })
  }

  #echoIn(fields: Fields): string | undefined {
    const { by, echo = '' } = this.#config
    return by.includes('echo') ? fields.get(echo.toLowerCase()) : undefined
  }
}

import type { IdentifiedBy } from '../../../config/language/index.ts'
import type { Fields } from '../../core/head.ts'
import { ANONYMOUS, isOfNobody, isOfToken, partitionName } from '../../core/key.ts'
import { PartitionTrust } from './partition-trust.ts'
import { type Consequences, EVERYONE, type Users } from './identity.ts'
import { changeIdentityRecords, putIdentityRecord, readIdentityRecord } from './identity-records.ts'
import { CLIENTS, LAST, storedPartitions, TOKENS, TRUST, under } from '../store/records.ts'
import { worker } from '../scope.ts'
import { settleWithin } from '../settle-within.ts'
import type { Secrets } from './secrets.ts'
import { promisifyRequest } from '../store/database.ts'
import type { Writer } from '../store/writer.ts'
import { withoutFormer } from './client-tokens.ts'
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
    this.#tokens = new Tokens(config, store, secrets, (partitions) => this.#endLeftBehind(partitions))
    this.#clientUsers = new ClientUsers(store)
    this.#trust = new PartitionTrust(store, {
      ...consequences,
      followed: () => {
        // All clients share the cookies, so each client's user must be named again.
        this.#clientUsers.forget()
        consequences.followed()
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
    if (this.#isByTokenAlone) return ANONYMOUS
    const user = this.#clientUsers.userOf(clientId)
    if (user !== undefined) return ofUser(user)
    if (by.includes('identify')) return this.#clientUsers.ask(clientId)
    if (!by.includes('echo')) return undefined
    return this.#clientUsers.learned(clientId, probe, (fields) => this.learn(clientId, fields))
  }

  knownOf(request: Request, clientId: string): string | undefined | Promise<string> {
    const credentials = request.headers.get('authorization')
    if (credentials !== null && this.#config.by.includes('authorization')) {
      return this.#tokens.partitionOf(credentials, clientId)
    }
    return this.#isByTokenAlone ? ANONYMOUS : ofUser(this.#clientUsers.userOf(clientId))
  }

  learn(clientId: string, fields: Fields | undefined): void {
    const echo = fields && this.#echoIn(fields)
    if (echo !== undefined) {
      void settleWithin(this.#isNow(clientId, echo))
      void tellPage(clientId).catch(() => undefined)
    }
    this.#clientUsers.endLearning(clientId, fields !== undefined && echo === undefined)
  }

  endIfOther(partition: string, clientId: string, fields: Fields): Promise<unknown> | undefined {
    const echo = this.#echoIn(fields)
    if (echo === undefined || isOfNobody(partition) || isOfToken(partition)) return undefined
    if (!this.isOther(partition, fields)) {
      // With `echo` alone the echo is the name.
      if (this.#config.by.includes('identify')) this.#trust.call(partition, echo)
      this.#trust.begin(partition)
      this.#keepLast(userOf(partition))
      return undefined
    }
    if (!this.#trust.mayEnd(partition, echo)) return Promise.resolve()
    // Another user has signed in, in another tab or on the server, and the page does not know it.
    this.#clientUsers.unsay(clientId)
    const ending = this.#consequences.end([partition])
    if (!this.#config.by.includes('identify')) return Promise.all([ending, this.#isNow(clientId, echo)])
    // The page is asked, and no record of before answers in its place.
    return Promise.all([ending, putIdentityRecord(this.#store, CLIENTS + clientId, undefined)])
  }

  isOther(partition: string, fields: Fields): boolean {
    const echo = this.#echoIn(fields)
    if (echo === undefined || isOfNobody(partition) || isOfToken(partition)) return false
    const isNamed = this.#config.by.includes('identify')
    return !this.#trust.isCalled(partition, echo, isNamed ? undefined : userOf(partition))
  }

  refuse(partition: string): Promise<void> {
    return this.#trust.refuse(partition)
  }

  confirm(partition: string): Promise<void> {
    return this.#trust.confirm(partition)
  }

  get ready(): Promise<unknown> | undefined {
    return this.#trust.ready
  }

  get read(): Promise<unknown> | undefined {
    return this.#trust.read
  }

  isDoubted(partition: string): boolean {
    return this.#trust.isDoubted(partition)
  }

  watchOthers(partition: string): () => boolean {
    return this.#trust.watchOthers(partition)
  }

  confirms(partition: string, fields: Fields): boolean {
    if (isOfToken(partition)) return true
    // The worker cannot see cookies. With `echo`, only an echo confirms. Else the page must name the user again.
    return this.#config.by.includes('echo') ? Boolean(this.#echoIn(fields)) : this.#trust.of(partition) !== 'followed'
  }

  async last(clientId: string): Promise<string | undefined> {
    // No user is signed in, so no personal data may be shown.
    if (this.#config.offlineIdentity !== 'last' || this.#clientUsers.userOf(clientId) === null) return undefined
    // The network has brought nothing, so a slow disk is waited for.
    await this.#trust.read
    const last = await readIdentityRecord(this.#store, LAST)
    // The page may have named its user meanwhile.
    const user = this.#clientUsers.userOf(clientId)
    return ofUser(user === undefined ? last : (user ?? undefined))
  }

  /** Records the last user that a trusted source has named. */
  #keepLast(user: string | undefined): void {
    if (user === undefined || user === this.#last || this.#config.offlineIdentity !== 'last') return
    this.#last = user
    void putIdentityRecord(this.#store, LAST, user)
  }

  async ofPage(clientId: string, fields: Fields, isSameSession: () => boolean): Promise<string | undefined> {
    const echo = this.#echoIn(fields)
    if (!this.#config.by.includes('identify')) {
      if (echo === undefined) return undefined
      await this.#isNow(clientId, echo)
      return ofUser(echo)
    }
    const partition = await this.#clientUsers.ofPage(clientId)
    if (!isSameSession()) return undefined
    const ending = partition && this.endIfOther(partition, clientId, fields)
    if (!ending) return partition
    await ending
    return undefined
  }

  /** The partitions whose entries a client may be shown. */
  async partitionsOf(clientId: string): Promise<string[]> {
    const user = this.#clientUsers.userOf(clientId) ?? (await this.#clientUsers.recall(clientId))
    const tokens = this.#config.by.includes('authorization') ? await this.#tokens.recall(clientId) : []
    const all = [EVERYONE, this.#isByTokenAlone ? ANONYMOUS : ofUser(user), ...tokens]
    return all.filter((partition) => partition !== undefined)
  }

  async credentialsOf(partition: string, clientId: string | undefined): Promise<string | undefined> {
    return isOfToken(partition) ? this.#tokens.credentialsOf(partition, clientId) : undefined
  }

  async identify(clientId: string, user: string | null): Promise<void> {
    const { by } = this.#config
    // With `echo` alone a page does not decide: its `null` would end the data of all users.
    if (!by.includes('identify')) return
    const isSame = this.#clientUsers.userOf(clientId) === user
    const noting = isSame || !by.includes('authorization') ? undefined : this.#noteSignIn(clientId, user)
    await Promise.all([noting, this.#isNow(clientId, user)])
  }

  /** A page that names another user than before has signed in. The first name that it gives is no sign-in. */
  #noteSignIn(clientId: string, user: string | null): Promise<void> {
    const signIn = this.#tokens.signIn(clientId)
    return changeIdentityRecords(this.#store, async (store) => {
      const before = await promisifyRequest<unknown>(store.get(CLIENTS + clientId))
      if (before !== undefined && before !== user) await signIn(store)
    })
  }

  /** Sets the user of a client, as named by its page or by the backend. */
  async #isNow(clientId: string, user: string | null): Promise<void> {
    const { by } = this.#config
    const isEcho = by.includes('echo') && !by.includes('identify')
    const partition = ofUser(user) ?? ''
    const before = this.#clientUsers.userOf(clientId)
    this.#clientUsers.say(clientId, user)
    if (!by.includes('echo') && partition !== '') void this.#trust.name(partition)
    if (before === user) return
    // All clients share the cookies, so the backend's user is that of all. Pages may each name another user.
    const outdated = isEcho ? this.#clientUsers.unsayOthers(user) : []
    if (isEcho) {
      this.#trust.begin(partition)
      this.#consequences.advance((other) => userOf(other) !== undefined && other !== partition)
    }
    const isGone = typeof before === 'string' && !this.#clientUsers.users().includes(before)
    const gone = isGone ? partitionName('user', before) : undefined
    this.#consequences.advance((other) => other === gone)
    // Together: if the worker is stopped in between, no client is left with a former user.
    const keeping = [
      changeIdentityRecords(this.#store, (records) => {
        // Not if the name was forgotten while the disk was slow.
        if (this.#clientUsers.userOf(clientId) === user) records.put(user, CLIENTS + clientId)
      }),
      ...outdated.map((id) => putIdentityRecord(this.#store, CLIENTS + id, undefined)),
    ]
    if (!by.includes('identify') || !by.includes('echo')) this.#keepLast(user ?? undefined)
    // A client that this worker has not heard of may have the user too. No read in the air asks for the others.
    const others = (await this.#storedOfOthers(isEcho)) ?? (gone === undefined ? [] : [gone])
    await Promise.all([...keeping, this.#consequences.remove(others)])
  }

  /**
   * The stored partitions of all users except those in memory (one, by echo), or except those of open clients. Undefined:
   * the disk cannot be read, and any of them may have an open client.
   */
  async #storedOfOthers(isEcho: boolean): Promise<string[] | undefined> {
    try {
      const stored = await this.#store.read(storedPartitions)
      // Asked afterwards: a user who was named while the disk was read is among them.
      const held = isEcho ? this.#clientUsers.users() : await this.#clientUsers.held()
      return stored.filter((partition) => {
        const user = userOf(partition)
        return user !== undefined && !held.includes(user)
      })
    } catch {
      return undefined
    }
  }

  async own(clientId: string | undefined): Promise<string[]> {
    // Memory as it is now: who is named, or uses a token, while the disk is read has not signed out.
    const inMemory = this.ownInMemory(clientId)
    // Asked at once: a sign-out waits for the disk as few times as possible.
    const [used, all, stored] = await Promise.all([
      clientId === undefined ? Promise.resolve([]) : this.#tokens.recall(clientId, this.#tokens.usedBy(clientId)),
      this.#tokens.recallAll(),
      this.#store.read(storedPartitions),
    ])
    const isTheirs = (partition: string): boolean => used.length === 0 || used.includes(partition)
    const tokens = used.length === 0 ? all : used
    const theirs = stored.filter(
      (partition) => !isOfNobody(partition) && (!isOfToken(partition) || isTheirs(partition)),
    )
    return [...new Set([...inMemory, ...tokens, ...theirs])]
  }

  ownInMemory(clientId: string | undefined): string[] {
    const users = this.#clientUsers.users().map(ofUser)
    // A page load is of no client, and may be of any.
    const tokens = clientId === undefined ? this.#tokens.used() : this.#tokens.usedBy(clientId)
    return [...new Set([...users, ...tokens])].filter((partition) => partition !== undefined)
  }

  follow(clientId: string | undefined): Promise<void> {
    const follow = this.#trust.follow()
    const signIn = clientId === undefined ? undefined : this.#tokens.signIn(clientId)
    return this.#clientUsers.erase((forgetClients) =>
      this.#store.write(async ({ store }) => {
        follow(store)
        await Promise.all([signIn?.(store), forgetClients(store)])
      }),
    )
  }

  /** Ends partitions whose users have left without a sign-out. Until that is on disk, their names are there as well. */
  async #endLeftBehind(partitions: readonly string[]): Promise<void> {
    this.#trust.forget(partitions)
    await this.#consequences.end(partitions)
    await changeIdentityRecords(this.#store, async (store) => {
      await this.#tokens.erase(store, partitions, withoutFormer)
      for (const partition of partitions) store.delete(TRUST + partition)
    })
  }

  leave(work: (forget: (own: readonly string[]) => Promise<void>) => Promise<void>): Promise<void> {
    this.#last = undefined
    const leaving = this.#clientUsers.erase((forgetClients) =>
      work((own) => {
        this.#tokens.forget(own)
        this.#trust.forget(own)
        // The echo of a user stays on disk. It shows when a tab still names a former user.
        return changeIdentityRecords(this.#store, async (store) => {
          await Promise.all([forgetClients(store), this.#tokens.erase(store, own)])
          for (const partition of own) store.delete(TRUST + partition)
          // Unless another user was named meanwhile.
          if (this.#last === undefined) store.delete(LAST)
        })
      }),
    )
    return this.#trust.whileSigningOut(leaving)
  }

  async tidy(): Promise<void> {
    await this.#trust.settleOthers()
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

  /** Tokens alone say who asks: a request without one belongs to no user. */
  get #isByTokenAlone(): boolean {
    return this.#config.by.every((way) => way === 'authorization')
  }

  #echoIn(fields: Fields): string | undefined {
    const { by, echo = '' } = this.#config
    return by.includes('echo') ? fields.get(echo.toLowerCase()) : undefined
  }
}

import type { IdentifiedBy } from '../../config/language/index.ts'
import type { Fields } from '../core/head.ts'
import { isOfToken, partitionName } from '../core/key.ts'
import { envelope } from '../protocol.ts'
import { STORE_LIMIT_MS, within } from './clock.ts'
import { CLIENTS, DOUBTS, ECHOES, entriesOf, LAST, SESSIONS, storedPartitions, TOKENS, under } from './records.ts'
import { report } from './report.ts'
import { type Consequences, type Doubt, EVERYONE, type Identity, type IdentityOf } from './identity.ts'
import { worker } from './scope.ts'
import type { Secrets } from './secrets.ts'
import { promisifyRequest, type UseStore } from './store.ts'

/** What a page may take to say who its user is, when its first read is faster than its word. */
const ASK_LIMIT_MS = 300
/** How long a page that has just been loaded may take until it runs and says it. */
const PAGE_LIMIT_MS = 10_000
/** What the first answer of a client, or the probe, may take to say it; then reads go on without. */
const LEARN_LIMIT_MS = 3000

/** Users are told apart. */
export const identified: IdentityOf = (...ports) => new Users(...ports)

/** Something that several wait for. */
interface Awaited {
  readonly done: Promise<void>
  readonly settle: () => void
}

/**
 * Whose data a request is about. `Authorization` decides first, then what the client's page said by `identify()`, then
 * what the backend's echo said. Undefined where a user is required and unknown: then nothing personal is stored or
 * served (I3).
 */
class Users implements Identity {
  readonly #config: IdentifiedBy
  readonly #store: UseStore
  readonly #secrets: Secrets
  readonly #consequences: Consequences
  /** Who each client's user is, as its page or the backend said; null: nobody. */
  readonly #users = new Map<string, string | null>()
  readonly #asking = new Map<string, Awaited>()
  /** Clients whose page is to be kept once it has said whose it is. */
  readonly #loading = new Map<string, Awaited>()
  /** Clients whose first answer, or the probe, is to say who they are. */
  readonly #learning = new Map<string, Awaited>()
  readonly #silent = new Set<string>()
  /** What the backend calls the user of a partition. */
  readonly #echoes = new Map<string, string>()
  /** Of which partitions it is doubted, or not any more, that what is stored is their user's. */
  readonly #doubts = new Map<string, Doubt | 'none'>()
  /** What a worker before this one has left in doubt is among them; until then everybody is. */
  #areDoubtsRead = false
  /** Undefined once reads wait no longer for what that worker has left. */
  #ready: Promise<unknown> | undefined
  /** The `Authorization` last seen for a partition: in memory only, never stored. */
  readonly #credentials = new Map<string, string>()
  /** As it is on disk, if this worker has put it there. */
  #last: string | undefined
  /** The partition of the token each client last used. */
  readonly #tokens = new Map<string, string>()

  constructor(config: IdentifiedBy, store: UseStore, secrets: Secrets, consequences: Consequences) {
    this.#config = config
    this.#store = store
    this.#secrets = secrets
    this.#consequences = consequences
    this.#ready = within(STORE_LIMIT_MS, this.#readDoubts(), undefined).then(() => (this.#ready = undefined))
  }

  /** The partition of a request, without waiting where that is possible. */
  partitionOf(
    request: Request,
    clientId: string,
    rule: { readonly public: boolean },
  ): string | undefined | Promise<string | undefined> {
    if (rule.public) return EVERYONE
    if (this.#ready === undefined) return this.#partitionOf(request, clientId)
    return this.#ready.then(() => this.#partitionOf(request, clientId))
  }

  #partitionOf(request: Request, clientId: string): string | undefined | Promise<string | undefined> {
    const { by } = this.#config
    const credentials = request.headers.get('authorization')
    if (credentials !== null && by.includes('authorization')) return this.#ofToken(credentials, clientId)
    const user = this.#users.get(clientId)
    if (user !== undefined) return ofUser(user)
    if (by.includes('identify')) return this.#ask(clientId)
    return by.includes('echo') ? this.#learned(clientId) : undefined
  }

  knownOf(request: Request, clientId: string): string | undefined {
    const credentials = request.headers.get('authorization')
    if (credentials === null || !this.#config.by.includes('authorization')) {
      return ofUser(this.#users.get(clientId) ?? null)
    }
    const partition = this.#partitionOfToken(credentials)
    if (partition !== undefined) this.#uses(clientId, partition)
    return partition
  }

  learn(clientId: string, fields: Fields | undefined): void {
    const echo = fields && this.#echoIn(fields)
    if (echo !== undefined) void this.#isNow(clientId, echo)
    this.#learning.get(clientId)?.settle()
    this.#learning.delete(clientId)
  }

  isOf(partition: string, clientId: string, fields: Fields): boolean {
    const echo = this.#echoIn(fields)
    if (echo === undefined || partition === EVERYONE || isOfToken(partition)) return true
    const isNamed = this.#config.by.includes('identify')
    const known = isNamed ? this.#echoes.get(partition) : userOf(partition)
    // A name that the backend has for another partition's user is not this one's as well.
    const isFree = known === undefined && echo !== '' && ![...this.#echoes.values()].includes(echo)
    if (known === echo || isFree) {
      if (isFree) {
        this.#echoes.set(partition, echo)
        void this.#keep(ECHOES + partition, echo)
      }
      this.#keepLast(userOf(partition))
      return true
    }
    // Another user has signed in behind this page's back, in another tab or on the server.
    this.#users.delete(clientId)
    if (!isNamed) void this.#isNow(clientId, echo)
    return false
  }

  async doubt(partition: string, doubt: Doubt | 'none'): Promise<void> {
    const before = this.#doubtOf(partition)
    // Whoever may have been followed by another is not doubted less because the origin refuses them.
    if (partition === EVERYONE || before === doubt || (before === 'followed' && doubt === 'refused')) return
    this.#doubts.set(partition, doubt)
    await this.#keep(DOUBTS + partition, doubt === 'none' ? undefined : doubt)
  }

  isDoubted(partition: string): boolean {
    return partition !== EVERYONE && this.#doubtOf(partition) !== 'none'
  }

  confirms(partition: string, fields: Fields): boolean {
    if (isOfToken(partition)) return true
    // Cookies do not show: where the backend names its user, only that will do; else the page has to say it anew.
    return this.#config.by.includes('echo') ? Boolean(this.#echoIn(fields)) : this.#doubtOf(partition) !== 'followed'
  }

  async last(clientId: string): Promise<string | undefined> {
    // Of one who is known to be nobody there is nothing to show.
    if (this.#config.offlineIdentity !== 'last' || this.#users.get(clientId) === null) return undefined
    await this.#ready
    return ofUser((await this.#read(LAST)) ?? null)
  }

  /** Somebody is the last user of whom there was a word that can be believed. */
  #keepLast(user: string | undefined): void {
    if (user === undefined || user === this.#last || this.#config.offlineIdentity !== 'last') return
    this.#last = user
    void this.#keep(LAST, user)
  }

  async ofPage(clientId: string, fields: Fields): Promise<string | undefined> {
    const echo = this.#echoIn(fields)
    if (!this.#config.by.includes('identify')) {
      if (echo === undefined) return undefined
      await this.#isNow(clientId, echo)
      return ofUser(echo)
    }
    if (!this.#users.has(clientId)) {
      const loading = awaited()
      this.#loading.set(clientId, loading)
      await within(PAGE_LIMIT_MS, loading.done, undefined)
      this.#loading.delete(clientId)
    }
    const partition = ofUser(this.#users.get(clientId) ?? null)
    return partition !== undefined && this.isOf(partition, clientId, fields) ? partition : undefined
  }

  /** The partitions whose entries a client may be shown. */
  async partitionsOf(clientId: string): Promise<string[]> {
    const user = this.#users.get(clientId) ?? (await this.#recall(clientId))
    const ofToken = this.#config.by.includes('authorization')
      ? (this.#tokens.get(clientId) ?? (await this.#read(TOKENS + clientId)))
      : undefined
    const all = [EVERYONE, ofUser(user ?? null), ofToken]
    return all.filter((partition) => typeof partition === 'string')
  }

  credentialsOf(partition: string): string | undefined {
    return this.#credentials.get(partition)
  }

  async identify(clientId: string, user: string | null): Promise<void> {
    // Where the backend alone is believed, a page that says nobody would end everybody.
    if (this.#config.by.includes('identify')) await this.#isNow(clientId, user)
  }

  /** Who the user of a client is, as its page or the backend says. */
  async #isNow(clientId: string, user: string | null): Promise<void> {
    const { by } = this.#config
    const isEcho = by.includes('echo') && !by.includes('identify')
    const partition = ofUser(user) ?? ''
    // Said again after a sign-in it is news all the same.
    if (!by.includes('echo') && this.#doubtOf(partition) === 'followed') void this.doubt(partition, 'none')
    const before = this.#users.get(clientId)
    if (before === user) return
    this.#users.set(clientId, user)
    this.#silent.delete(clientId)
    this.#asking.get(clientId)?.settle()
    this.#loading.get(clientId)?.settle()
    // What the backend says holds for all that go by cookies; pages may have a user each.
    const outdated = isEcho ? [...this.#users].filter(([, other]) => other !== user).map(([id]) => id) : []
    for (const id of outdated) this.#users.delete(id)
    const held = new Set(this.#users.values())
    const gone = typeof before === 'string' && !held.has(before) ? [partitionName('user', before)] : []
    const ending = this.#consequences.end(gone)
    if (!by.includes('identify') || !by.includes('echo')) this.#keepLast(user ?? undefined)
    const others = await this.#othersThan(isEcho ? [user] : undefined)
    await Promise.all([
      ending,
      this.#keep(CLIENTS + clientId, user),
      ...outdated.map((id) => this.#keep(CLIENTS + id, undefined)),
      this.#consequences.end(others.filter((partition) => !gone.includes(partition))),
    ])
  }

  /** The stored partitions of users whom nobody has any more. Default: those of no open client. */
  async #othersThan(users?: readonly (string | null)[]): Promise<string[]> {
    const [stored, held] = await Promise.all([this.#stored(), users ?? this.#held()])
    return stored.filter((partition) => {
      const user = userOf(partition)
      return user !== undefined && !held.includes(user)
    })
  }

  /** The users of all open clients. */
  async #held(): Promise<readonly (string | null | undefined)[]> {
    const clients = await worker.clients.matchAll({ includeUncontrolled: true })
    return Promise.all(
      clients.map(async ({ id }) => (this.#users.has(id) ? this.#users.get(id) : this.#read(CLIENTS + id))),
    )
  }

  /** Every partition that has something on disk. A store that fails or hangs knows of none. */
  #stored(): Promise<string[]> {
    return within(STORE_LIMIT_MS, this.#store('readonly', storedPartitions), []).catch(() => [])
  }

  async own(clientId: string | undefined): Promise<string[]> {
    const token = clientId === undefined ? undefined : this.#tokens.get(clientId)
    const theirs = (await this.#stored()).filter(
      (partition) => partition !== EVERYONE && (!isOfToken(partition) || token === undefined || partition === token),
    )
    return [...new Set([...this.ownInMemory(clientId), ...theirs])]
  }

  ownInMemory(clientId: string | undefined): string[] {
    const users = [...this.#users.values()].map(ofUser)
    const token = clientId === undefined ? undefined : this.#tokens.get(clientId)
    const tokens = token === undefined ? [...this.#tokens.values()] : [token]
    return [...new Set([...users, ...tokens])].filter((partition) => partition !== undefined)
  }

  async forgetWords(): Promise<void> {
    this.#users.clear()
    this.#silent.clear()
    await this.#store('readwrite', (store) => {
      store.delete(under(CLIENTS))
      return promisifyRequest(store.transaction)
    }).catch((error: unknown) => report('identity: who the users were could not be forgotten', error))
  }

  async forget(own: readonly string[]): Promise<void> {
    for (const [id, token] of this.#tokens) if (own.includes(token)) this.#tokens.delete(id)
    for (const partition of own) {
      this.#credentials.delete(partition)
      this.#doubts.delete(partition)
    }
    this.#last = undefined
    // Whoever goes by cookies says anew who it is.
    await this.forgetWords()
    // What the backend calls a user stays: by it a tab is found out that still says who it was.
    await this.#store('readwrite', async (store) => {
      for (const [key, partition] of await entriesOf(store, TOKENS)) {
        if (own.includes(String(partition))) store.delete(key)
      }
      for (const partition of own) store.delete(DOUBTS + partition)
      store.delete(LAST)
      return promisifyRequest(store.transaction)
    })
  }

  /** Forgets the clients that are gone. */
  async tidy(): Promise<void> {
    const open = new Set((await worker.clients.matchAll({ includeUncontrolled: true })).map(({ id }) => id))
    for (const clientId of this.#users.keys()) if (!open.has(clientId)) this.#users.delete(clientId)
    await this.#store('readwrite', async (store) => {
      for (const kind of [CLIENTS, TOKENS]) {
        const known = await promisifyRequest(store.getAllKeys(under(kind)))
        for (const key of known) if (!open.has(String(key).slice(kind.length))) store.delete(key)
      }
    })
  }

  async #readDoubts(): Promise<void> {
    try {
      const [doubts, echoes, sessions] = await this.#store('readonly', (records) =>
        Promise.all([entriesOf(records, DOUBTS), entriesOf(records, ECHOES), entriesOf(records, SESSIONS)]),
      )
      for (const [key, doubt] of doubts) {
        const partition = key.slice(DOUBTS.length)
        if (!this.#doubts.has(partition)) this.#doubts.set(partition, doubt === 'refused' ? doubt : 'followed')
      }
      for (const [key, echo] of echoes) {
        const partition = key.slice(ECHOES.length)
        if (typeof echo === 'string' && !this.#echoes.has(partition)) this.#echoes.set(partition, echo)
      }
      for (const session of ['sign-in', 'sign-out'] as const) {
        if (sessions.some(([, left]) => left === session)) await this.#consequences.resume(session)
      }
      for (const [key] of sessions) void this.#keep(key, undefined)
      this.#areDoubtsRead = true
    } catch (error) {
      report('identity: whom the origin has refused cannot be read; each user is validated first', error)
    }
  }

  /** Whether a partition is in doubt; undefined: who knows. */
  #doubtOf(partition: string): Doubt | 'none' | undefined {
    return this.#doubts.get(partition) ?? (this.#areDoubtsRead ? 'none' : undefined)
  }

  #echoIn(fields: Fields): string | undefined {
    const { by, echo = '' } = this.#config
    return by.includes('echo') ? fields.get(echo.toLowerCase()) : undefined
  }

  /**
   * What the backend says of a client that nobody has spoken for: by the probe, or else by the client's first answer, for
   * which its other reads wait.
   */
  async #learned(clientId: string): Promise<string | undefined> {
    const known = await this.#recall(clientId)
    if (known !== undefined) return ofUser(known)
    let learning = this.#learning.get(clientId)
    if (learning === undefined) {
      learning = awaited()
      this.#learning.set(clientId, learning)
      const { probe } = this.#config
      // This one goes to the network without a partition, and its answer says whose it was.
      if (probe === undefined) return undefined
      fetch(probe, { cache: 'no-store', credentials: 'include' }).then(
        ({ headers }) => this.learn(clientId, new Map(headers)),
        () => this.learn(clientId, undefined),
      )
    }
    await within(LEARN_LIMIT_MS, learning.done, undefined)
    return ofUser(this.#users.get(clientId) ?? null)
  }

  #ofToken(credentials: string, clientId: string): string | Promise<string> {
    const partition = this.#partitionOfToken(credentials)
    if (partition === undefined) return this.#digest(credentials).then(() => this.#ofToken(credentials, clientId))
    this.#credentials.set(partition, credentials)
    this.#uses(clientId, partition)
    return partition
  }

  /** Known to the next worker as well: a page that says hello to it may be showing what it has read before. */
  #uses(clientId: string, partition: string): void {
    if (this.#tokens.get(clientId) === partition) return
    this.#tokens.set(clientId, partition)
    void this.#keep(TOKENS + clientId, partition)
  }

  #partitionOfToken(credentials: string): string | undefined {
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

  /** Remembers, or else asks the page and waits a moment. A page that did not answer once is not waited for again. */
  async #ask(clientId: string): Promise<string | undefined> {
    const known = await this.#recall(clientId)
    if (known !== undefined) return ofUser(known)
    if (this.#silent.has(clientId) || clientId === '') return undefined
    let asking = this.#asking.get(clientId)
    if (asking === undefined) {
      asking = awaited()
      this.#asking.set(clientId, asking)
      const client = await worker.clients.get(clientId)
      client?.postMessage(envelope({ say: 'who' }))
    }
    if ((await within(ASK_LIMIT_MS, asking.done, 'silent')) === 'silent') {
      this.#silent.add(clientId)
      report('identity: a page did not say who its user is; its reads go to the network and are not stored', clientId)
    }
    this.#asking.delete(clientId)
    return ofUser(this.#users.get(clientId) ?? null)
  }

  async #recall(clientId: string): Promise<string | null | undefined> {
    const known = await this.#read(CLIENTS + clientId)
    if (known !== undefined && !this.#users.has(clientId)) this.#users.set(clientId, known)
    return this.#users.get(clientId)
  }

  async #read(key: string): Promise<string | null | undefined> {
    const asked = this.#store('readonly', (store) => promisifyRequest<unknown>(store.get(key)))
    const found = await within(STORE_LIMIT_MS, asked, undefined).catch(() => undefined)
    return typeof found === 'string' || found === null ? found : undefined
  }

  /** @param value undefined removes the record. */
  async #keep(key: string, value: string | null | undefined): Promise<void> {
    await this.#store('readwrite', (store) => {
      if (value === undefined) store.delete(key)
      else store.put(value, key)
      return promisifyRequest(store.transaction)
    }).catch((error: unknown) => report('identity: who the user is could not be stored; memory holds it', error))
  }
}

function awaited(): Awaited {
  let settle = (): void => undefined
  const done = new Promise<void>((resolve) => (settle = resolve))
  return { done, settle }
}

/** The user of a partition, as `partitionName` was given it. */
const userOf = (partition: string): string | undefined =>
  partition.startsWith('user/') ? (JSON.parse(`"${decodeURIComponent(partition.slice(5))}"`) as string) : undefined

/** An empty name is no name: all who have none would share it. */
const ofUser = (user: string | null): string | undefined =>
  user === null || user === '' ? undefined : partitionName('user', user)

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

import type { IdentifiedBy } from '../../config/language/index.ts'
import { partitionName } from '../core/key.ts'
import { envelope } from '../protocol.ts'
import { within } from './clock.ts'
import { CLIENTS, under } from './records.ts'
import { report } from './report.ts'
import { EVERYONE, type Identity, type IdentityOf } from './everyone.ts'
import { worker } from './scope.ts'
import { promisifyRequest, type UseStore } from './store.ts'

/** What a page may take to say who its user is, when its first read is faster than its word. */
const ASK_LIMIT_MS = 300

/** Users are told apart. */
export const identified: IdentityOf = (config, store) => new Users(config, store)

/**
 * Whose data a request is about. `Authorization` decides first, then what the client's page said by `identify()`.
 * Undefined where a user is required and unknown: then nothing personal is stored or served (I3).
 */
class Users implements Identity {
  readonly #config: IdentifiedBy
  readonly #store: UseStore
  /** What each client said: a user, or null for nobody. */
  readonly #users = new Map<string, string | null>()
  readonly #asking = new Map<string, { answered: Promise<void>; answer: () => void }>()
  readonly #silent = new Set<string>()
  readonly #digests = new Map<string, string>()
  /** The `Authorization` last seen for a partition: in memory only, never stored. */
  readonly #credentials = new Map<string, string>()
  /** The partition of the token each client last used. */
  readonly #tokens = new Map<string, string>()

  constructor(config: IdentifiedBy, store: UseStore) {
    this.#config = config
    this.#store = store
  }

  /** The partition of a request, without waiting where that is possible. */
  partitionOf(
    request: Request,
    clientId: string,
    rule: { readonly public: boolean },
  ): string | undefined | Promise<string | undefined> {
    if (rule.public) return EVERYONE
    const { by } = this.#config
    const credentials = request.headers.get('authorization')
    if (credentials !== null && by.includes('authorization')) return this.#ofToken(credentials, clientId)
    if (!by.includes('identify')) return undefined
    const user = this.#users.get(clientId)
    return user === undefined ? this.#ask(clientId) : ofUser(user)
  }

  /** The partitions whose entries a client may be shown. */
  async partitionsOf(clientId: string): Promise<string[]> {
    const user = this.#users.get(clientId) ?? (await this.#recall(clientId))
    const own = user === null || user === undefined ? [] : [partitionName('user', user)]
    const token = this.#tokens.get(clientId)
    return [EVERYONE, ...own, ...(token === undefined ? [] : [token])]
  }

  /** The `Authorization` last seen for a partition: for requests of the worker's own, held in memory only. */
  credentialsOf(partition: string): string | undefined {
    return this.#credentials.get(partition)
  }

  /** A page says who its user is; null: nobody is signed in. */
  async identify(clientId: string, user: string | null): Promise<void> {
    if (this.#users.get(clientId) === user) return
    this.#users.set(clientId, user)
    this.#silent.delete(clientId)
    this.#asking.get(clientId)?.answer()
    await this.#store('readwrite', (store) => {
      store.put(user, CLIENTS + clientId)
      return promisifyRequest(store.transaction)
    })
  }

  /** Forgets the clients that are gone. */
  async tidy(): Promise<void> {
    const open = new Set((await worker.clients.matchAll({ includeUncontrolled: true })).map(({ id }) => CLIENTS + id))
    await this.#store('readwrite', async (store) => {
      const known = await promisifyRequest(store.getAllKeys(under(CLIENTS)))
      for (const key of known) if (!open.has(String(key))) store.delete(key)
    })
  }

  #ofToken(credentials: string, clientId: string): string | Promise<string> {
    const partition = this.#partitionOfToken(credentials) ?? this.#digests.get(credentials)
    if (partition === undefined) return this.#ofDigest(credentials).then(() => this.#ofToken(credentials, clientId))
    this.#credentials.set(partition, credentials)
    this.#tokens.set(clientId, partition)
    return partition
  }

  #partitionOfToken(credentials: string): string | undefined {
    const token = credentials.replace(/^\S+\s+/, '')
    const named = this.#config.partitionOf?.(token)
    if (named !== undefined) return partitionName('token', named)
    const subject = jwtSubject(token)
    return subject && partitionName('token', ...subject)
  }

  /** The last resort: a token that says nothing has a partition of its own, and loses it when it is rotated. */
  async #ofDigest(credentials: string): Promise<void> {
    report('identity: tokens are not JWTs; configure identity.partitionOf, or a rotated token loses its cache', '')
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`freshlayer ${credentials}`))
    this.#digests.set(credentials, partitionName('token', btoa(String.fromCharCode(...new Uint8Array(digest)))))
  }

  /** Remembers, or else asks the page and waits a moment. A page that did not answer once is not waited for again. */
  async #ask(clientId: string): Promise<string | undefined> {
    const known = await this.#recall(clientId)
    if (known !== undefined) return ofUser(known)
    if (this.#silent.has(clientId) || clientId === '') return undefined
    let asking = this.#asking.get(clientId)
    if (asking === undefined) {
      let answer = (): void => undefined
      const answered = new Promise<void>((resolve) => (answer = resolve))
      asking = { answered, answer }
      this.#asking.set(clientId, asking)
      const client = await worker.clients.get(clientId)
      client?.postMessage(envelope({ say: 'who' }))
    }
    if ((await within(ASK_LIMIT_MS, asking.answered, 'silent')) === 'silent') {
      this.#silent.add(clientId)
      report('identity: a page did not say who its user is; its reads go to the network and are not stored', clientId)
    }
    this.#asking.delete(clientId)
    return ofUser(this.#users.get(clientId) ?? null)
  }

  async #recall(clientId: string): Promise<string | null | undefined> {
    const known = await this.#store('readonly', (store) =>
      promisifyRequest<string | null | undefined>(store.get(CLIENTS + clientId)),
    ).catch(() => undefined)
    if (known !== undefined && !this.#users.has(clientId)) this.#users.set(clientId, known)
    return this.#users.get(clientId)
  }
}

const ofUser = (user: string | null): string | undefined => (user === null ? undefined : partitionName('user', user))

/** Issuer and subject of a JWT, unverified: they only choose a drawer, and whoever forges them has made the token. */
function jwtSubject(token: string): [issuer: string, subject: string] | undefined {
  const payload = token.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return undefined
    return ['iss' in claims ? String(claims.iss) : '', String(claims.sub)]
  } catch {
    return undefined
  }
}

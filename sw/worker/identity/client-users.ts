import type { Fields } from '../../core/head.ts'
import { partitionName } from '../../core/key.ts'
import { envelope } from '../../protocol.ts'
import { isPaused, type Pause, pauseFor, STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import { readIdentityRecord } from './identity-records.ts'
import { promisifyRequest } from '../store/database.ts'
import { CLIENTS, under } from '../store/records.ts'
import { report } from '../report.ts'
import { worker } from '../scope.ts'
import type { Transactions } from '../store/writer.ts'

/** How long a read waits for its page to name the user. */
const ASK_LIMIT_MS = 300
/** How long a newly loaded page may take to run and to name the user. */
const PAGE_LIMIT_MS = 10_000
/** How long the first answer of a client, or the probe, may take to name the user. Then reads go on without a user. */
const LEARN_LIMIT_MS = 3000
/** How long the backend is not asked again, and reads do not wait, after it has named no user. */
const UNNAMED_MS = 10_000

/** An event that several callers wait for. */
interface Awaited {
  readonly done: Promise<void>
  readonly settle: () => void
}

/** The user of each client, as named by its page or by the backend, and the waiting for that name. */
export class ClientUsers {
  readonly #store: Transactions
  /** By client; null: no user is signed in. */
  readonly #users = new Map<string, string | null>()
  readonly #asking = new Map<string, Awaited>()
  /** Clients whose loaded page is stored once it has named its user. */
  readonly #loading = new Map<string, Awaited>()
  /** Clients whose user the first answer, or the probe, will name. */
  readonly #learning = new Map<string, Awaited>()
  /** Clients whose page once did not name its user. */
  readonly #silent = new Set<string>()
  /** Clients for which the backend named no user a while ago. */
  readonly #unnamed = new Map<string, Pause>()
  /** Moves when users are forgotten. */
  #generation = 0
  /** Erasures of users on disk under way: what is read meanwhile may be of before. */
  #erasing = 0

  constructor(store: Transactions) {
    this.#store = store
  }

  /** The user of a client in memory; undefined: not named yet. */
  userOf(clientId: string): string | null | undefined {
    return this.#users.get(clientId)
  }

  /** The users of all clients in memory. */
  users(): readonly (string | null)[] {
    return [...this.#users.values()]
  }

  /** The users of all open clients, from memory or from disk. Rejects where the disk cannot be read. */
  async held(): Promise<readonly unknown[]> {
    const clients = await worker.clients.matchAll({ includeUncontrolled: true })
    return Promise.all(
      clients.map(async ({ id }) =>
        this.#users.has(id)
          ? this.#users.get(id)
          : this.#store.read((store) => promisifyRequest<unknown>(store.get(CLIENTS + id))),
      ),
    )
  }

  /** Sets the user of a client. Reads that wait for it go on. */
  say(clientId: string, user: string | null): void {
    this.#users.set(clientId, user)
    this.#silent.delete(clientId)
    this.#asking.get(clientId)?.settle()
    this.#loading.get(clientId)?.settle()
  }

  /** Forgets the user of a client. */
  unsay(clientId: string): void {
    this.#generation++
    this.#users.delete(clientId)
  }

  /** Forgets the user of every client with another user than this one. Returns these clients. */
  unsayOthers(user: string | null): string[] {
    const outdated = [...this.#users].filter(([, other]) => other !== user).map(([id]) => id)
    for (const id of outdated) this.unsay(id)
    return outdated
  }

  /**
   * The partition of a client's user: the known one, else the page is asked. A page that once did not answer is not
   * awaited again.
   */
  async ask(clientId: string): Promise<string | undefined> {
    const known = await this.recall(clientId, STORE_LIMIT_MS)
    if (known !== undefined) return ofUser(known)
    if (this.#silent.has(clientId) || clientId === '') return undefined
    let asking = this.#asking.get(clientId)
    if (asking === undefined) {
      const client = await worker.clients.get(clientId)
      if (client !== undefined && isOfPage(client)) return ofUser(await this.#onlyUser())
      asking = this.#asking.get(clientId) ?? awaited()
      this.#asking.set(clientId, asking)
      client?.postMessage(envelope({ say: 'who' }))
    }
    if ((await timeout(ASK_LIMIT_MS, asking.done, 'silent')) === 'silent') {
      this.#silent.add(clientId)
      report('identity: a page did not say who its user is; its reads go to the network and are not stored', clientId)
    }
    this.#asking.delete(clientId)
    return ofUser(this.#users.get(clientId))
  }

  /** The user of every open page, where all have the same; undefined: they differ, or one has not named its user. */
  async #onlyUser(): Promise<string | null | undefined> {
    const pages = (await worker.clients.matchAll({ type: 'window' })).filter((client) => !isOfPage(client))
    await Promise.all(pages.map(({ id }) => this.recall(id, STORE_LIMIT_MS)))
    // As memory has them now: while one record was read, another page may have named another user.
    const users = new Set(pages.map(({ id }) => this.#users.get(id)))
    return users.size === 1 ? [...users][0] : undefined
  }

  /**
   * The partition of a client whose user only the backend can name: by the probe, else by the client's first answer.
   * The client's other reads wait for it.
   */
  async learned(
    clientId: string,
    probe: string | undefined,
    learn: (fields: Fields | undefined) => void,
  ): Promise<string | undefined> {
    const known = await this.recall(clientId, STORE_LIMIT_MS)
    if (known !== undefined) return ofUser(known)
    if (isPaused(this.#unnamed.get(clientId))) return undefined
    let learning = this.#learning.get(clientId)
    if (learning === undefined) {
      learning = awaited()
      this.#learning.set(clientId, learning)
      // This read goes to the network without a partition. Its answer names the user.
      if (probe === undefined) return undefined
      const generation = this.#generation
      fetch(probe, { cache: 'no-store', credentials: 'include' }).then(
        // An answer to a request of before a sign-in or sign-out does not name the user of now.
        ({ headers }) => learn(generation === this.#generation ? new Map(headers) : undefined),
        () => learn(undefined),
      )
    }
    await timeout(LEARN_LIMIT_MS, learning.done, undefined)
    return ofUser(this.#users.get(clientId))
  }

  /**
   * The backend has answered, or has failed to: reads that wait for the client's user go on.
   *
   * @param isUnnamed the answer names no user: for a while reads do not wait. Each of their answers may name one.
   */
  endLearning(clientId: string, isUnnamed: boolean): void {
    if (isUnnamed) this.#unnamed.set(clientId, pauseFor(UNNAMED_MS))
    this.#learning.get(clientId)?.settle()
    this.#learning.delete(clientId)
  }

  /** The partition of the user that a loading page names once it runs. */
  async ofPage(clientId: string): Promise<string | undefined> {
    if (!this.#users.has(clientId)) {
      const loading = awaited()
      this.#loading.set(clientId, loading)
      await timeout(PAGE_LIMIT_MS, loading.done, undefined)
      this.#loading.delete(clientId)
    }
    return ofUser(this.#users.get(clientId))
  }

  /**
   * The user of a client, also from the record of an earlier worker.
   *
   * @param limitMs how long the store is waited for. Default: however long it takes.
   */
  async recall(clientId: string, limitMs?: number): Promise<string | null | undefined> {
    const generation = this.#generation
    const known = await readIdentityRecord(this.#store, CLIENTS + clientId, limitMs)
    // A user who was forgotten meanwhile is not brought back.
    const isNews =
      known !== undefined && !this.#users.has(clientId) && generation === this.#generation && this.#erasing === 0
    if (isNews) this.#users.set(clientId, known)
    return this.#users.get(clientId)
  }

  /** Forgets all users in memory. */
  forget(): void {
    this.#generation++
    this.#users.clear()
    this.#silent.clear()
    this.#unnamed.clear()
  }

  /**
   * The same, also on disk. A user who is named meanwhile stays.
   *
   * @param write calls the function that it gets in a transaction.
   */
  async erase(write: (forget: (store: IDBObjectStore) => Promise<void>) => Promise<void>): Promise<void> {
    this.forget()
    this.#erasing++
    const forget = async (store: IDBObjectStore): Promise<void> => {
      for (const key of await promisifyRequest(store.getAllKeys(under(CLIENTS)))) {
        if (!this.#users.has(String(key).slice(CLIENTS.length))) store.delete(key)
      }
    }
    await write(forget).finally(() => {
      this.#generation++
      this.#erasing--
    })
  }

  /** Forgets in memory the users of clients that are closed. */
  tidy(open: ReadonlySet<string>): void {
    for (const known of [this.#users, this.#silent, this.#unnamed]) {
      for (const clientId of known.keys()) if (!open.has(clientId)) known.delete(clientId)
    }
  }
}

function awaited(): Awaited {
  let settle = (): void => undefined
  const done = new Promise<void>((resolve) => (settle = resolve))
  return { done, settle }
}

/** The partition of a user. An empty name gives none: all users without a name would share the partition. */
export const ofUser = (user: string | null | undefined): string | undefined =>
  user === null || user === undefined || user === '' ? undefined : partitionName('user', user)

/** The user of a partition, as it was passed to `partitionName`. */
export const userOf = (partition: string): string | undefined =>
  partition.startsWith('user/') ? (JSON.parse(`"${decodeURIComponent(partition.slice(5))}"`) as string) : undefined

/** Whether a client belongs to a page, and cannot name its user itself: a worker that the page has started, or a frame. */
const isOfPage = ({ type, url }: Client): boolean =>
  type === 'worker' || type === 'sharedworker' || url === 'about:srcdoc'

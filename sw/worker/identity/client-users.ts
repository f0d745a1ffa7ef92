import type { Fields } from '../../core/head.ts'
import { partitionName } from '../../core/key.ts'
import { envelope } from '../../protocol.ts'
import { timeout } from '../clock.ts'
import { readIdentityRecord } from './identity-records.ts'
import { CLIENTS } from '../store/records.ts'
import { report } from '../report.ts'
import { worker } from '../scope.ts'
import type { Transactions } from '../store/writer.ts'

/** What a page may take to say who its user is, when its first read is faster than its word. */
const ASK_LIMIT_MS = 300
/** How long a page that has just been loaded may take until it runs and says it. */
const PAGE_LIMIT_MS = 10_000
/** What the first answer of a client, or the probe, may take to say it; then reads go on without. */
const LEARN_LIMIT_MS = 3000

/** Something that several wait for. */
interface Awaited {
  readonly done: Promise<void>
  readonly settle: () => void
}

/** Who each client's user is, as its page or the backend has said, and the waiting for such a word. */
export class ClientUsers {
  readonly #store: Transactions
  /** By client; null: nobody. */
  readonly #users = new Map<string, string | null>()
  readonly #asking = new Map<string, Awaited>()
  /** Clients whose page is to be kept once it has said whose it is. */
  readonly #loading = new Map<string, Awaited>()
  /** Clients whose first answer, or the probe, is to say who they are. */
  readonly #learning = new Map<string, Awaited>()
  readonly #silent = new Set<string>()

  constructor(store: Transactions) {
    this.#store = store
  }

  /** As far as memory knows; undefined: nobody has said. */
  userOf(clientId: string): string | null | undefined {
    return this.#users.get(clientId)
  }

  /** The users of all clients. */
  users(): readonly (string | null)[] {
    return [...this.#users.values()]
  }

  /** The same, of those that are open, whoever knows it. */
  async held(): Promise<readonly (string | null | undefined)[]> {
    const clients = await worker.clients.matchAll({ includeUncontrolled: true })
    return Promise.all(
      clients.map(async ({ id }) =>
        this.#users.has(id) ? this.#users.get(id) : readIdentityRecord(this.#store, CLIENTS + id),
      ),
    )
  }

  /** Somebody speaks for a client: who waits for that goes on. */
  say(clientId: string, user: string | null): void {
    this.#users.set(clientId, user)
    this.#silent.delete(clientId)
    this.#asking.get(clientId)?.settle()
    this.#loading.get(clientId)?.settle()
  }

  /** What was said for a client does not hold any more. */
  unsay(clientId: string): void {
    this.#users.delete(clientId)
  }

  /** Nor for all that have another user than this one. Gives which clients these are. */
  unsayOthers(user: string | null): string[] {
    const outdated = [...this.#users].filter(([, other]) => other !== user).map(([id]) => id)
    for (const id of outdated) this.#users.delete(id)
    return outdated
  }

  /** Remembers, or else asks the page and waits a moment. A page that did not answer once is not waited for again. */
  async ask(clientId: string): Promise<string | undefined> {
    const known = await this.recall(clientId)
    if (known !== undefined) return ofUser(known)
    if (this.#silent.has(clientId) || clientId === '') return undefined
    let asking = this.#asking.get(clientId)
    if (asking === undefined) {
      asking = awaited()
      this.#asking.set(clientId, asking)
      const client = await worker.clients.get(clientId)
      client?.postMessage(envelope({ say: 'who' }))
    }
    if ((await timeout(ASK_LIMIT_MS, asking.done, 'silent')) === 'silent') {
      this.#silent.add(clientId)
      report('identity: a page did not say who its user is; its reads go to the network and are not stored', clientId)
    }
    this.#asking.delete(clientId)
    return ofUser(this.#users.get(clientId))
  }

  /**
   * What the backend says of a client that nobody has spoken for: by the probe, or else by the client's first answer, for
   * which its other reads wait.
   */
  async learned(
    clientId: string,
    probe: string | undefined,
    learn: (fields: Fields | undefined) => void,
  ): Promise<string | undefined> {
    const known = await this.recall(clientId)
    if (known !== undefined) return ofUser(known)
    let learning = this.#learning.get(clientId)
    if (learning === undefined) {
      learning = awaited()
      this.#learning.set(clientId, learning)
      // This one goes to the network without a partition, and its answer says whose it was.
      if (probe === undefined) return undefined
      fetch(probe, { cache: 'no-store', credentials: 'include' }).then(
        ({ headers }) => learn(new Map(headers)),
        () => learn(undefined),
      )
    }
    await timeout(LEARN_LIMIT_MS, learning.done, undefined)
    return ofUser(this.#users.get(clientId))
  }

  /** The backend has said what it says of a client. */
  endLearning(clientId: string): void {
    this.#learning.get(clientId)?.settle()
    this.#learning.delete(clientId)
  }

  /** What a page that is being loaded says of its user once it runs. */
  async ofPage(clientId: string): Promise<string | undefined> {
    if (!this.#users.has(clientId)) {
      const loading = awaited()
      this.#loading.set(clientId, loading)
      await timeout(PAGE_LIMIT_MS, loading.done, undefined)
      this.#loading.delete(clientId)
    }
    return ofUser(this.#users.get(clientId))
  }

  /** What a worker before this one was told counts as well. */
  async recall(clientId: string): Promise<string | null | undefined> {
    const known = await readIdentityRecord(this.#store, CLIENTS + clientId)
    if (known !== undefined && !this.#users.has(clientId)) this.#users.set(clientId, known)
    return this.#users.get(clientId)
  }

  /** All that was said, in memory. */
  forget(): void {
    this.#users.clear()
    this.#silent.clear()
  }

  /** What was said for clients that are not open any more, in memory. */
  tidy(open: ReadonlySet<string>): void {
    for (const clientId of this.#users.keys()) if (!open.has(clientId)) this.#users.delete(clientId)
  }
}

function awaited(): Awaited {
  let settle = (): void => undefined
  const done = new Promise<void>((resolve) => (settle = resolve))
  return { done, settle }
}

/** The partition of a user. An empty name is no name: all who have none would share it. */
export const ofUser = (user: string | null | undefined): string | undefined =>
  user === null || user === undefined || user === '' ? undefined : partitionName('user', user)

/** The user of a partition, as `partitionName` was given it. */
export const userOf = (partition: string): string | undefined =>
  partition.startsWith('user/') ? (JSON.parse(`"${decodeURIComponent(partition.slice(5))}"`) as string) : undefined

import type { Fields } from '../../core/head.ts'
import { EVERYONE, isOfNobody, isOfToken } from '../../core/key.ts'
import { isSecret } from '../../core/secret.ts'
import type { PortQuestion } from '../../protocol.ts'
import { askClient } from '../ask-client.ts'
import type { Identity } from '../identity/identity.ts'
import { worker } from '../scope.ts'
import type { Generations } from '../store/generations.ts'
import type { WriteRecord } from './write-record.ts'

/** In whose name a write is sent: a page of its user, and what stands for the user in its fields. */
export interface Sender {
  /** Undefined: the user's cookie or token says it. */
  readonly clientId: string | undefined
  /** Whether that still holds. It is asked right before a request is sent: the browser adds the cookie of now (I3). */
  readonly isStill: () => boolean
}

const AUTHORIZATION = 'authorization'

/** Whether a field is in no record. A key that the app gives to a write is no secret, and has to stay the same. */
export const isStamped = (name: string): boolean =>
  name === AUTHORIZATION || (isSecret(name) && !/^(?:x-)?(?:idempotency-key|request-id)$/.test(name))

/** Puts secrets into the writes that are sent: they are in no record, and the newest that a page has sent are in memory alone. */
export class Stamps {
  readonly #identity: Identity
  readonly #generations: Pick<Generations, 'watch'>
  /** Sign-ins and sign-outs under way: the browser has the next user's cookie before the worker has the answer. */
  #changes = 0
  /** By partition and origin. */
  readonly #seen = new Map<string, Map<string, string>>()

  constructor(identity: Identity, generations: Pick<Generations, 'watch'>) {
    this.#identity = identity
    this.#generations = generations
  }

  /** A user signs in or out until this has settled: meanwhile nothing is sent by itself for anyone whom a cookie names. */
  async whileChanging(work: Promise<unknown>): Promise<void> {
    this.#changes++
    await work.catch(() => undefined)
    this.#changes--
  }

  /** Whether an answer to a user's write names another user: then it was performed as that one's, or without a user. */
  isOther(partition: string, fields: Fields): boolean {
    return this.#identity.isOther(partition, fields)
  }

  /** Whether a partition's identity has lived on since this was called. */
  watch(partition: string): () => boolean {
    return this.#generations.watch(partition)
  }

  /** A page has sent a write: its secrets are the newest. */
  learn(request: Request, partition: string): void {
    const secrets = [...request.headers].filter(([name]) => isStamped(name))
    if (secrets.length === 0) return
    const key = keyOf(partition, request.url)
    this.#seen.set(key, new Map([...(this.#seen.get(key) ?? []), ...secrets]))
  }

  /**
   * Who may send a user's writes now; undefined: neither a page nor the worker may. The user has to be confirmed: by a token that a page has, or by a
   * page of theirs where a cookie says it.
   */
  async senderOf(partition: string): Promise<Sender | undefined> {
    const isSame = this.watch(partition)
    const isByCookie = !isOfNobody(partition) && !isOfToken(partition)
    const isStill = (): boolean =>
      isSame() && !this.#identity.isDoubted(partition) && !(isByCookie && this.#changes > 0)
    if (!isStill()) return undefined
    if (partition === EVERYONE) return { clientId: undefined, isStill }
    for (const { id } of await worker.clients.matchAll({ type: 'window' }))
      if ((await this.#identity.partitionsOf(id)).includes(partition)) return { clientId: id, isStill }
    const token = await this.#identity.credentialsOf(partition, undefined)
    return token === undefined ? undefined : { clientId: undefined, isStill }
  }

  /** The secret fields of a write; undefined: one of them is not known now, so it cannot be sent. */
  async of({ partition, stamps, url }: WriteRecord): Promise<[name: string, value: string][] | undefined> {
    const seen = this.#seen.get(keyOf(partition, url))
    const stamped: [string, string][] = []
    for (const name of stamps) {
      const value =
        name === AUTHORIZATION
          ? await this.#authorization(partition, seen)
          : ((await this.#said(partition, { say: 'secret', name, url })) ?? seen?.get(name))
      if (value === undefined) return undefined
      stamped.push([name, value])
    }
    return stamped
  }

  /** A user has signed out: nothing of theirs stays in memory. */
  forget(): void {
    this.#seen.clear()
  }

  async #authorization(partition: string, seen: ReadonlyMap<string, string> | undefined): Promise<string | undefined> {
    const known = await this.#identity.credentialsOf(partition, undefined)
    if (known !== undefined || partition !== EVERYONE) return known
    // Where users are not told apart the worker keeps no tokens of theirs, so a page is asked.
    return (await this.#said(partition, { say: AUTHORIZATION })) ?? seen?.get(AUTHORIZATION)
  }

  /** What a page of the user says, the first that knows. */
  async #said(partition: string, question: PortQuestion): Promise<string | undefined> {
    for (const client of await worker.clients.matchAll({ type: 'window' })) {
      if (partition !== EVERYONE && !(await this.#identity.partitionsOf(client.id)).includes(partition)) continue
      const said = await askClient(client, question)
      if (typeof said === 'string' && said !== '') return said
    }
    return undefined
  }
}

const keyOf = (partition: string, url: string): string => `${partition} ${new URL(url).origin}`

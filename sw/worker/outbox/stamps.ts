import { EVERYONE } from '../../core/key.ts'
import { isSecret } from '../../core/secret.ts'
import { askClient } from '../ask-client.ts'
import type { Identity } from '../identity/identity.ts'
import { worker } from '../scope.ts'
import type { WriteRecord } from './write-record.ts'

/** In whose name a write is sent: a page of its user, and what stands for the user in its fields. */
export interface Sender {
  /** Undefined: the user's cookie or token says it. */
  readonly clientId: string | undefined
}

const AUTHORIZATION = 'authorization'

/** Whether a field is in no record. A key that the app gives to a write is no secret, and has to stay the same. */
export const isStamped = (name: string): boolean =>
  name === AUTHORIZATION || (isSecret(name) && !/^(?:x-)?(?:idempotency-key|request-id)$/.test(name))

/** Puts secrets into the writes that are sent: they are in no record, and the newest that a page has sent are in memory alone. */
export class Stamps {
  readonly #identity: Identity
  /** By partition and origin. */
  readonly #seen = new Map<string, Map<string, string>>()

  constructor(identity: Identity) {
    this.#identity = identity
  }

  /** A page has sent a write: its secrets are the newest. */
  learn(request: Request, partition: string): void {
    const secrets = [...request.headers].filter(([name]) => isStamped(name))
    if (secrets.length === 0) return
    const key = keyOf(partition, request.url)
    this.#seen.set(key, new Map([...(this.#seen.get(key) ?? []), ...secrets]))
  }

  /**
   * Who may send a user's writes now; undefined: nobody. The user has to be confirmed: by a token that a page has, or by a
   * page of theirs where a cookie says it.
   */
  async senderOf(partition: string): Promise<Sender | undefined> {
    if (this.#identity.isDoubted(partition)) return undefined
    if (partition === EVERYONE) return { clientId: undefined }
    for (const { id } of await worker.clients.matchAll({ type: 'window' }))
      if ((await this.#identity.partitionsOf(id)).includes(partition)) return { clientId: id }
    const token = await this.#identity.credentialsOf(partition, undefined)
    return token === undefined ? undefined : { clientId: undefined }
  }

  /** The secret fields of a write; undefined: one of them is not known now, so it cannot be sent. */
  async of({ partition, stamps, url }: WriteRecord): Promise<[name: string, value: string][] | undefined> {
    const seen = this.#seen.get(keyOf(partition, url))
    const stamped: [string, string][] = []
    for (const name of stamps) {
      const value = name === AUTHORIZATION ? await this.#authorization(partition, seen) : seen?.get(name)
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
    for (const client of await worker.clients.matchAll({ type: 'window' })) {
      const said = await askClient(client, { say: AUTHORIZATION })
      if (typeof said === 'string' && said !== '') return said
    }
    return seen?.get(AUTHORIZATION)
  }
}

const keyOf = (partition: string, url: string): string => `${partition} ${new URL(url).origin}`

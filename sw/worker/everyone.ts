import type { IdentifiedBy } from '../../config/language/index.ts'
import { partitionName } from '../core/key.ts'
import type { UseStore } from './store.ts'

/** Who a request belongs to. */
export interface Identity {
  /** The partition of a request, without waiting where that is possible; undefined: a user is required and unknown. */
  partitionOf(
    request: Request,
    clientId: string,
    rule: { readonly public: boolean },
  ): string | undefined | Promise<string | undefined>
  /** The partitions whose entries a client may be shown. */
  partitionsOf(clientId: string): Promise<string[]>
  /** The `Authorization` last seen for a partition: for requests of the worker's own. */
  credentialsOf(partition: string): string | undefined
  /** A page says who its user is; null: nobody is signed in. */
  identify(clientId: string, user: string | null): Promise<void>
  /** Forgets the clients that are gone. */
  tidy(): Promise<void>
}

export type IdentityOf = (config: IdentifiedBy, store: UseStore) => Identity

/** The partition of what is the same for all. */
export const EVERYONE = partitionName('everyone')

/** `identity: 'none'`: everyone gets the same answers. */
export const everyone = (): Identity => ({
  partitionOf: () => EVERYONE,
  partitionsOf: () => Promise.resolve([EVERYONE]),
  credentialsOf: () => undefined,
  identify: () => Promise.resolve(),
  tidy: () => Promise.resolve(),
})

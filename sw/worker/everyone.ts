import type { IdentifiedBy } from '../../config/language/index.ts'
import type { Fields } from '../core/head.ts'
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
  /** The answer to a request whose user was unknown has come, or has failed to: it may say who the user is. */
  learn(clientId: string, fields: Fields | undefined): void
  /** Whether an answer is of the user that the partition belongs to: the backend may say that it is another's. */
  isOf(partition: string, clientId: string, fields: Fields): boolean
  /**
   * The origin answered 401 to a partition, or answered it with success again. Settles when a worker that starts later
   * knows it as well.
   */
  doubt(partition: string, isRefused: boolean): Promise<void>
  /** Nothing of the partition is served unvalidated: the origin refused its user, or may have. */
  isDoubted(partition: string): boolean
  /** Whose entries may stand in for a client that nobody knows, with the origin away; undefined: nobody's. */
  last(): Promise<string | undefined>
  /**
   * Whose a page is that a client was given by the server, told by the fields of its answer or by the page itself once it
   * runs; undefined: nobody says.
   */
  ofPage(clientId: string, fields: Fields): Promise<string | undefined>
  /** The partitions whose entries a client may be shown. */
  partitionsOf(clientId: string): Promise<string[]>
  /** The `Authorization` last seen for a partition: for requests of the worker's own. */
  credentialsOf(partition: string): string | undefined
  /** A page says who its user is; null: nobody is signed in. Gives the partition that nobody has any more, if any. */
  identify(clientId: string, user: string | null): Promise<string | undefined>
  /** The personal partitions of a client, or of all clients; those that go by cookies are the same for all. */
  own(clientId: string | undefined): Promise<string[]>
  /** Those of them that memory knows of: more may be on disk. */
  ownInMemory(clientId: string | undefined): string[]
  /** The user of a client, or of all clients, has signed out of these partitions: they are asked anew who they are. */
  forget(clientId: string | undefined, own: readonly string[]): Promise<void>
  /** Forgets the clients that are gone. */
  tidy(): Promise<void>
}

export type IdentityOf = (config: IdentifiedBy, store: UseStore) => Identity

/** The partition of what is the same for all. */
export const EVERYONE = partitionName('everyone')

/** Stands for those of whom it is not known who they are; nothing is ever stored for them. */
export const NOBODY = ''

const nobody = (): Promise<undefined> => Promise.resolve(undefined)

/** `identity: 'none'`: everyone gets the same answers. */
export const everyone = (): Identity => ({
  partitionOf: () => EVERYONE,
  learn: () => undefined,
  isOf: () => true,
  doubt: nobody,
  isDoubted: () => false,
  last: () => Promise.resolve(EVERYONE),
  ofPage: () => Promise.resolve(EVERYONE),
  partitionsOf: () => Promise.resolve([EVERYONE]),
  credentialsOf: () => undefined,
  identify: nobody,
  own: () => Promise.resolve([]),
  ownInMemory: () => [],
  forget: nobody,
  tidy: nobody,
})

import type { IdentifiedBy } from '../../../config/language/index.ts'
import type { Fields } from '../../core/head.ts'
import type { Secrets } from './secrets.ts'
import type { Writer } from '../store/writer.ts'

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
  /** Whose data a request is about: by its own token, else as far as memory knows at this moment. */
  knownOf(request: Request, clientId: string): string | undefined | Promise<string>
  /**
   * A partition comes to be in doubt, or 'none': the origin has answered its user with success again. Settles when a
   * worker that starts later knows it as well.
   */
  doubt(partition: string, doubt: Doubt | 'none'): Promise<void>
  /** Nothing of the partition is served unvalidated. */
  isDoubted(partition: string): boolean
  /** Whether a success with these fields shows that it is still the partition's user who is answered. */
  confirms(partition: string, fields: Fields): boolean
  /** Whose entries may stand in for a client of whom nothing is known, with the origin away; undefined: nobody's. */
  last(clientId: string): Promise<string | undefined>
  /**
   * Whose a page is that a client was given by the server, told by the fields of its answer or by the page itself once it
   * runs; undefined: nobody says.
   */
  ofPage(clientId: string, fields: Fields): Promise<string | undefined>
  /** The partitions whose entries a client may be shown. */
  partitionsOf(clientId: string): Promise<string[]>
  /** The `Authorization` last seen for a partition: for requests of the worker's own. */
  credentialsOf(partition: string): string | undefined
  /**
   * A page says who its user is; null: nobody is signed in. Users whom no open page has any more are gone. Does nothing
   * where pages are not asked.
   */
  identify(clientId: string, user: string | null): Promise<void>
  /**
   * The personal partitions of a client, or of all clients. Those that go by cookies are the same for all; where it is not
   * known which token a client has used, all tokens' are among them.
   */
  own(clientId: string | undefined): Promise<string[]>
  /** Those of them that memory knows of: more may be on disk. */
  ownInMemory(clientId: string | undefined): string[]
  /** Who goes by cookies has to be told anew: what was said so far may have been of another. */
  forgetWords(): Promise<void>
  /** The users of these partitions have signed out; who goes by cookies has to be told anew. */
  forget(own: readonly string[]): Promise<void>
  /** Forgets the clients that are gone. */
  tidy(): Promise<void>
}

/** What a rule may say of a write or a page load. */
export type Session = 'sign-in' | 'sign-out'

/** Why a partition is in doubt: the origin has refused its user, or another may have followed. */
export type Doubt = 'refused' | 'followed'

/** What follows when who the user is turns out to be otherwise than it was. */
export interface Consequences {
  /** No user has these partitions any more. Settles when that is on disk. */
  readonly end: (partitions: readonly string[]) => Promise<void>
  /** The worker before this one has left a sign-in or sign-out whose end is not known. */
  readonly resume: (session: Session) => Promise<void>
}

export type IdentityOf = (
  config: IdentifiedBy,
  writer: Writer,
  secrets: Secrets,
  consequences: Consequences,
) => Identity

export { EVERYONE } from '../../core/key.ts'

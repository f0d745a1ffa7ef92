import type { IdentifiedBy } from '../../../config/language/index.ts'
import type { Fields, ResponseHead } from '../../core/head.ts'
import type { Channel } from '../channel.ts'
import type { Store } from '../store/store.ts'
import type { Secrets } from './secrets.ts'

/** Finds the user of a request, and tracks whether stored data is still that user's. */
export interface Identity {
  /** The partition of a request, synchronously if possible; undefined: a user is required and unknown. */
  partitionOf(
    request: Request,
    clientId: string,
    rule: { readonly public: boolean },
  ): string | undefined | Promise<string | undefined>
  /** Handles the answer, or the failure, of a request with an unknown user. The answer may name the user. */
  learn(clientId: string, fields: Fields | undefined): void
  /** The partition of a request by its own token, else by what memory knows now. */
  knownOf(request: Request, clientId: string): string | undefined | Promise<string>
  /**
   * Puts a partition in doubt. 'none' ends the doubt: the origin has answered its user with success again. Settles when
   * a later worker would know it too.
   */
  doubt(partition: string, doubt: Doubt | 'none'): Promise<void>
  /** Whether the partition's stored data must be validated before use. */
  isDoubted(partition: string): boolean
  /** Whether a success with these fields shows that the partition's user is still signed in. */
  confirms(partition: string, fields: Fields): boolean
  /** The partition that a client with an unknown user may see while the origin is away; undefined: none. */
  last(clientId: string): Promise<string | undefined>
  /**
   * The partition of a page that the server sent to a client, by the fields of the answer, or by the page itself once
   * it runs; undefined: neither names a user.
   */
  ofPage(clientId: string, fields: Fields): Promise<string | undefined>
  /** The partitions whose entries a client may be shown. */
  partitionsOf(clientId: string): Promise<string[]>
  /** The last `Authorization` of a partition, for the worker's own requests. */
  credentialsOf(partition: string): string | undefined
  /**
   * A page names its user; null: no user is signed in. The data of a user is removed when no open page has that user
   * any more. Does nothing without 'identify' in the config.
   */
  identify(clientId: string, user: string | null): Promise<void>
  /** Forgets the closed clients. */
  tidy(): Promise<void>
}

/** The identity where users are told apart, as sessions need it. */
export interface Users extends Identity {
  /** Whether an answer belongs to the partition's user. The backend may name another user. */
  isOf(partition: string, clientId: string, fields: Fields): boolean
  /**
   * The personal partitions of a client, or of all clients. Partitions of cookie users count for every client. If the
   * client's token is not known, the partitions of all tokens count.
   */
  own(clientId: string | undefined): Promise<string[]>
  /** The same partitions, as far as memory knows them. More may be on disk. */
  ownInMemory(clientId: string | undefined): string[]
  /** Forgets the named users of all clients: another user may now have the cookie, so the user must be named again. */
  forgetWords(): Promise<void>
  /** The users of these partitions have signed out. Also forgets the named users of all clients. */
  forget(own: readonly string[]): Promise<void>
}

/** Sign-ins and sign-outs under way. */
export interface Sessions {
  /**
   * Begins a sign-in or sign-out. Settles when the next worker would know of it, or after half a second. The caller
   * passes the outcome to the returned function, which settles when the consequences are on disk.
   *
   * @param session undefined: neither; the returned function does nothing.
   */
  begin(session: Session | undefined): Promise<(isDone: boolean, clientId: string | undefined) => Promise<void>>
  /**
   * A page load signs a user in or out. The layer does not answer it, so it sees neither the user nor the outcome. The
   * load counts as done for every client at once, and again when the new page sends its first event: an answer in
   * between may still belong to the user before.
   */
  load(session: Session, clientId: string): Promise<void>
  /** A client has sent its first event: the page load that led to it has ended. */
  heard(clientId: string): Promise<void> | undefined
  /** No client has sent an event for a while: all page loads have ended, perhaps with a page of another origin. */
  endLoads(): Promise<void>
}

/** The partition and the client of a request. */
export interface Asker {
  readonly partition: string
  /** Undefined: the worker itself sent the request. */
  readonly clientId: string | undefined
}

/** The effect of a write or a page load on the session, by its rule. */
export type Session = 'sign-in' | 'sign-out'

/** Why a partition is in doubt. 'refused': the origin answered 401. 'followed': another user may have signed in. */
export type Doubt = 'refused' | 'followed'

/** What the identity calls when a user has changed. */
export interface Consequences {
  /** Ends partitions without a user. Settles when that is on disk. */
  readonly end: (partitions: readonly string[]) => Promise<void>
  /** Completes a sign-in or sign-out that an earlier worker began and did not end. */
  readonly resume: (session: Session) => Promise<void>
  /** Tells other workers that the state on disk has changed. */
  readonly tell: () => void
  /** In another worker a user has signed in: what was asked for this partition so far is not shown any more. */
  readonly followed: (partition: string) => void
}

/** What identities are made of beside the config. */
export interface IdentityPorts extends Pick<Store, 'writer' | 'log' | 'erasure' | 'generations'> {
  readonly channel: Channel
  readonly secrets: Secrets
}

/** What a worker has of identities: a part of it, without sessions where all users get the same answers. */
export interface Identities {
  readonly identity: Identity
  readonly sessions: Sessions
  /** The user of a client signs out. */
  readonly signOut: (clientId: string) => Promise<void>
  /**
   * Applies what an answer shows about its user. Returns whether the answer belongs to the partition's user.
   *
   * @param mayConfirm the answer is a success, and its request was sent after the doubt began.
   */
  readonly applySignals: (
    asker: Asker,
    head: Pick<ResponseHead, 'status' | 'fields'>,
    mayConfirm: boolean,
  ) => Promise<boolean>
}

export type IdentityOf = (config: IdentifiedBy, ports: IdentityPorts) => Identities

export { EVERYONE } from '../../core/key.ts'

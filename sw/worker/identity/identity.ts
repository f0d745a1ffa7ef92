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
  /** Puts a partition in doubt: the origin has refused its user. Settles when a later worker would know it too. */
  refuse(partition: string): Promise<void>
  /** Ends the doubt: the origin has answered the user with success. Settles when a later worker would know it too. */
  confirm(partition: string): Promise<void>
  /** Settles when the doubts on disk have been read, or after a limit; undefined: they have. */
  readonly ready: Promise<unknown> | undefined
  /** The same. A slow store is waited for until it gives up (10 s). */
  readonly read: Promise<unknown> | undefined
  /** Whether the partition's stored data must be validated before use. Before `ready` it must. */
  isDoubted(partition: string): boolean
  /**
   * Begins with a request. The returned function tells whether no sign-in or sign-out of another worker has been under way
   * since. Otherwise the answer may be of either user, and is not stored. Always true where no cookie decides.
   */
  watchOthers(partition: string): () => boolean
  /** Whether an answer with these fields belongs to another user than the partition's, as the backend names them. */
  isOther(partition: string, fields: Fields): boolean
  /** Whether a success with these fields shows that the partition's user is still signed in. */
  confirms(partition: string, fields: Fields): boolean
  /** The partition that a client with an unknown user may see while the origin is away; undefined: none. */
  last(clientId: string): Promise<string | undefined>
  /**
   * The partition of a page that the server sent to a client, by the fields of the answer, or by the page itself once
   * it runs; undefined: neither names a user.
   *
   * @param isSameSession whether no user has signed in or out since the page was asked for. After that the fields do not
   *   describe the user whom the page names.
   */
  ofPage(clientId: string, fields: Fields, isSameSession: () => boolean): Promise<string | undefined>
  /** The partitions whose entries a client may be shown. */
  partitionsOf(clientId: string): Promise<string[]>
  /**
   * The last `Authorization` of a partition, for the worker's own requests: from the client that asks for them, else from
   * memory, else from an open page. Undefined: the partition is of no token, or no page has it.
   */
  credentialsOf(partition: string, clientId: string | undefined): Promise<string | undefined>
  /**
   * A page names its user; null: no user is signed in. The data of a user is removed when no open page has that user
   * any more. Does nothing without 'identify' in the config.
   */
  identify(clientId: string, user: string | null): Promise<void>
  /** Forgets the closed clients. Ends what workers that were stopped since have left under way. */
  tidy(): Promise<void>
}

/** The identity where users are told apart, as sessions need it. */
export interface Users extends Identity {
  /**
   * Ends a partition if an answer with these fields belongs to another user. Settles when that is on disk; undefined:
   * the answer belongs to the partition's user.
   */
  endIfOther(partition: string, clientId: string, fields: Fields): Promise<unknown> | undefined
  /**
   * The personal partitions of a client, or of all clients. Partitions of cookie users count for every client. If the
   * client's token is not known, the partitions of all tokens count. Rejects where the disk cannot be read.
   */
  own(clientId: string | undefined): Promise<string[]>
  /** The same partitions, as far as memory knows that they are this client's. More may be on disk. */
  ownInMemory(clientId: string | undefined): string[]
  /**
   * A user has signed in, perhaps another one: all partitions of cookie users are in doubt, and the user of each client
   * must be named again. At once in memory; settles when it is on disk. Rejects when it could not be written.
   *
   * @param clientId the client that has signed in: the users of its tokens end once it uses the token of another user.
   *   Undefined: a page load, or not known.
   */
  follow(clientId: string | undefined): Promise<void>
  /**
   * Users sign out: the user of each client must be named again. At once in memory. Every partition is in doubt until
   * the work has settled.
   *
   * @param work calls `forget` with the partitions of the users who have signed out; that settles when they are forgotten
   *   on disk.
   */
  leave(work: (forget: (own: readonly string[]) => Promise<void>) => Promise<void>): Promise<void>
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

/** What the identity calls when a user has changed. */
export interface Consequences {
  /** Ends partitions without a user: no answer to an earlier request is shown. Removes what is stored, as below. */
  readonly end: (partitions: readonly string[]) => Promise<void>
  /** Removes what is stored for partitions without a user. Settles when no later worker would show it. */
  readonly remove: (partitions: readonly string[]) => Promise<void>
  /** What was asked for these partitions so far is not shown any more. */
  readonly advance: (isMeant: (partition: string) => boolean) => void
  /** Completes a sign-in or sign-out that an earlier worker began and did not end. */
  readonly resume: (session: Session) => Promise<void>
  /** Tells other workers that the state on disk has changed. */
  readonly tell: () => void
  /** In another worker a user has signed in: what was asked for cookie users so far is not shown any more. */
  readonly followed: () => void
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

import type { SyncFault, SyncNews, SyncState as Said } from '../../sw/protocol.ts'

/** Why a collection could not be kept in step, and what helps. The rows that are held answer all the same. */
export type SyncError = {
  readonly [Kind in SyncFault['kind']]: {
    readonly kind: Kind
    /** What was wrong with an answer: 'other-since', 'id-twice', 'from-a-cache', … Default: not known. */
    readonly why?: string
    /** Nothing is asked before then. Default: the next read or `sync()` tries again. */
    readonly retryAtMs?: number
    /** One sentence, for a developer. */
    readonly remedy: string
  }
}[SyncFault['kind']]

/** How far a collection has come, for this page's user. */
export interface SyncState extends Omit<Said, 'error'> {
  /** Of a state that is 'offline' or 'error'. */
  readonly error?: SyncError
}

/** A collection has come on, or its last run has ended. */
export interface SyncEvent extends SyncState {
  /** The rows were not what the endpoint says that they are, and are made good: in what they differed. For telemetry. */
  readonly drift?: string
}

const REMEDIES: Readonly<Record<SyncFault['kind'], string>> = {
  offline: 'The origin is away. The next read tries again.',
  'refused-user': 'The endpoint refuses this user: sign in again, or let the user read the collection.',
  'other-user': 'The user has changed meanwhile. The next read begins anew for the user of now.',
  'rate-limited': 'The endpoint wants fewer requests: raise `fresh` of the list’s route, or the limit of the server.',
  endpoint: 'The endpoint is not what `sync.url` and `collections` say: compare them with what the server answers.',
  server: 'The endpoint fails. Its log says why.',
  'bad-answer': 'The endpoint’s answer cannot be used (`why`): compare it with the wire format in the guide.',
  proxy:
    'Something between browser and server hands out stored answers, a CDN or a proxy: have it leave the endpoint alone (CDN-Cache-Control: no-store), and take the query into its key.',
  drift:
    'What the endpoint says of its rows does not agree with the rows that it gives: `total` has to count what is listed, and `version` to name what its digest is made of.',
  storage: 'The rows cannot be kept: the disk is full, or `budget` of the rules is too small.',
}

/** A state with what helps. */
export function stateOf({ error, ...state }: Said): SyncState {
  return { ...state, ...(error && { error: { ...error, remedy: REMEDIES[error.kind] } }) }
}

export const eventOf = ({ state, drift }: SyncNews): SyncEvent => ({
  ...stateOf(state),
  ...(drift !== undefined && { drift }),
})

export { CacheError, type CacheErrorCode } from '../../sw/core/cache-error.ts'
export type { Counts, Explanation, Reach, Refreshed, SignedOut, Stats, SyncStats } from '../../sw/protocol.ts'
export { AnswerError } from './answer-error.ts'
export type { ChangeEvent } from './change-feed.ts'
export {
  type CaughtUpOptions,
  connect,
  type ConnectOptions,
  type Freshlayer,
  type State,
  type SyncOptions,
} from './connect.ts'
export { type ExportOptions, exportOutbox, type UnsentWrite } from './export-outbox.ts'
export { observe, type ObserveOptions } from './observe.ts'
export type { Fetch, Observed } from './observed-url.ts'
export type { SyncError, SyncEvent, SyncState } from './syncing.ts'

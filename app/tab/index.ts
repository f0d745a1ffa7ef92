export { CacheError, type CacheErrorCode } from '../../sw/core/cache-error.ts'
export type {
  Counts,
  Explanation,
  OutboxCounts,
  QueuedWrite,
  Reach,
  Refreshed,
  SignedOut,
  Stats,
  SyncCounts,
  SyncProblem,
} from '../../sw/protocol.ts'
export { AnswerError } from './answer-error.ts'
export type { ChangeEvent } from './change-feed.ts'
export { connect } from './connect.ts'
export type { CaughtUpOptions, ConnectOptions, Freshlayer, State, SyncOptions } from './freshlayer.ts'
export { type ExportOptions, exportOutbox, type UnsentWrite } from './export-outbox.ts'
export type { Outbox, OutboxEvent } from './outbox.ts'
export { observe, type ObserveOptions } from './observe.ts'
export type { Fetch, Observed } from './observed-url.ts'
export type { PendingRecords } from './joined-records.ts'
export type { RowMarks } from './row-marks.ts'
export type { EntitiesOf, PendingChanges, SyncStats } from './sync-stats.ts'
export type { SyncError, SyncEvent, SyncState } from './syncing.ts'

export { CacheError, type CacheErrorCode } from '../../sw/core/cache-error.ts'
export type { Counts, Explanation, Reach, Refreshed, SignedOut, Stats } from '../../sw/protocol.ts'
export { type ChangeEvent, connect, type ConnectOptions, type Freshlayer, type State } from './connect.ts'
export { type ExportOptions, exportOutbox, type UnsentWrite } from './export-outbox.ts'

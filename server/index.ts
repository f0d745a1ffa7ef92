export { type FastifyLikeReply, type FastifyLikeRequest, toFastify } from './adapters/fastify.ts'
export { type Handler, nativeRequest } from './adapters/handler.ts'
export { type HonoLikeContext, toHono } from './adapters/hono.ts'
export { type NodeRequest, toNode } from './adapters/node.ts'
export {
  type CurrentRepresentation,
  evaluatePreconditions,
  type FieldReader,
  httpDate,
  notModifiedFields,
  type PreconditionOutcome,
  strongEntityTag,
} from './validators.ts'
export type { CompressWithDictionary } from './dictionaries/compressors.ts'
export { dictionaries, type DictionaryOptions } from './dictionaries/dictionaries.ts'
export type { Heard, Hint, MayHear } from './events/audience.ts'
export type { CallerLimitOptions } from './events/caller-limits.ts'
export { type Batch, changeHub, type ChangeHub, type HubOptions } from './events/change-hub.ts'
export { events, type Events, type EventsOptions } from './events/events.ts'
export {
  type Listen,
  type Listening,
  type ListeningClient,
  type ListeningDatabase,
  listenOn,
  listenWith,
} from './events/listen.ts'
export {
  type EventStream,
  redisStream,
  type RedisStreamOptions,
  type StreamClient,
  type StreamMember,
  type StreamMembership,
  type StreamRole,
} from './events/redis-stream.ts'
export type { StreamEntry } from './events/stream-entry.ts'
export { acceptWebSockets, type UpgradeHandler, type WebSocketOptions } from './events/web-socket.ts'
export type { SyncOptions } from './sync/asked.ts'
export type { EntityChanges, SyncAnswer } from './sync/changes-since.ts'
export type { Comparison } from './sync/compare.ts'
export type { QueryRows, Session, SessionPool } from './sync/database.ts'
export type { ApiRow, Select, SyncedEntity } from './sync/entity.ts'
export { type LoggedTable, migration, undoing } from './sync/migration.ts'
export { sync } from './sync/sync.ts'
export { beginGeneration, cutLog, type CutOptions } from './sync/upkeep.ts'
export { rowsVersion } from './versions/versioned.ts'
export type { EmbeddedRows, ItemVersion, VersionedEntity, VersionedRows } from './versions/versioned.ts'
export { versions, type VersionsOptions } from './versions/versions.ts'
export {
  type Represented,
  type ValidatorOptions,
  type Validators,
  validators,
  type Version,
  type Written,
} from './conditional.ts'
export {
  type Consuming,
  type RateLimit,
  rateLimit,
  rateLimited,
  type RateLimitedOptions,
  type RateLimitOptions,
  type Taken,
  tooMany,
} from './rate-limit/rate-limit.ts'
export { writePosition } from './sync/position.ts'
export { cutKeys } from './writes/cut-keys.ts'
export { idempotency, type IdempotencyOptions, type WriteContext, type WriteHandler } from './writes/idempotency.ts'
export { lockedRow, type LockedRowOptions } from './writes/locked-row.ts'
export { lastWriteWins, type LastWrites, type StampedWrite } from './writes/last-write-wins.ts'
export type { BatchAnswer } from './writes/batch.ts'
export type { BatchOptions, RowWrite, WrittenEntity } from './writes/batch-options.ts'
export type { ItemOutcome, ItemResult } from './writes/batch-result.ts'
export { refusal } from './writes/refusal.ts'

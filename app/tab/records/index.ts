export type { EntityOf } from '../../../config/language/entities.ts'
export type {
  AcknowledgedRecord,
  DirtyRecord,
  LocalRecord,
  OverruledRecord,
  RecordAdapter,
  SentRecord,
} from './adapter.ts'
export { joinRecords, type JoinOptions, type Records } from './join-records.ts'
export type { RecordRules } from './record-urls.ts'
export type { HandOver, RecordProblem, RecordsState } from './records-state.ts'
export { isSameRecord } from './same-fields.ts'

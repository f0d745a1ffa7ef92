import { batchesOf } from './batches.ts'
import { mergedIn } from './coalescing.ts'
import { conflicts } from './conflict-part.ts'
import { outboxOf } from './outbox.ts'
import { records } from './records.ts'
import { rowMarks } from './row-marks.ts'
import { witness } from './witness-part.ts'

/** The outbox with all that rules may say of queued writes: for workers whose rules come when they run. */
export const wholeOutboxOf: typeof outboxOf = (rules, ports, use) =>
  outboxOf(rules, { ...ports, witness, conflicts, mergedIn, batchesOf, records, rowMarks }, use)

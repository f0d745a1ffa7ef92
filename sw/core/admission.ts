import type { Row } from './row.ts'
import type { Sequence } from './sequence.ts'

/** Why the store refuses a row; undefined when it takes it. */
export type Refusal = 'overtaken' | 'removed'

/**
 * Whether a row may be written now. Asked inside the transaction that writes it: memory may only refuse early.
 *
 * A response whose request began earlier never replaces one whose request began later (I2). A row that a sign-out (I3),
 * a 404 or the page removed after the request began is not written again. An invalidation in between needs no check
 * here: it is newer than the row and covers it.
 *
 * @param existing the sequence of the stored row. Absent: no row is stored.
 * @param removed the newest removal that covers the row.
 */
export function refusal(
  { sequence }: Pick<Row, 'sequence'>,
  existing: Sequence | undefined,
  removed: Sequence,
): Refusal | undefined {
  if (sequence <= removed) return 'removed'
  return existing !== undefined && existing > sequence ? 'overtaken' : undefined
}

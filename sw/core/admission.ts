import type { Row } from './row.ts'

/** Why the store refuses a row; undefined when it takes it. */
export type Refusal = 'overtaken' | 'epoch-ended'

/**
 * Whether a row may be written now. Asked inside the transaction that writes it: memory may only refuse early.
 *
 * A response whose request began earlier never replaces one whose request began later (I2), and nothing of an identity
 * that has ended is kept (I3). An invalidation in between needs no check here: it is newer than the row and covers it.
 */
export function refusal(candidate: Row, existing: Row | undefined, epoch: number): Refusal | undefined {
  if (candidate.epoch !== epoch) return 'epoch-ended'
  if (existing !== undefined && existing.sequence > candidate.sequence) return 'overtaken'
  return undefined
}

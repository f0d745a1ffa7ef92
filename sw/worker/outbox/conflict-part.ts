import type { ConflictPart } from './attempts.ts'
import { baseNow, decide, follow } from './conflicts.ts'

/** Does what the rule says of a write whose row is another by now, for rules that queue changes of rows. */
export const conflicts: ConflictPart = { decide, follow, baseNow }

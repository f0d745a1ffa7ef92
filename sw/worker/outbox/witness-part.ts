import type { WitnessPart } from './attempts.ts'
import { knownNow, look, subjectOf } from './witness-read.ts'

/** Finds out by a read what became of a write, for rules whose backend honours no key. */
export const witness: WitnessPart = { subjectOf, look, knownNow }

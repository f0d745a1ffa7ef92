/** Rests double up to this. */
const FIRST_MS = 1000
/** For the first minute or so no rest is longer: who has lost the network for a moment is in step within five seconds of its return. */
const QUICK_MS = 4000
const QUICK_TRIES = 25
const MAX_MS = 30_000

/**
 * The longest rest after so many failures in a row, the first being 1. The rest itself is any part of it, so that tabs and
 * users do not return together (I11). Unit: milliseconds.
 */
export const longestRestMs = (failures: number): number =>
  failures <= QUICK_TRIES
    ? Math.min(QUICK_MS, FIRST_MS * 2 ** (failures - 1))
    : Math.min(MAX_MS, QUICK_MS * 2 ** (failures - QUICK_TRIES))

declare const sequenceBrand: unique symbol

/**
 * The order in which operations began: `(incarnation, counter)` packed into one number, so that `<` compares it and
 * IndexedDB sorts it. The store increments the incarnation each time a worker starts. The counter counts within it. No
 * clock is involved (I2).
 */
export type Sequence = number & { readonly [sequenceBrand]: 'sequence' }

/** 2^31 counts per incarnation and 2^22 incarnations: four million worker starts. */
const COUNTS = 2 ** 31

export const sequence = (incarnation: number, counter: number): Sequence => (incarnation * COUNTS + counter) as Sequence

/** Which worker took a place. */
export const incarnationOf = (place: Sequence): number => Math.floor(place / COUNTS)

/** Before every sequence. A row with it is never current. */
export const NEVER = 0 as Sequence

/** After every sequence. A write that is still under way has it. */
export const UNDER_WAY = Infinity as Sequence

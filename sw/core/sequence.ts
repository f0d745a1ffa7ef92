declare const sequenceBrand: unique symbol

/**
 * The order in which things began: `(incarnation, counter)` packed into one number, so that `<` compares it and
 * IndexedDB sorts it. The incarnation is incremented in the store each time a worker starts; the counter counts within
 * it. Clocks play no part (I2).
 */
export type Sequence = number & { readonly [sequenceBrand]: 'sequence' }

/** 2^31 counts per incarnation and 2^22 incarnations: four million worker starts. */
const COUNTS = 2 ** 31

export const sequence = (incarnation: number, counter: number): Sequence => (incarnation * COUNTS + counter) as Sequence

/** Before everything: what a row has that nobody may take for current. */
export const NEVER = 0 as Sequence

/** After everything: where a write that is still under way stands. */
export const UNDER_WAY = Infinity as Sequence

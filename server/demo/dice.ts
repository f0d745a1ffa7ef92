/** Chance that repeats: the same seed gives the same rolls on every machine. */
export interface Dice {
  /** From 0 up to, not including, 1. */
  roll(): number
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number
  pick<Item>(items: readonly Item[]): Item
}

/** The generator known as mulberry32: small, and the same everywhere for the same seed. */
export function seededDice(seed: number): Dice {
  let state = seed
  const roll = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(roll() * limit)
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[below(items.length)]
    if (item === undefined) throw new RangeError('Nothing to pick from')
    return item
  }
  return { roll, below, pick }
}

/** A value of `sorted` below which that part of them lies, between two of them where it falls between; NaN of nothing. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? low
  return low + (high - low) * (at - Math.floor(at))
}

export const ascending = (values: readonly number[]): number[] => values.toSorted((one, other) => one - other)

export const median = (values: readonly number[]): number => quantile(ascending(values), 0.5)

/**
 * How far a figure of medians would have moved with other rounds of the same kind: the range that holds 90 % of what it
 * is when as many rounds are drawn, with repetition (bootstrap).
 */
export function spread(
  rounds: number,
  figureOf: (drawn: readonly number[]) => number,
  dice: () => number,
): readonly [low: number, high: number] {
  const figures: number[] = []
  for (let draw = 0; draw < DRAWS; draw++) {
    figures.push(figureOf(Array.from({ length: rounds }, () => Math.floor(dice() * rounds))))
  }
  const sorted = ascending(figures)
  return [quantile(sorted, 0.05), quantile(sorted, 0.95)]
}

const DRAWS = 300

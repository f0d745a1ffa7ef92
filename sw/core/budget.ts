import type { Bytes } from './units.ts'

/** How many bytes stored answers may take. A rule without its own limit is bounded only by the total. */
export interface Budget {
  readonly all: Bytes
  readonly rules: Readonly<Record<string, Bytes>>
}

/** Eviction goes down to this share of the limit, so that the next answer does not evict again. */
const LEEWAY = 0.9

/** Whether an answer of a rule fits at all: one that does not would have all others evicted, and then itself. */
export const fits = (rule: string, size: number, { all, rules }: Budget): boolean =>
  size <= LEEWAY * Math.min(all, rules[rule] ?? Infinity)

/**
 * How many bytes to evict from each rule; empty while everything fits. First each rule that exceeds its own limit is
 * cut. If the total is still too large, the rules that hold the most are cut.
 *
 * @param sizes bytes stored under each rule.
 */
export function excess(sizes: Readonly<Record<string, number>>, budget: Budget): Map<string, number> {
  const going = new Map<string, number>()
  let rest = Object.entries(sizes).map(([rule, size]) => {
    const limit = budget.rules[rule] ?? Infinity
    if (size > limit) going.set(rule, size - limit * LEEWAY)
    return { rule, size: size > limit ? limit * LEEWAY : size }
  })
  const total = rest.reduce((sum, { size }) => sum + size, 0)
  let over = total > budget.all ? total - budget.all * LEEWAY : 0
  rest = rest.toSorted((one, other) => other.size - one.size)
  for (const { rule, size } of rest) {
    if (over <= 0) break
    const taken = Math.min(size, over)
    going.set(rule, (going.get(rule) ?? 0) + taken)
    over -= taken
  }
  return going
}

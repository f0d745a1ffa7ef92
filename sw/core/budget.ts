import type { Bytes } from './units.ts'

/** What stored answers may take. A rule without a limit of its own shares in the one for all. */
export interface Budget {
  readonly all: Bytes
  readonly rules: Readonly<Record<string, Bytes>>
}

/** So much below its limit something is brought, so that not every answer has to make room for the next. */
const LEEWAY = 0.9

/**
 * How many bytes have to go, rule by rule; empty while everything fits. What is over its own limit goes first; what is
 * too much in all is taken from the rules that hold the most.
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

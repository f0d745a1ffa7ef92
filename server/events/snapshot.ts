// Snapshots as `pg_current_snapshot()` gives them: `from:to:open,open`. A transaction has ended in one if its number is below `to`
// and not among the open ones. @see PostgreSQL 15, §9.27.7, table 9.85

/** The oldest transaction that was open: all below it have ended. */
export const oldestOpen = (snapshot: string): bigint => BigInt(snapshot.split(':', 1)[0] ?? '0')

/** What PostgreSQL takes for a `pg_snapshot`: the open transactions are sorted, and lie between the two ends. */
export function isSnapshot(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{1,18}:\d{1,18}:(?:\d{1,18}(?:,\d{1,18})*)?$/.test(value)) return false
  const { from, to, open } = partsOf(value)
  const numbers = [from, ...open, to]
  if (numbers[0] === 0n) return false
  return numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0n) || isEnd(at, numbers))
}

/** Whether each transaction that had ended in the one snapshot has ended in the other. */
export function isWithin(one: string, other: string): boolean {
  const [earlier, later] = [partsOf(one), partsOf(other)]
  const open = new Set(earlier.open)
  return earlier.to <= later.to && later.open.every((number) => number >= earlier.to || open.has(number))
}

/** The first open transaction is the lower end itself, and without any the ends may be the same. */
const isEnd = (at: number, numbers: readonly bigint[]): boolean => at === 1 && numbers[1] === numbers[0]

function partsOf(snapshot: string): { readonly from: bigint; readonly to: bigint; readonly open: readonly bigint[] } {
  const [from = '0', to = '0', open = ''] = snapshot.split(':')
  return { from: BigInt(from), to: BigInt(to), open: open === '' ? [] : open.split(',').map(BigInt) }
}

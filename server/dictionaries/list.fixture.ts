/** A row of a shop's list, about 180 bytes of JSON, of which brotli makes 36. */
export interface ListRow {
  readonly id: number
  readonly name: string
  readonly sku: string
  readonly categoryId: number
  readonly brandId: number
  readonly price: string
  readonly stock: number
  readonly shelf: string
  readonly active: boolean
  readonly updatedAt: string
}

type Dice = () => number

const WORDS =
  'oak steel cotton linen glass paper small large round square red blue green lamp chair table shelf cup plate bowl'.split(
    ' ',
  )

const whole = (dice: Dice, below: number): number => Math.floor(dice() * below)
const word = (dice: Dice): string => WORDS[whole(dice, WORDS.length)] ?? ''
const letters = (dice: Dice, length: number): string =>
  Array.from({ length }, () => String.fromCharCode(65 + whole(dice, 26))).join('')
const price = (dice: Dice): string => (whole(dice, 1e5) / 100).toFixed(2)

/** @param after the row is of the hour after it. Unit: ms since 1970. */
const rowOf = (id: number, after: number, dice: Dice): ListRow => ({
  id,
  name: `${word(dice)} ${word(dice)} ${word(dice)}`,
  sku: `${letters(dice, 3)}-${letters(dice, 5)}`,
  categoryId: 1 + whole(dice, 40),
  brandId: 1 + whole(dice, 120),
  price: price(dice),
  stock: whole(dice, 500),
  shelf: `${letters(dice, 1)}${whole(dice, 60)}`,
  active: dice() < 0.9,
  updatedAt: new Date(after + whole(dice, HOUR_MS)).toISOString(),
})

const HOUR_MS = 3_600_000
const BEGIN_MS = Date.UTC(2026, 0, 1)

/** A list of that many rows, by their ids, last changed in the course of 300 hours. */
export const listOf = (length: number, dice: Dice): ListRow[] =>
  Array.from({ length }, (_, at) => rowOf(at + 1, BEGIN_MS + whole(dice, 300) * HOUR_MS, dice))

/**
 * A list with so many rows changed in the hour after the latest change: most of them edited, a tenth removed, a tenth
 * added.
 */
export function changedList(rows: readonly ListRow[], changes: number, dice: Dice): ListRow[] {
  const changed = [...rows]
  let id = rows.reduce((highest, row) => Math.max(highest, row.id), 0)
  const after = rows.reduce((latest, { updatedAt }) => Math.max(latest, Date.parse(updatedAt)), BEGIN_MS)
  for (let count = 0; count < changes; count++) {
    const at = whole(dice, changed.length)
    const [row] = changed.slice(at, at + 1)
    const which = dice()
    if (row === undefined || which < 0.1) changed.push(rowOf(++id, after, dice))
    else if (which < 0.2) changed.splice(at, 1)
    else {
      const part = dice() < 0.5 ? { stock: whole(dice, 500) } : { price: price(dice) }
      changed[at] = { ...row, ...part, updatedAt: new Date(after + whole(dice, HOUR_MS)).toISOString() }
    }
  }
  return changed
}

/** The same rows as `GET /api/products` answers them, in one of two orders. */
export function jsonOf(rows: readonly ListRow[], order: 'by id' | 'latest first' = 'by id'): string {
  const items = order === 'by id' ? rows : rows.toSorted((one, other) => (one.updatedAt < other.updatedAt ? 1 : -1))
  return JSON.stringify({ items, total: rows.length })
}

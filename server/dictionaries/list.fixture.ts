/** A row of a shop's list, about 165 bytes of JSON. */
export interface ListRow {
  readonly id: number
  readonly name: string
  readonly sku: string
  readonly categoryId: number
  readonly brandId: number
  readonly price: string
  readonly stock: number
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
const price = (dice: Dice): string => (whole(dice, 1e5) / 100).toFixed(2)

const rowOf = (id: number, dice: Dice): ListRow => ({
  id,
  name: `${word(dice)} ${word(dice)} ${word(dice)}`,
  sku: `SKU-${100_000 + whole(dice, 900_000)}`,
  categoryId: 1 + whole(dice, 40),
  brandId: 1 + whole(dice, 120),
  price: price(dice),
  stock: whole(dice, 500),
  active: dice() < 0.9,
  updatedAt: instant(dice, 0),
})

/** Some instant of the year 2026, counted from a second of it. */
const instant = (dice: Dice, from: number): string =>
  new Date(Date.UTC(2026, 0, 1) + (from + whole(dice, 1e6)) * 1000 + whole(dice, 1000)).toISOString()

/** A list of that many rows, by their ids. */
export const listOf = (length: number, dice: Dice): ListRow[] => Array.from({ length }, (_, at) => rowOf(at + 1, dice))

/** A list with so many rows changed: most of them edited, a tenth removed, a tenth added. */
export function changedList(rows: readonly ListRow[], changes: number, dice: Dice): ListRow[] {
  const changed = [...rows]
  let id = Math.max(...rows.map((row) => row.id))
  for (let count = 0; count < changes; count++) {
    const at = whole(dice, changed.length)
    const [row] = changed.slice(at, at + 1)
    const which = dice()
    if (row === undefined || which < 0.1) changed.push(rowOf(++id, dice))
    else if (which < 0.2) changed.splice(at, 1)
    else {
      const part = dice() < 0.5 ? { stock: whole(dice, 500) } : { price: price(dice) }
      changed[at] = { ...row, ...part, updatedAt: instant(dice, 2e7) }
    }
  }
  return changed
}

/** The same rows as `GET /api/products` answers them, in one of two orders. */
export function jsonOf(rows: readonly ListRow[], order: 'by id' | 'latest first' = 'by id'): string {
  const items = order === 'by id' ? rows : rows.toSorted((one, other) => (one.updatedAt < other.updatedAt ? 1 : -1))
  return JSON.stringify({ items, total: rows.length })
}

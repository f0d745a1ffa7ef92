import { BRANDS, COLOURS, SHELVES, UNITS } from './catalogue.ts'
import type { Dice } from './dice.ts'
import { before, type SampleRow } from './sample-row.ts'

export const PRODUCT_COUNT = 5000

export interface SampleProduct {
  readonly row: SampleRow
  readonly id: number
  readonly sku: string
  readonly name: string
  readonly priceCents: number
  readonly costCents: number
  readonly active: boolean
  readonly coloured: boolean
}

/** 5,000 products, spread evenly over the shelves, and what is on hand of each. */
export function makeProducts(
  dice: Dice,
  now: Date,
): { products: readonly SampleProduct[]; stock: readonly SampleRow[] } {
  const products: SampleProduct[] = []
  const stock: SampleRow[] = []
  const names = new Set<string>()
  while (products.length < PRODUCT_COUNT) {
    const shelfIndex = products.length % SHELVES.length
    const shelf = SHELVES[shelfIndex]
    if (shelf === undefined) break
    const brandIndex = dice.below(BRANDS.length)
    const noun = dice.pick(shelf.nouns)
    const name = `${BRANDS[brandIndex]?.[0] ?? ''} ${dice.pick(shelf.styles)} ${noun}, ${dice.pick(shelf.sizes)}`
    if (names.has(name)) continue
    names.add(name)

    const id = products.length + 1
    // Squared, so that most things are cheap; prices end in 9 as they do on shelves.
    const share = dice.roll() ** 2
    const rough = shelf.lowestCents + share * (shelf.highestCents - shelf.lowestCents)
    const priceCents = Math.round(rough / 10) * 10 - 1
    const costCents = Math.round(priceCents * (0.5 + dice.roll() * 0.25))
    const sku = `${shelf.name
      .replace(/[^A-Z]/gi, '')
      .slice(0, 3)
      .toUpperCase()}-${String(10_000 + id)}`
    const active = dice.roll() > 0.06
    products.push({
      id,
      sku,
      name,
      priceCents,
      costCents,
      active,
      coloured: shelf.coloured,
      row: {
        id,
        sku,
        name,
        category_id: shelfIndex + 1,
        brand_id: brandIndex + 1,
        unit_id: UNITS.findIndex(([unit]) => unit === shelf.unit) + 1,
        price_cents: priceCents,
        cost_cents: costCents,
        status: active ? 'active' : 'archived',
        description: `${noun} from ${BRANDS[brandIndex]?.[0] ?? ''}, ${BRANDS[brandIndex]?.[1] ?? ''}. Shelf: ${shelf.name}.`,
        tags: tagsOf(id),
        updated_at: before(now, dice.roll() * 60),
      },
    })
    const reorderLevel = 4 + dice.below(5) * 4
    const luck = dice.roll()
    stock.push({
      product_id: id,
      on_hand: luck < 0.02 ? 0 : luck < 0.08 ? 1 + dice.below(reorderLevel) : reorderLevel + 5 + dice.below(140),
      reserved: dice.roll() < 0.1 ? 1 + dice.below(3) : 0,
      reorder_level: reorderLevel,
      updated_at: before(now, dice.roll() * 14),
    })
  }
  return { products, stock }
}

const TAGS: readonly (readonly [tag: string, every: number])[] = [
  ['bestseller', 9],
  ['seasonal', 7],
  ['organic', 11],
  ['local', 13],
  ['clearance', 23],
  ['fragile', 17],
]

/** By the id, without the dice: another tag changes nothing else of the shop. */
const tagsOf = (id: number): readonly string[] => TAGS.flatMap(([tag, every]) => (id % every === 0 ? [tag] : []))

const PACKS: readonly (readonly [name: string, factor: number])[] = [
  ['Single', 1],
  ['Pack of 3', 2.8],
  ['Pack of 6', 5.4],
  ['Case of 12', 10.2],
]

/** Two to four variants for every fifth product: colours where the shelf has them, else packs. */
export function makeVariants(
  dice: Dice,
  products: readonly SampleProduct[],
  stock: readonly SampleRow[],
): readonly SampleRow[] {
  const variants: SampleRow[] = []
  for (const product of products) {
    if (product.id % 5 !== 0) continue
    const count = 2 + dice.below(3)
    const firstColour = dice.below(COLOURS.length)
    const onHand = Number(stock[product.id - 1]?.['on_hand'] ?? 0)
    for (let index = 0; index < count; index++) {
      const colour = COLOURS[(firstColour + index) % COLOURS.length] ?? 'White'
      const [pack, factor] = PACKS[index] ?? ['Single', 1]
      variants.push({
        id: variants.length + 1,
        product_id: product.id,
        sku: `${product.sku}-${index + 1}`,
        name: product.coloured ? colour : pack,
        attributes: product.coloured ? { colour } : { size: pack.toLowerCase() },
        price_cents: product.coloured ? product.priceCents : Math.round((product.priceCents * factor) / 10) * 10 - 1,
        on_hand: Math.floor(onHand / count),
      })
    }
  }
  return variants
}

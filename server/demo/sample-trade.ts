import { SUPPLIERS } from './catalogue.ts'
import type { Dice } from './dice.ts'
import { PRODUCT_COUNT, type SampleProduct } from './sample-catalogue.ts'
import { before, type SampleRow } from './sample-row.ts'

export const DAYS_OF_TRADE = 60
const MOVEMENT_COUNT = 1200
const SALE_COUNT = 800
const PURCHASE_COUNT = 60

export function makeMovements(dice: Dice, now: Date): readonly SampleRow[] {
  return Array.from({ length: MOVEMENT_COUNT }, (_unused, index) => {
    const reason = dice.pick(['count', 'damage', 'received', 'returned'])
    const size = 1 + dice.below(24)
    const at = before(now, 1 + dice.roll() * DAYS_OF_TRADE)
    return {
      id: index + 1,
      product_id: 1 + dice.below(PRODUCT_COUNT),
      delta: reason === 'damage' ? -Math.ceil(size / 6) : reason === 'returned' ? 1 : size,
      reason,
      note: dice.pick(['', '', 'Monthly count', 'Pallet 4', 'Box was wet', 'Customer changed their mind']),
      user_id: 1 + dice.below(2),
      created_at: at,
      updated_at: at,
    }
  })
}

export function makeSales(dice: Dice, products: readonly SampleProduct[], now: Date): Sales {
  const active = products.filter((product) => product.active)
  const sales: SampleRow[] = []
  const lines: SampleRow[] = []
  // Oldest first, so that a later sale has the higher number.
  const daysAgo = Array.from({ length: SALE_COUNT }, () => dice.roll() * DAYS_OF_TRADE)
  for (const days of daysAgo.toSorted((one, other) => other - one)) {
    const id = sales.length + 1
    const at = before(now, days)
    sales.push({
      id,
      user_id: 1 + dice.below(2),
      sold_at: at,
      paid_by: dice.pick(['cash', 'card', 'card']),
      updated_at: at,
    })
    const inBasket = new Set<SampleProduct>()
    for (let count = 1 + dice.below(5); count > 0; count--) {
      // The front of the list sells best: a report without favourites looks like noise.
      inBasket.add(active[Math.floor(dice.roll() ** 3 * active.length)] ?? dice.pick(active))
    }
    for (const product of inBasket) {
      lines.push({
        id: lines.length + 1,
        sale_id: id,
        product_id: product.id,
        quantity: 1 + dice.below(4),
        unit_price_cents: product.priceCents,
        updated_at: at,
      })
    }
  }
  return { sales, lines }
}

export interface Sales {
  readonly sales: readonly SampleRow[]
  readonly lines: readonly SampleRow[]
}

export function makePurchases(dice: Dice, products: readonly SampleProduct[], now: Date): Purchases {
  const purchases: SampleRow[] = []
  const lines: SampleRow[] = []
  for (let id = 1; id <= PURCHASE_COUNT; id++) {
    const ageDays = DAYS_OF_TRADE - id + dice.roll()
    const received = ageDays > 4
    const orderedAt = before(now, ageDays)
    const receivedAt = received ? before(now, ageDays - 1 - dice.roll() * 2) : null
    purchases.push({
      id,
      supplier: dice.pick(SUPPLIERS),
      status: received ? 'received' : 'ordered',
      ordered_at: orderedAt,
      received_at: receivedAt,
      updated_at: receivedAt ?? orderedAt,
    })
    for (let count = 3 + dice.below(8); count > 0; count--) {
      const product = dice.pick(products)
      lines.push({
        id: lines.length + 1,
        purchase_id: id,
        product_id: product.id,
        quantity: 12 * (1 + dice.below(6)),
        unit_cost_cents: product.costCents,
        updated_at: orderedAt,
      })
    }
  }
  return { purchases, lines }
}

export interface Purchases {
  readonly purchases: readonly SampleRow[]
  readonly lines: readonly SampleRow[]
}

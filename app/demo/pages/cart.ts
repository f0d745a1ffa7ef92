import type { Product } from '../resources/products.ts'

export interface CartLine {
  readonly product: Pick<Product, 'id' | 'name' | 'priceCents'>
  /** One or more. */
  readonly quantity: number
}

export type CartAction =
  | { readonly kind: 'add'; readonly product: CartLine['product'] }
  | { readonly kind: 'set'; readonly productId: number; readonly quantity: number }
  | { readonly kind: 'clear' }

/** The cart after an action. Adding what is there counts it up; a quantity below one takes the line out. */
export function cartAfter(cart: readonly CartLine[], action: CartAction): readonly CartLine[] {
  switch (action.kind) {
    case 'add': {
      const { product } = action
      if (!cart.some((line) => line.product.id === product.id)) return [...cart, { product, quantity: 1 }]
      return cart.map((line) => (line.product.id === product.id ? { ...line, quantity: line.quantity + 1 } : line))
    }
    case 'set': {
      const { productId, quantity } = action
      if (quantity < 1) return cart.filter((line) => line.product.id !== productId)
      return cart.map((line) => (line.product.id === productId ? { ...line, quantity } : line))
    }
    case 'clear':
      return []
  }
}

/** What the customer pays, in cents. Prices include tax. */
export function cartTotal(cart: readonly CartLine[]): number {
  return cart.reduce((sum, line) => sum + line.quantity * line.product.priceCents, 0)
}

/** The tax contained in a total, in cents, for prices that include it at `taxPercent`. */
export function taxIncluded(totalCents: number, taxPercent: number): number {
  return Math.round((totalCents * taxPercent) / (100 + taxPercent))
}

import { describe, expect, it } from 'vitest'
import { cartAfter, cartTotal, taxIncluded } from './cart.ts'

const tea = { id: 1, name: 'Tea', priceCents: 250 }
const salt = { id: 2, name: 'Salt', priceCents: 99 }

describe('cart', () => {
  it('adding what is there counts it up', () => {
    const cart = [tea, salt, tea].reduce(
      (before, product) => cartAfter(before, { kind: 'add', product }),
      cartAfter([], { kind: 'clear' }),
    )
    expect(cart).toEqual([
      { product: tea, quantity: 2 },
      { product: salt, quantity: 1 },
    ])
    expect(cartTotal(cart)).toBe(599)
  })

  it('a quantity below one takes the line out, and only that one', () => {
    const cart = [
      { product: tea, quantity: 1 },
      { product: salt, quantity: 3 },
    ]
    expect(cartAfter(cart, { kind: 'set', productId: 1, quantity: 0 })).toEqual([{ product: salt, quantity: 3 }])
    expect(cartAfter(cart, { kind: 'set', productId: 2, quantity: 5 })[1]?.quantity).toBe(5)
  })

  it('tax is contained in the price, not added to it', () => {
    expect(taxIncluded(1190, 19)).toBe(190)
    expect(taxIncluded(1190, 0)).toBe(0)
  })
})

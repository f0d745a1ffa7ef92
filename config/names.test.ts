import { expect, it } from 'vitest'
import { scopeOf } from './names.ts'

it.each([
  ['https://shop.example/', '/'],
  ['http://localhost:4173/shop/', '/shop/'],
  ['https://shop.example/a:b//c', '/a:b//c'],
  ['https://shop.example/shop/?v=/2/', '/shop/'],
])('the scope of a registration is its path: %s', (registration, scope) => {
  expect(scopeOf(registration)).toBe(scope)
})

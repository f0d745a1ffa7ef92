import { expect, it } from 'vitest'
import { cookieForProxy } from './cookies.ts'

it.each([
  ['a=1; Path=/; HttpOnly', 'a=1; Path=/; HttpOnly'],
  ['a=1; Domain=app.example; Path=/x; Secure; SameSite=None', 'a=1; Path=/x'],
  ['a=1;domain=.app.example;secure;samesite=none;Partitioned', 'a=1'],
  ['a=1; SameSite=Lax; Max-Age=0; Secure', 'a=1; SameSite=Lax; Max-Age=0'],
  ['__Host-a=1; Path=/; Secure; SameSite=None', '__Host-a=1; Path=/; Secure; SameSite=None'],
  ['__Secure-a=1; Domain=app.example; Secure', '__Secure-a=1; Secure'],
  ['a=Secure=x; Path=/', 'a=Secure=x; Path=/'],
])('the cookie %s is set as %s', (field, expected) => expect(cookieForProxy(field)).toBe(expected))

import { expect, it } from 'vitest'
import { userOfCookies } from './user-of-cookies.ts'

const ADA = userOfCookies('sid=ada')

it('is the same for the same session, whatever else the page has chosen', () => {
  expect(ADA).toMatch(/^[\w-]{22}$/)
  expect(userOfCookies('theme=dark; sid=ada; _ga=1; csrftoken=x')).toBe(ADA)
  expect(userOfCookies('sid=grace')).not.toBe(ADA)
})

it('is nobody without a session', () => {
  for (const cookie of [undefined, '', 'theme=dark', 'sid=']) expect(userOfCookies(cookie)).toBeUndefined()
})

it('is that of the session which the answer begins, and nobody where it ends one', () => {
  expect(userOfCookies('', ['sid=ada; Path=/; HttpOnly'])).toBe(ADA)
  expect(userOfCookies('sid=grace', ['theme=dark', 'sid=ada'])).toBe(ADA)
  for (const field of ['sid=; Path=/', 'sid=x; Max-Age=0', 'sid=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])
    expect(userOfCookies('sid=ada', [field])).toBeUndefined()
})

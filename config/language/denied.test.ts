import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DENIED_QUERY } from './denied.ts'

const guide = readFileSync('docs/guide/lifecycle.md', 'utf8')
const [named = ''] = /^- Never kept.*?^- /ms.exec(guide) ?? []
const documented = [...named.matchAll(/`(\w+)=`/g)].map(([, name = '']) => name)

const OPENID = ['code', 'state', 'error', 'id_token', 'access_token', 'session_state']
const OTHERS = ['SAMLResponse', 'RelayState', 'SAMLart', 'oauth_token', 'oauth_verifier', 'ticket', 'wresult', 'token']

it.each([...OPENID, ...OTHERS])('a page whose URL has %s= is never kept, and the guide says so', (name) => {
  expect(DENIED_QUERY.test(`?${name}=secret`)).toBe(true)
  expect(DENIED_QUERY.test(`?tab=1&${name}=secret`)).toBe(true)
  expect(documented).toContain(name)
})

it('the guide names no other parameter', () => {
  expect(documented.filter((name) => !DENIED_QUERY.test(`?${name}=`))).toEqual([])
})

it.each(['?tickets=1', '?postcode=1', '?page=2&real_estate=1', '?q=token', '?tokens=1'])(
  'a page at %s is kept',
  (search) => {
    expect(DENIED_QUERY.test(search)).toBe(false)
  },
)

import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Identity } from './everyone.ts'
import type { UseStore } from './store.ts'

vi.stubGlobal('self', globalThis)
const { identified } = await import('./identity.ts')

const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
afterEach(() => void said.mockClear())

/** A database without a record. */
const empty = (() => Promise.resolve([])) as unknown as UseStore

const tokens = (partitionOf?: (token: string) => unknown): Identity =>
  identified({ by: ['authorization'], ...(partitionOf && { partitionOf: partitionOf as never }) }, empty)

async function partitionOf(users: Identity, token: string, clientId = 'a tab'): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${token}` }
  return users.partitionOf(new Request('https://app.test/api', { headers }), clientId, { public: false })
}

const jwt = (claims: unknown): string => `head.${btoa(JSON.stringify(claims))}.signature`

describe('partitionOf', () => {
  it.each<[gives: string, partitionOf: (token: string) => unknown]>([
    ['numbers', Number],
    ['numbers beyond those that are exact', (token) => Number(`9007199254740993${token}`)],
    ['a number that is none', () => Number.NaN],
    ['null', () => null],
    ['an empty text', () => ''],
    ['a promise', (token) => Promise.resolve(token)],
    ['an object', (token) => ({ id: token })],
    ['undefined', () => undefined],
    [
      'nothing, since it throws',
      () => {
        throw new Error('no such claim')
      },
    ],
  ])('that gives %s keeps users apart, and one user the same', async (_, given) => {
    const users = tokens(given)
    const [one, again, other] = [
      await partitionOf(users, '123'),
      await partitionOf(users, '123'),
      await partitionOf(users, '425'),
    ]
    expect(one).toBe(again)
    expect(one).not.toBe(other)
    for (const partition of [one, other]) expect(partition).toMatch(/^token\/./)
  })

  it('names a user by a number as by its text', async () => {
    expect(
      await partitionOf(
        tokens(() => 123),
        'x',
      ),
    ).toBe(
      await partitionOf(
        tokens(() => '123'),
        'y',
      ),
    )
  })

  it.each<[how: string, partitionOf: () => unknown]>([
    ['knows no name', () => undefined],
    ['gives no name', () => null],
    ['throws', () => JSON.parse('no JSON') as unknown],
  ])('that %s leaves the token to name its user', async (_, given) => {
    expect(await partitionOf(tokens(given), jwt({ iss: 'id', sub: 'ada' }))).toBe('token/id/ada')
  })
})

describe('the subject of a JWT', () => {
  it.each<[what: string, one: unknown, other: unknown]>([
    ['null', null, null],
    ['an object', { id: 1 }, { id: 2 }],
    ['a list', ['ada'], ['ada']],
    ['empty', '', ''],
    ['a truth value', true, true],
    ['beyond the exact numbers', 9_007_199_254_740_992, 9_007_199_254_740_992],
    ['absent', undefined, undefined],
  ])('that is %s names nobody: each token has a partition of its own', async (_, one, other) => {
    const users = tokens()
    const first = await partitionOf(users, jwt({ sub: one, of: 'ada' }))
    expect(await partitionOf(users, jwt({ sub: other, of: 'grace' }))).not.toBe(first)
  })

  it.each<[what: string, claims: unknown, partition: string]>([
    ['a text', { iss: 'id', sub: 'ada' }, 'token/id/ada'],
    ['a number', { iss: 'id', sub: 7 }, 'token/id/7'],
    ['one of no issuer', { sub: 'ada' }, 'token//ada'],
    ['one of an issuer that is no text', { iss: { id: 1 }, sub: 'ada' }, 'token//ada'],
    ['one of an issuer that is null', { iss: null, sub: 'ada' }, 'token//ada'],
  ])('that is %s names the user, whatever else the token says', async (_, claims, partition) => {
    expect(await partitionOf(tokens(), jwt(claims))).toBe(partition)
    expect(await partitionOf(tokens(), jwt({ ...(claims as object), exp: 1 }))).toBe(partition)
  })

  it.each(['null', '7', '"ada"', '[]'])('of a token whose claims are %s names nobody', async (claims) => {
    expect(await partitionOf(tokens(), `head.${btoa(claims)}.signature`)).toMatch(/^token\/[^/]{20,}$/)
  })
})

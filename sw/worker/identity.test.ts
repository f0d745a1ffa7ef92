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

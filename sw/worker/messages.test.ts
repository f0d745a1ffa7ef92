import { describe, expect, it, vi } from 'vitest'
import type { ReadMatch } from '../../config/language/index.ts'
import type { Reach } from '../protocol.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { Messages } = await import('./messages.ts')

/** What a worker sends when a page asks for a stored answer of ada’s anew, and what the page hears. */
async function refreshed(credentials: string | undefined): Promise<{ sent: unknown; answer: unknown }> {
  const launch = vi.fn<(read: unknown) => unknown>(() => ({
    landed: Promise.resolve({ settlement: { kind: 'refresh' } }),
    stored: Promise.resolve({ outcome: 'unchanged' }),
  }))
  const row = {
    url: 'https://app.test/api',
    key: 'key',
    partition: 'token/id/ada',
    sequence: 1,
    fields: new Map([['vary', 'authorization']]),
    request: { method: 'GET', credentials: 'same-origin', fields: new Map() },
    receivedAtMs: 0,
    requestedAtMs: 0,
  }
  const rule = { name: 'all', fresh: 60, stale: 0, offline: 0, trust: 'rule', ignoreQuery: [], keyHeaders: [] }
  const match: ReadMatch = { kind: 'read', rule, tags: [] } as never
  const ports = {
    match: () => match,
    urlOf: (url: string) => url,
    rows: { rowsOf: () => Promise.resolve([row]) },
    generations: { watch: () => () => true },
    flights: { launch },
    identity: {
      partitionsOf: () => Promise.resolve(['everyone', 'token/id/ada']),
      credentialsOf: () => credentials,
    },
    secrets: { shown: (fields: unknown) => fields },
  }
  const messages = new Messages(ports as unknown as ConstructorParameters<typeof Messages>[0])
  const answer = await messages.answer({ ask: 'refresh', url: '/api' }, 'a tab')
  return { sent: launch.mock.calls[0]?.[0], answer }
}

describe('a page that asks for a stored answer anew', () => {
  it('gets what the origin has for the user whose token this worker has seen', async () => {
    const { sent, answer } = await refreshed('Bearer ada')
    expect(answer).toEqual({ outcome: 'unchanged' })
    expect(sent).toMatchObject({
      request: { fields: new Map([['authorization', 'Bearer ada']]) },
      head: { ofToken: true },
    })
  })

  it('has the origin asked nothing where the token is not known any more: that would be answered to somebody else', async () => {
    expect(await refreshed(undefined)).toEqual({ sent: undefined, answer: { outcome: 'kept' } })
  })
})

describe('what a page invalidates', () => {
  const url = 'url https://app.test'
  const prefix = 'prefix https://app.test'

  it.each<[rule: string, reach: Reach, targets: string[]]>([
    [
      'is the URL itself, colons and stars in it',
      { urls: ['/api/items?sort=name:asc'] },
      [`${url}/api/items?sort=name:asc`],
    ],
    ['is a URL whose path has a star', { urls: ['/api/2*3'] }, [`${url}/api/2*3`]],
    [
      'is all that begins as a pattern does before its first hole',
      { patterns: ['/api/items/:id'] },
      [`${prefix}/api/items/`],
    ],
    ['is the URL that a pattern without a hole is', { patterns: ['/api/items'] }, [`${url}/api/items`]],
    ['is everything, whatever else is named', { all: true, urls: ['/api'] }, ['prefix ']],
    ['is what has a tag', { tags: ['a:b*'] }, ['tag a:b*']],
    ['is nothing', {}, []],
  ])('%s', async (_rule, reach, targets) => {
    const invalidate = vi.fn<(targets: readonly string[]) => Promise<undefined>>(() => Promise.resolve(undefined))
    const ports = {
      urlOf: (given: string) => given,
      log: { invalidate },
      channel: { changes: () => undefined },
    }
    const messages = new Messages(ports as unknown as ConstructorParameters<typeof Messages>[0])
    expect(await messages.answer({ ask: 'invalidate', reach }, 'client')).toBe(true)
    expect(invalidate.mock.calls[0]?.[0]).toEqual(targets)
  })
})

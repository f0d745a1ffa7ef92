import { describe, expect, it, vi } from 'vitest'
import type { ReadMatch } from '../../../config/language/index.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { refresh } = await import('./refresh.ts')

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
  const match: ReadMatch = { kind: 'read', rule, params: {}, tags: [] } as never
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
  const answer = await refresh(
    ports as unknown as Parameters<typeof refresh>[0],
    { ask: 'refresh', url: '/api' },
    'a tab',
  )
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

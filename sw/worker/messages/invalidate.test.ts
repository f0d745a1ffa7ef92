import { describe, expect, it, vi } from 'vitest'
import type { Reach } from '../../protocol.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { invalidate } = await import('./invalidate.ts')

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
    ['is a URL in the normal form of its encoding', { urls: ['/api/%7Ea%2fb?%71=%61'] }, [`${url}/api/~a%2Fb?q=a`]],
    ['is the same of a pattern', { patterns: ['/api/%7Ea/:id', '/api/%61'] }, [`${prefix}/api/~a/`, `${url}/api/a`]],
    ['is the URL that a pattern without a hole is', { patterns: ['/api/items'] }, [`${url}/api/items`]],
    ['is everything, whatever else is named', { all: true, urls: ['/api'] }, ['prefix ']],
    ['is what has a tag', { tags: ['a:b*'] }, ['tag a:b*']],
    ['is nothing', {}, []],
  ])('%s', async (_rule, reach, targets) => {
    const record = vi.fn<(targets: readonly string[]) => Promise<undefined>>(() => Promise.resolve(undefined))
    const ports = {
      urlOf: (given: string) => given,
      log: { invalidate: record },
      channel: { changes: () => undefined },
    }
    expect(await invalidate(ports as never, { ask: 'invalidate', reach }, 'client')).toBe(true)
    expect(record.mock.calls[0]?.[0]).toEqual(targets)
  })
})

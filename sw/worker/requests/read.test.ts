import { describe, expect, it, vi } from 'vitest'
import { compiled } from '../../../config/language/compiled.fixture.ts'
import { storedRow } from '../../core/stored-row.fixture.ts'

vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { ruleOfRow } = await import('./read.ts')

const { match } = compiled({
  version: '1',
  identity: 'none',
  routes: [
    { match: '/api/items', fresh: '5m' },
    { match: 'POST /auth/refresh', offline: '7d', fresh: 0, stale: 0 },
    { match: 'QUERY /api/found', fresh: '5m' },
  ],
})

describe('the rule by which a stored answer is kept', () => {
  it.each([
    ['GET', '/api/items', '/api/items'],
    ['POST', '/auth/refresh', 'POST /auth/refresh'],
    ['QUERY', '/api/found', 'QUERY /api/found'],
    ['POST', '/api/items', '/api/items'],
    ['GET', '/auth/refresh', undefined],
    ['GET', '/api/dropped', undefined],
  ])('of a %s of %s is %s', (method, path, name) => {
    const { request } = storedRow()
    const row = storedRow({}, { url: `https://app.test${path}`, request: { ...request, method } })
    expect(ruleOfRow(match, undefined, row)?.name).toBe(name)
  })

  it('of a page is the one for pages', () => {
    const pages = { name: 'pages' } as NonNullable<Parameters<typeof ruleOfRow>[1]>
    expect(ruleOfRow(match, pages, storedRow({}, { rule: 'pages' }))).toBe(pages)
  })
})

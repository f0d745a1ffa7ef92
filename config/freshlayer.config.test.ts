import { describe, expect, it } from 'vitest'
import config from './freshlayer.config.ts'
import { checkConfig, compileRules, type Match, matcherOf } from './language/index.ts'

const match = matcherOf(compileRules(config))
const ask = (request: string): Match | undefined => {
  const [method = '', pathname = ''] = request.split(' ')
  return match({ method, origin: 'https://shop.example', sameOrigin: true, pathname, search: '' })
}

const tagsOf = (request: string): readonly string[] => {
  const found = ask(request)
  return found?.tags ?? []
}

describe('the rules of the demo shop', () => {
  it('pass the check without a warning', () => {
    expect(checkConfig(config, 'freshlayer.config.ts')).toEqual({ problems: [], warnings: [] })
  })

  it.each([
    ['/api/units', 60 * 60, true],
    ['/api/units/1', 60 * 60, true],
    ['/api/categories', 30 * 60, true],
    ['/api/brands/3', 30 * 60, true],
    ['/api/products', 5 * 60, true],
    ['/api/products/7', 5 * 60, true],
    ['/api/products/7/variants', 5 * 60, true],
    ['/api/reports/sales', 5 * 60, false],
    ['/api/sales', 60, false],
    ['/api/sales/1', 30 * 60, false],
    ['/api/purchases', 5 * 60, false],
    ['/api/stock', 30, false],
    ['/api/stock/7', 30, false],
    ['/api/till', 0, false],
    ['/api/settings', 30 * 60, true],
    ['/api/catalogue', 5 * 60, true],
    ['/api/product-tags', 30 * 60, true],
    ['/api/activity', 60, false],
    ['/api/me/tasks', 5 * 60, false],
    ['/api/me/preferences', 10 * 60, false],
  ])('keep %s fresh for %i s', (path, fresh, isPublic) => {
    expect(ask(`GET ${path}`)).toMatchObject({ kind: 'read', rule: { fresh, public: isPublic } })
  })

  it.each([
    ['/api/stock', 30_000],
    ['/api/stock/7', 30_000],
    ['/api/sales', 30_000],
    ['/api/purchases', 30_000],
    ['/api/products?page=1&pageSize=24&status=active', 30_000],
    ['/api/products?page=1&pageSize=25', undefined],
    ['/api/settings', undefined],
    ['/api/reports/sales', undefined],
    ['/api/categories', undefined],
    ['/api/catalogue', undefined],
    ['/api/activity', undefined],
  ])('poll %s every %s ms', (path, pollMs) => {
    const { pathname, search } = new URL(path, 'https://shop.example')
    const found = match({ method: 'GET', origin: 'https://shop.example', sameOrigin: true, pathname, search })
    expect(found?.kind === 'read' && found.rule.pollMs).toBe(pollMs)
  })

  it('never store the till', () => {
    expect(ask('GET /api/till')).toMatchObject({ rule: { fresh: 0, stale: 0, offline: 0 } })
  })

  it.each([
    'GET /api/session',
    'POST /api/session',
    'DELETE /api/session',
    'POST /api/session/refresh',
    'GET /api/health',
  ])('leave %s alone', (request) => {
    expect(ask(request)).toBeUndefined()
  })

  it.each([
    [
      'POST /api/sales',
      ['/api/sales', '/api/stock', '/api/stock/7', '/api/products', '/api/products/7', '/api/reports/sales'],
    ],
    ['POST /api/stock/7/adjustments', ['/api/stock', '/api/stock/7', '/api/products', '/api/products/7']],
    ['POST /api/purchases', ['/api/purchases']],
    [
      'POST /api/purchases/4/receive',
      ['/api/purchases', '/api/purchases/4', '/api/stock', '/api/stock/7', '/api/products', '/api/products/7'],
    ],
    ['POST /api/products', ['/api/products', '/api/stock', '/api/categories', '/api/brands']],
    [
      'PATCH /api/products/7',
      ['/api/products', '/api/products/7', '/api/stock', '/api/reports/sales', '/api/sales/4', '/api/purchases/4'],
    ],
    ['POST /api/products/7/variants', ['/api/products/7/variants', '/api/products', '/api/products/7', '/api/stock']],
    ['PUT /api/variants/9', ['/api/products/7/variants', '/api/products', '/api/products/7', '/api/stock']],
    ['DELETE /api/variants/9', ['/api/products/7/variants', '/api/products', '/api/products/7', '/api/stock']],
    ['PUT /api/brands/3', ['/api/brands', '/api/brands/3', '/api/products/7']],
    ['PUT /api/categories/3', ['/api/categories', '/api/products/7', '/api/reports/sales']],
    ['PUT /api/units/3', ['/api/units', '/api/products/7']],
    ['PUT /api/settings', ['/api/settings']],
    ['PATCH /api/me/tasks/5', ['/api/me/tasks']],
    ['PUT /api/me/preferences', ['/api/me/preferences']],
  ])('ask again after %s', (write, paths) => {
    const ended = tagsOf(write)
    for (const path of paths) {
      expect({ path, isEnded: tagsOf(`GET ${path}`).some((tag) => ended.includes(tag)) }).toEqual({
        path,
        isEnded: true,
      })
    }
  })

  it('end the till with each sale', () => {
    expect(ask('POST /api/sales')).toMatchObject({ rule: { invalidates: { urls: ['/api/till', '/api/stock'] } } })
  })

  it('keep what a write does not touch', () => {
    expect(tagsOf('GET /api/units').some((tag) => tagsOf('POST /api/sales').includes(tag))).toBe(false)
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compiled as compile } from './compiled.fixture.ts'
import { prefixes } from './prefixes.ts'

const APP = 'https://shop.example'

const compiled = (reads: readonly string[], writes: readonly string[]) =>
  compile({
    version: '1',
    identity: 'none',
    routes: reads.map((match) => ({ match })),
    writes: writes.map((match) => ({ match, invalidates: [] })),
  })

describe('the prefixes of the rules', () => {
  it.each([
    ['are whole paths where nothing is open', ['/api/till'], [], [{ prefix: '/api/till' }]],
    ['end at the first parameter', ['/api/products/:id/variants'], [], [{ prefix: '/api/products/' }]],
    ['end at the first star', ['/files/report-*.csv'], [], [{ prefix: '/files/report-' }]],
    ['end before the slash of two stars, which may be nothing', ['/api/**'], [], [{ prefix: '/api' }]],
    ['are everything for a rule that is', ['/**'], [], [{ prefix: '/' }]],
    ['are those of writes too', [], ['POST /api/sales'], [{ prefix: '/api/sales' }]],
    ['say one thing once', ['/a', '/a'], ['/a'], [{ prefix: '/a' }]],
    ['leave out what another covers', ['/a/b', '/a/:x'], ['/a/**'], [{ prefix: '/a' }]],
    [
      'keep origins apart',
      ['/a', 'https://api.example.com/a/b'],
      [],
      [{ prefix: '/a' }, { origin: 'https://api.example.com', prefix: '/a/b' }],
    ],
  ])('%s', (_, reads, writes, expected) => {
    expect(prefixes(compiled(reads, writes))).toEqual(expected)
  })

  const segment = fc.constantFrom('a', 'b', ':x', '*', 'a*', '*.b')
  const pattern = fc
    .tuple(
      fc.constantFrom('', 'GET ', 'POST '),
      fc.constantFrom('', 'https://api.example.com'),
      fc.array(segment, { maxLength: 3 }),
      fc.constantFrom('', '/**', '/'),
    )
    .map(([method, origin, parts, end]) => {
      const path = parts.map((part, at) => `/${part.replace(':x', `:x${at}`)}`).join('') + end
      return `${method}${origin}${path === '' ? '/' : path}`
    })
  const asked = fc.array(fc.constantFrom('a', 'b', 'ab', 'a.b', ''), { minLength: 1, maxLength: 4 })

  it('cover whatever a rule matches', () => {
    fc.assert(
      fc.property(
        fc.array(pattern, { maxLength: 5 }),
        fc.array(pattern, { maxLength: 5 }),
        asked,
        fc.constantFrom(APP, 'https://api.example.com'),
        fc.constantFrom('GET', 'POST'),
        (reads, writes, parts, origin, method) => {
          const config = compiled(
            reads,
            writes.filter((text) => !text.startsWith('GET')),
          )
          const pathname = `/${parts.join('/')}`
          const match = config.match({ method, origin, sameOrigin: origin === APP, pathname, search: '' })
          fc.pre(match !== undefined)
          expect(
            prefixes(config).some((one) => (one.origin ?? APP) === origin && pathname.startsWith(one.prefix)),
          ).toBe(true)
        },
      ),
    )
  })
})

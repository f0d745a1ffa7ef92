import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkConfig } from './check.ts'
import { formatProblem } from './kind.ts'
import { matcherOf } from './matcher.ts'
import { compileRules } from './compile.ts'
import type { Config } from './options.ts'

const checked = (options: object): { problems: string[]; warnings: string[] } => {
  const { problems, warnings } = checkConfig({ version: '1', identity: 'none', routes: [], ...options }, 'rules.ts')
  return { problems: problems.map(formatProblem), warnings: warnings.map(formatProblem) }
}

const ROUTES = [
  { match: ['/api/products', '/api/products/:id'], tags: ['products', 'product:{id}'] },
  { match: 'https://b.example/v1/:kind/items' },
  { match: '/api/reports/**' },
]

/** What is said of one entry of a write whose path has the parameter `id`. */
const said = (entry: string, options: object = {}): { problems: string[]; warnings: string[] } =>
  checked({ routes: ROUTES, writes: [{ match: 'POST /api/x/:id', invalidates: [entry] }], ...options })

describe('a tag that a write invalidates', () => {
  it('has to be the tag of a route, and the nearest is named', () => {
    expect(said('prodcts').problems).toEqual([
      "writes[0].invalidates[0]: 'prodcts' given, expected a tag of a route ('products', 'product:{id}'), a path, or a name that `groups` lists too. Did you mean 'products'?",
    ])
  })

  it.each<[string, string | undefined]>([
    ['product', "'products'"],
    ['Products', "'products'"],
    ['prodct:{id}', "'product:{id}'"],
    ['api/products', "'/api/products'"],
    ['something', undefined],
    ['product', "'products'"],
  ])('is refused where no route has it: %s', (entry, near) => {
    const { problems } = said(entry)
    expect(problems).toHaveLength(1)
    expect(/Did you mean (.*)\?$/.exec(problems[0] ?? '')?.[1]).toBe(near)
  })

  it.each(['products', 'product:{id}', 'product:7', '{id}', 'product{id}'])('may be %s', (entry) => {
    expect(said(entry)).toEqual({ problems: [], warnings: [] })
  })

  it('has no star, because tags are compared as they are', () => {
    expect(said('stock:*').problems).toEqual([
      "writes[0].invalidates[0]: 'stock:*' given, expected a tag without a star: tags are compared as they are, so give these routes one tag of their own",
    ])
    expect(said('product:*').problems).toHaveLength(1)
    expect(said('all:*', { routes: [{ match: '/a', tags: ['all:*'] }] }).problems).toEqual([])
  })

  it('is refused where no route has any', () => {
    expect(said('stock', { routes: [{ match: '/a' }] }).problems).toEqual([
      "writes[0].invalidates[0]: 'stock' given, expected a tag, and no route has one, a path, or a name that `groups` lists too",
    ])
  })

  it('is not shown all of many', () => {
    const tags = Array.from({ length: 12 }, (_, at) => `long-tag-${at}`)
    expect(said('x', { routes: [{ match: '/a', tags }] }).problems[0]).toMatch(/'long-tag-9' and 2 more\)/)
  })

  it('may be a group of the backend’s Cache-Groups fields', () => {
    const groups = ['shelf', 'row:*']
    for (const entry of ['shelf', 'row:{id}', 'row:7']) {
      expect(said(entry, { groups })).toEqual({ problems: [], warnings: [] })
    }
    expect(said('shelff', { groups }).problems).toEqual([expect.stringContaining("Did you mean 'shelf'?")])
  })

  it('that is accepted is the tag of some answer, and one that is refused of none', () => {
    const template = fc.stringMatching(/^(?:[ab:]|\{id\}){1,4}$/)
    const value = fc.stringMatching(/^[ab:]{1,3}$/)
    fc.assert(
      fc.property(template, template, value, value, (tag, entry, one, other) => {
        const same = tag.replaceAll('{id}', one)
        fc.pre(same === entry.replaceAll('{id}', other))
        const config: Config = {
          version: '1',
          identity: 'none',
          routes: [{ match: '/r/:id', tags: [tag] }],
          writes: [{ match: '/w/:id', invalidates: [entry] }],
        }
        const match = matcherOf(compileRules(config))
        const tagsOf = (method: string, pathname: string): readonly string[] =>
          match({ method, origin: 'x', sameOrigin: true, pathname, search: '' })?.tags ?? []
        expect([tagsOf('GET', `/r/${one}`)[0], tagsOf('POST', `/w/${other}`)[0]]).toEqual([same, same])
        expect(checkConfig(config, 'rules.ts').problems).toEqual([])
      }),
      { numRuns: 500, maxSkipsPerRun: 5000 },
    )
  })
})

describe('groups', () => {
  it('are read only where a route leaves its freshness to HTTP', () => {
    const groups = ['shelf']
    expect(checked({ groups, routes: [{ match: '/a', fresh: '5m' }] }).problems).toEqual([
      "groups: a list given, expected a route whose `fresh` is 'http': in other configs the worker does not read Cache-Groups",
    ])
    expect(checked({ groups, defaults: { fresh: '5m' }, routes: [{ match: '/a' }] }).problems).toHaveLength(1)
    expect(checked({ groups, defaults: { fresh: '5m' }, routes: [{ match: '/a', fresh: 'http' }] }).problems).toEqual(
      [],
    )
    expect(checked({ groups, routes: [{ match: '/a' }] }).problems).toEqual([])
    expect(checked({ groups, routes: [{ match: '/a', preset: 'cache-first' }] }).problems).toHaveLength(1)
  })

  it.each(['', 'a*b', 7])('are names: %s', (group) => {
    expect(checked({ groups: [group], routes: [{ match: '/a' }] }).problems).toEqual([
      expect.stringMatching(/^groups\[0\]: /),
    ])
  })
})

describe('a path that a write invalidates', () => {
  it('is warned of where no route matches it, and the nearest is named', () => {
    expect(said('/api/product')).toEqual({
      problems: [],
      warnings: [
        "writes[0].invalidates[0]: '/api/product' given, expected a path that a route matches: nothing is stored for this one. Did you mean '/api/products'?",
      ],
    })
  })

  it.each<[string, boolean]>([
    ['/api/products', true],
    ['/api/products?page=1', true],
    ['/api/products/7', true],
    ['/api/products/{id}', true],
    ['/api/products/:any', true],
    ['/api/products/:any/reviews', true],
    ['/api/products/**', true],
    ['/api/prod*', true],
    ['/api/**', true],
    ['/api/reports/7/days', true],
    ['/api/reports', true],
    ['/{id}/products', true],
    ['https://b.example/v1/a/items', true],
    ['https://b.example/v1/{id}/items?x={id}', true],
    ['/api/products/7/reviews', false],
    ['/api/product/{id}', false],
    ['/apis/**', false],
    ['/api/report/**', false],
    ['https://c.example/v1/a/items', false],
    ['/v1/a/items', false],
  ])('%s is one that a route matches: %s', (entry, isRead) => {
    expect(said(entry).warnings).toHaveLength(isRead ? 0 : 1)
  })

  it('may be that of a stored page', () => {
    expect(said('/posts/**', { navigation: { offline: '7d' } }).warnings).toEqual([])
    expect(said('/posts/**', { navigation: { offline: 0 } }).warnings).toHaveLength(1)
    expect(said('https://c.example/posts', { navigation: { offline: '7d' } }).warnings).toHaveLength(1)
  })
})

describe('a write', () => {
  it('that names nothing takes away what a write without an entry ends', () => {
    expect(checked({ routes: ROUTES, writes: [{ match: '/api/products/:id' }] }).warnings).toEqual([
      'writes[0].invalidates: nothing given, expected what else changes, or no entry at all: a write without an entry also ends the tags of the route at its path',
    ])
    expect(checked({ writes: [{ match: '/api/a', invalidates: [] }] }).warnings).toEqual([])
    expect(checked({ writes: [{ match: '/api/a', session: 'sign-in' }] }).warnings).toEqual([])
  })
})

describe('a tag that ends in the name of a parameter', () => {
  it.each<[string, string | undefined]>([
    ['product:id', "'product:{id}'"],
    ['product::id', "'product:{id}'"],
    ['product:$id', "'product:{id}'"],
    ['product:[id]', "'product:{id}'"],
    ['product:<id>', "'product:{id}'"],
    ['product:{id}', undefined],
    ['product:idea', undefined],
    ['productid', undefined],
    ['id', undefined],
  ])('probably means its value: %s', (tag, near) => {
    const { problems, warnings } = checked({ routes: [{ match: '/api/products/:id', tags: [tag] }] })
    expect(problems).toEqual([])
    expect(warnings).toEqual(
      near === undefined
        ? []
        : [`routes[0].tags[0]: '${tag}' given, expected braces around the name of a parameter. Did you mean ${near}?`],
    )
  })
})

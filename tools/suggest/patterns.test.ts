import { describe, expect, it } from 'vitest'
import { parsePattern, pathMatches } from '../../config/language/pattern.ts'
import { patternsOf } from './patterns.ts'

/** The patterns of these paths, each once, in order. */
const of = (...paths: readonly string[]): string[] => [...new Set(paths.map(patternsOf(paths)))]

describe('what varies becomes a parameter', () => {
  it.each<[string, string[], string[]]>([
    ['a number', ['/api/products/7'], ['/api/products/:id']],
    [
      'numbers, and the list beside them',
      ['/api/products', '/api/products/7', '/api/products/8'],
      ['/api/products', '/api/products/:id'],
    ],
    ['a UUID', ['/api/orders/3f2504e0-4f89-41d3-9a0c-0305e82c3301'], ['/api/orders/:id']],
    ['a hash', ['/blobs/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'], ['/blobs/:hash']],
    ['an ObjectId', ['/api/users/507f1f77bcf86cd799439011'], ['/api/users/:id']],
    ['an id with a prefix', ['/v1/customers/cus_9s6XKzkNRiz8i3'], ['/v1/customers/:id']],
    ['a ULID', ['/api/events/01ARZ3NDEKTSV4RRFFQ69G5FAV'], ['/api/events/:id']],
    ['an article number', ['/api/items/SKU-10012'], ['/api/items/:id']],
    ['a date', ['/api/reports/2026-11-30'], ['/api/reports/:date']],
    ['a month', ['/api/reports/2026-11'], ['/api/reports/:date']],
    ['an address', ['/api/users/ada@shop.example'], ['/api/users/:email']],
    ['two ids of one path', ['/api/products/7/variants/9'], ['/api/products/:id/variants/:variantId']],
    ['two ids, the second with words', ['/api/users/7/user-roles/9'], ['/api/users/:id/user-roles/:userRoleId']],
    ['a language', ['/locales/en/common.json'], ['/locales/:lang/common.json']],
    ['a language as a file', ['/i18n/de-AT.json'], ['/i18n/:lang.json']],
    ['a number as a file', ['/api/photos/17.png', '/api/photos/18.png'], ['/api/photos/:id.png']],
    ['slugs of a list', ['/api/articles/how-to-cook', '/api/articles/why-rust'], ['/api/articles/:slug']],
    ['one long slug of a list', ['/api/articles/how-to-train-your-dragon'], ['/api/articles/:slug']],
    [
      'what is below slugs',
      ['/api/articles/how-to-cook/comments', '/api/articles/why-rust/comments'],
      ['/api/articles/:slug/comments'],
    ],
    [
      'slugs behind a segment that is no list, if there are some',
      ['lodash-es', 'left-pad', 'is-odd', '@types%2Fnode'].map((name) => `/-/data/sidebar/${name}`),
      ['/-/data/sidebar/:slug'],
    ],
    [
      'a name beside plain ones',
      ['/api/profiles/jake', '/api/profiles/Anah%20B'],
      ['/api/profiles/jake', '/api/profiles/:slug'],
    ],
    ['a package of a scope', ['/-/sidebar/@types/node'], ['/-/sidebar/:id/:id2']],
    ['a node of a flow', ['/context/flow/f6f2187d.f17ca8'], ['/context/flow/:id']],
    ['ids and slugs in one place', ['/api/posts/7', '/api/posts/hello-world'], ['/api/posts/:slug']],
    [
      'plain words, if there are many',
      ['red', 'green', 'blue', 'cyan', 'white', 'black'].map((name) => `/api/tags/${name}`),
      ['/api/tags/:slug'],
    ],
    [
      'the same tail of a slug and of an id',
      ['/api/posts/7/likes', '/api/posts/hello-world/likes'],
      ['/api/posts/:slug/likes'],
    ],
  ])('%s', (_, paths, patterns) => {
    expect(of(...paths)).toEqual(patterns)
  })
})

describe('what names a part of the API stays', () => {
  it.each<[string, string[]]>([
    [
      'lists',
      [
        '/api/products',
        '/api/brands',
        '/api/units',
        '/api/sales',
        '/api/stock',
        '/api/till',
        '/api/settings',
        '/api/reports',
      ],
    ],
    [
      'words with hyphens at the top',
      ['/api/health-check', '/api/price-lists', '/api/tax-rates', '/api/user-roles', '/api/v2-beta'],
    ],
    ['a version', ['/api/v1/products', '/v2/items', '/3/movies', '/api/2/items']],
    ['views beside entries', ['/api/users/me', '/api/users/search', '/api/users/current']],
    ['a report by name', ['/api/reports/sales', '/api/reports/stock']],
    ['a file of an app', ['/assets/index.json', '/config.json']],
    ['a root', ['/', '/api/']],
  ])('%s', (_, paths) => {
    expect(of(...paths)).toEqual(paths)
  })

  it('also where entries vary beside it', () => {
    expect(of('/api/users/me', '/api/users/7')).toEqual(['/api/users/me', '/api/users/:id'])
  })
})

it('each pattern matches the paths that it stands for, and never names a parameter twice', () => {
  const paths = [
    '/a/1/b/2/c/3/d/4',
    '/a/1/2/3',
    '/x/1.json',
    '/api/products/7/variants/9/products/3',
    '/%C3%BC/7',
    '/api/items/a%20b-c',
    '/api/items/d-e',
    '/api/items/(f)-g',
    '/api/items/h:i-j',
    '/api/items/*k-l',
  ]
  const patternOf = patternsOf(paths)
  for (const path of paths) {
    const pattern = parsePattern(patternOf(path))
    if (pattern === 'invalid') throw new Error(`${patternOf(path)} is no pattern`)
    const { pathname, origin } = new URL(path, 'https://app.example')
    expect(pathMatches(pattern, { origin, sameOrigin: true, pathname }), `${patternOf(path)} for ${path}`).toBe(true)
  }
})

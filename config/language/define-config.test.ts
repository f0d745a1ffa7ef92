import { describe, expect, it } from 'vitest'
import { defineConfig } from './define-config.ts'

describe('defineConfig', () => {
  it('returns its argument', () => {
    const config = { version: '1', identity: 'none', routes: [] } as const
    expect(defineConfig(config)).toBe(config)
  })

  // The compiler checks the lines below: an expected error that does not occur is an error.
  it('types durations, option names and holes', () => {
    const base = { version: '1', identity: 'none' } as const
    const computed = ['/a/:id'].map((match) => ({ match, tags: ['a:{id}'] }))
    expect([
      defineConfig({
        ...base,
        routes: [{ match: ['/a/:id', 'https://h:80/b/:key.json'], tags: ['{id}{key}'], fresh: '5m' }],
      }),
      defineConfig({ ...base, routes: computed }),
      defineConfig({
        ...base,
        routes: [{ match: '/a/:id', tags: ['a', '{id}-x'] }],
        writes: [{ match: '/a/:id/:part', invalidates: ['a', '{id}-{part}'] }],
      }),
      // @ts-expect-error 5mins is not a duration
      defineConfig({ ...base, routes: [{ match: '/a', fresh: '5mins' }] }),
      // @ts-expect-error 30 has no unit
      defineConfig({ ...base, routes: [{ match: '/a', fresh: 30 }] }),
      // @ts-expect-error frsh is not an option
      defineConfig({ ...base, routes: [{ match: '/a', frsh: '5m' }] }),
      // @ts-expect-error sku is not a parameter
      defineConfig({ ...base, routes: [{ match: '/a/:id', tags: ['a:{id}', 'a:{sku}'] }] }),
      // @ts-expect-error sku is not a parameter
      defineConfig({ ...base, routes: [], writes: [{ match: '/a/:id', invalidates: ['{id}{sku}'] }] }),
      // @ts-expect-error identity is missing
      defineConfig({ version: '1', routes: [] }),
    ]).toHaveLength(9)
  })

  it('types the tags of `invalidates` from those of the routes', () => {
    const base = { version: 1, identity: 'none' } as const
    const routes = [{ match: '/a/:id', tags: ['as', 'a:{id}', 'a:{id}:parts'] }, { match: '/b' }] as const
    const computed: string[] = ['a']
    expect([
      ...['7', '8'].map((id) =>
        defineConfig({ ...base, routes, writes: [{ match: '/a', invalidates: ['as', `a:${id}`, 'a:7:parts'] }] }),
      ),
      defineConfig({ ...base, routes, writes: [{ match: '/x/:y', invalidates: ['a:{y}', '{y}', 'a:*'] }] }),
      defineConfig({ ...base, routes, writes: [{ match: '/x', invalidates: ['/b', '/a/**', 'https://h/x'] }] }),
      defineConfig({ ...base, routes, writes: [{ match: '/x', invalidates: computed }] }),
      defineConfig({
        ...base,
        routes,
        writes: [{ match: '/x/:y', invalidates: ['as', (answer, { y }) => [`a:${(answer as { b: 1 }).b}`, `a:${y}`]] }],
      }),
      // @ts-expect-error a function gives a list
      defineConfig({ ...base, routes, writes: [{ match: '/x', invalidates: [() => 'as'] }] }),
      defineConfig({
        ...base,
        routes: [{ match: '/a', tags: computed }],
        writes: [{ match: '/x', invalidates: ['any'] }],
      }),
      defineConfig({
        ...base,
        routes,
        groups: ['shelf', 'row:*'],
        writes: [{ match: '/x/:y', invalidates: ['shelf', 'row:7', 'row:{y}', 'as'] }],
      }),
      // @ts-expect-error ass is not a tag
      defineConfig({ ...base, routes, writes: [{ match: '/x', invalidates: ['as', 'ass'] }] }),
      // @ts-expect-error b: is the beginning of no tag
      defineConfig({ ...base, routes, writes: [{ match: '/x/:y', invalidates: ['b:{y}'] }] }),
      // @ts-expect-error a path begins with a slash
      defineConfig({ ...base, routes, writes: [{ match: '/x', invalidates: ['b'] }] }),
      // @ts-expect-error no route has a tag
      defineConfig({ ...base, routes: [{ match: '/b' }], writes: [{ match: '/x', invalidates: ['b'] }] }),
      // @ts-expect-error shelves is not a group
      defineConfig({ ...base, routes, groups: ['shelf'], writes: [{ match: '/x', invalidates: ['shelves'] }] }),
    ]).toHaveLength(14)
  })
})

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
      defineConfig({ ...base, routes: [], writes: [{ match: '/a/:id/:part', invalidates: ['a', '{id}-{part}'] }] }),
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
})

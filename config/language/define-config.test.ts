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

  it('types how writes are queued', () => {
    const base = { version: 1, identity: 'none', routes: [{ match: '/a/:id', tags: ['as'] }] } as const
    expect([
      defineConfig({
        ...base,
        writes: [
          {
            match: ['POST /a', 'PATCH /a/:id'],
            invalidates: ['as'],
            offline: 'queue',
            entity: 'a',
            id: ':id',
            idempotent: { field: 'X-Key', form: 'plain', keeps: '7d' },
            witness: { compare: ['name'], after: '1m' },
            conflict: (_, mine, theirs) => ({ ...(theirs as object), ...(mine as object) }),
            optimistic: (cached, { method, url, params, body }, read) => [
              cached,
              method.length,
              url.length,
              params['id'],
              body,
              read.url.length,
            ],
            timeout: '2s',
            status: 201,
            versionMember: 'version',
            coalesce: true,
            demand: 'persistent',
          },
          {
            match: 'POST /b',
            offline: 'queue',
            idempotent: true,
            witness: false,
            conflict: 'ask',
            optimistic: 'first',
          },
          { match: 'POST /c', offline: 'off' },
        ],
        outbox: {
          lanes: 2,
          quick: 5,
          firstWait: '2s',
          longestWait: '1h',
          giveUpAfter: 'forever',
          attemptTimeout: '2m',
          mostWrites: 500,
          budget: '1GB',
          batch: { url: '/api/sync', entities: { product: 'products' }, keeps: '7d' },
        },
      }),
      // @ts-expect-error a batch goes somewhere
      defineConfig({ ...base, outbox: { batch: { entities: { product: 'products' } } } }),
      // @ts-expect-error queued is no way to wait
      defineConfig({ ...base, writes: [{ match: '/x', offline: 'queued' }] }),
      // @ts-expect-error latest-wins is no policy
      defineConfig({ ...base, writes: [{ match: '/x', offline: 'queue', conflict: 'latest-wins' }] }),
      // @ts-expect-error a policy takes three rows
      defineConfig({ ...base, writes: [{ match: '/x', offline: 'queue', conflict: (a, b, c, d) => [a, b, c, d] }] }),
      // @ts-expect-error true is no witness
      defineConfig({ ...base, writes: [{ match: '/x', offline: 'queue', witness: true }] }),
      // @ts-expect-error new rows are first or last
      defineConfig({ ...base, writes: [{ match: '/x', offline: 'queue', optimistic: 'top' }] }),
      // @ts-expect-error 500 is no status of a queued answer
      defineConfig({ ...base, writes: [{ match: '/x', offline: 'queue', status: 500 }] }),
      // @ts-expect-error a budget has a unit
      defineConfig({ ...base, outbox: { budget: 500 } }),
      // @ts-expect-error an outbox has no size
      defineConfig({ ...base, outbox: { size: '5MB' } }),
      // @ts-expect-error a wait has a unit
      defineConfig({ ...base, outbox: { firstWait: 5 } }),
    ]).toHaveLength(11)
  })
})

import { describe, expect, test } from 'vitest'
import { assertPageConfig } from './assert-page-config.ts'
import { checkConfig } from './check.ts'
import { compilePageRules, compileRules } from './compile.ts'
import { formatProblem } from './kind.ts'
import type { Config, Write } from './options.ts'

const ROUTES = [
  { match: '/api/products', tags: ['products'] },
  { match: '/api/products/:id', tags: ['products'] },
]
const configOf = (write: object, given: object = {}): Config => ({
  version: '1',
  identity: 'none',
  routes: ROUTES,
  writes: [{ match: ['POST /api/products', 'PUT /api/products/:id'], invalidates: ['products'], ...write }],
  ...given,
})
const compiled = (write: Partial<Write>, given: object = {}) => {
  const rules = compileRules(configOf({ offline: 'queue', ...write }, given))
  return { queue: rules.writes[0]?.queue, outbox: rules.outbox }
}
const problemsOf = (write: object, given: object = {}): string[] =>
  checkConfig(configOf(write, given), 'rules').problems.map(formatProblem)
const warningsOf = (write: object, given: object = {}): string[] =>
  checkConfig(configOf({ offline: 'queue', ...write }, given), 'rules').warnings.map(formatProblem)

describe('a queued write', () => {
  test('is compiled with its defaults', () => {
    expect(compiled({})).toMatchObject({
      queue: {
        places: [
          { pattern: { path: '/api/products' }, target: 'list' },
          { target: 'row', id: 'id' },
        ],
        timeoutMs: 5000,
        status: 202,
        idMember: 'id',
        versionMember: 'updated_at',
        witness: { afterMs: 30_000 },
        conflict: 'ask',
        optimistic: 'last',
        coalesces: false,
        needsPersistence: false,
      },
      outbox: {
        most: 4,
        limits: { quick: 3, baseMs: 1000, capMs: 300_000, ageMs: 604_800_000 },
        requestLimitMs: 25_000,
        mostWrites: 10_000,
        budget: 100_000_000,
      },
    })
    expect(compiled({}).queue).not.toHaveProperty('idempotency')
    expect(compiled({}).queue).not.toHaveProperty('entity')
  })

  test('is compiled with what it says', () => {
    const merge = (): unknown => 'ask'
    const show = (cached: unknown): unknown => cached
    const { queue, outbox } = compiled(
      {
        match: 'POST /api/stock/:productId/adjustments',
        entity: 'stock',
        id: ':productId',
        timeout: 0,
        status: 201,
        idMember: 'uuid',
        versionMember: 'version',
        idempotent: { field: 'X-Request-Id', form: 'plain', keeps: '7d' },
        witness: { url: '/api/stock/{productId}/adjustments', compare: ['reference'], after: '2m' },
        conflict: merge,
        optimistic: show,
        coalesce: true,
        demand: 'persistent',
      },
      {
        outbox: {
          lanes: 1,
          quick: 5,
          firstWait: '2s',
          longestWait: '1h',
          giveUpAfter: 'forever',
          attemptTimeout: '2m',
          mostWrites: 500,
          budget: '1GB',
          batch: { url: '/api/sync', entities: { stock: 'stocks' }, keeps: '30d' },
        },
      },
    )
    expect(queue).toMatchObject({
      entity: 'stock',
      places: [{ target: 'other', id: 'productId' }],
      timeoutMs: 0,
      status: 201,
      idMember: 'uuid',
      versionMember: 'version',
      idempotency: { field: 'x-request-id', form: 'plain', keepsFor: 604_800 },
      witness: { url: '/api/stock/{productId}/adjustments', compared: ['reference'], afterMs: 120_000 },
      coalesces: true,
      needsPersistence: true,
    })
    // A build takes functions from the config itself.
    expect([queue?.conflict, queue?.optimistic]).toEqual([merge, show])
    expect(outbox).toEqual({
      most: 1,
      limits: { quick: 5, baseMs: 2000, capMs: 3_600_000, ageMs: Infinity },
      requestLimitMs: 120_000,
      mostWrites: 500,
      budget: 1_000_000_000,
      batch: { url: '/api/sync', entities: { stock: 'stocks' }, keepsFor: 2_592_000 },
    })
    const batch = { url: '/api/sync', entities: { product: 'products' } }
    expect(compiled({ entity: 'product' }, { outbox: { batch } }).outbox?.batch).toEqual({
      ...batch,
      keepsFor: 604_800,
    })
  })

  test.each<[string, Write['idempotent'], object | undefined]>([
    ['by the usual field', true, { field: 'idempotency-key', form: 'string', keepsFor: 86_400 }],
    ['by a field of its own', 'X-Key', { field: 'x-key', form: 'string', keepsFor: 86_400 }],
    ['not at all', false, undefined],
  ])('is idempotent %s', (_, idempotent, expected) => {
    expect(compiled({ idempotent: idempotent ?? false }).queue?.idempotency).toEqual(expected)
  })

  test.each<[string, Write['witness'], object | undefined]>([
    ['a URL', '/api/sales', { url: '/api/sales', afterMs: 30_000 }],
    ['its own URL', {}, { afterMs: 30_000 }],
    ['none', false, undefined],
  ])('has %s as its witness', (_, witness, expected) => {
    expect(compiled({ witness: witness ?? false }).queue?.witness).toEqual(expected)
  })

  test.each<[string, Partial<Write>, object[]]>([
    ['a row by its last segment', { match: 'PUT /a/:x/b/:y' }, [{ target: 'row', id: 'y' }]],
    ['a row by its last segment before a slash', { match: 'PUT /a/:x/' }, [{ target: 'row', id: 'x' }]],
    ['a list without one', { match: 'POST /a/:x/b' }, [{ target: 'list' }]],
    ['a part of a row by the named one', { match: 'PUT /a/:x/photo', id: ':x' }, [{ target: 'other', id: 'x' }]],
    [
      'a row by the named one',
      { match: ['PUT /a/:x', 'POST /a'], id: ':x' },
      [{ target: 'row', id: 'x' }, { target: 'list' }],
    ],
    ['a list by a star', { match: 'POST /a/*' }, [{ target: 'list' }]],
  ])('is one to %s', (_, write, expected) => {
    expect(compiled(write).queue?.places).toMatchObject(expected)
  })

  test('is absent from other writes, and from the rules of a page', () => {
    for (const write of [{}, { offline: 'off' }]) {
      const { writes, outbox } = compileRules(configOf(write))
      expect([writes[0]?.queue, outbox]).toEqual([undefined, undefined])
    }
    expect(compilePageRules(configOf({ offline: 'queue' })).writes[0]).not.toHaveProperty('queue')
    expect(() => assertPageConfig(configOf({ offline: 'queue', conflict: 'ask' }), 'rules')).not.toThrow()
  })

  test('has no problem', () => {
    expect(problemsOf({ offline: 'queue' })).toEqual([])
    const all = {
      entity: 'product',
      id: ':id',
      idempotent: true,
      witness: false,
      conflict: 'server-wins',
      optimistic: 'first',
    }
    expect(problemsOf({ offline: 'queue', ...all, coalesce: false, demand: 'persistent' }, { outbox: {} })).toEqual([])
  })
})

describe('is refused:', () => {
  test.each<[string, object, object, string]>([
    [
      'another word',
      { offline: 'queued' },
      {},
      "writes[0].offline: 'queued' given, expected 'queue' or 'off'. Did you mean 'queue'?",
    ],
    [
      'an option without the queue',
      { entity: 'product' },
      {},
      "writes[0].entity: 'product' given, expected offline: 'queue' beside it",
    ],
    [
      'an option with the queue switched off',
      { offline: 'off', coalesce: true },
      {},
      "writes[0].coalesce: true given, expected offline: 'queue' beside it",
    ],
    [
      'a sign-out',
      { offline: 'queue', match: 'POST /api/logout', session: 'sign-out', invalidates: [] },
      {},
      "writes[0].offline: 'queue' given, expected no session beside it",
    ],
    [
      'a batch without its endpoint',
      { offline: 'queue', entity: 'product' },
      { outbox: { batch: { entities: { product: 'products' } } } },
      "outbox.batch.url: nothing given, expected a path of the app's own origin such as '/api/sync'",
    ],
    [
      'a batch at another origin',
      { offline: 'queue', entity: 'product' },
      { outbox: { batch: { url: 'https://a.test/sync', entities: { product: 'products' } } } },
      "outbox.batch.url: 'https://a.test/sync' given, expected a path of the app's own origin such as '/api/sync'",
    ],
    [
      'a batch of a list of names',
      { offline: 'queue', entity: 'product' },
      { outbox: { batch: { url: '/api/sync', entities: ['product'] } } },
      "outbox.batch.entities: a list given, expected names by `entity` such as { product: 'products' }",
    ],
    [
      'a batch of what no queued write is of',
      { offline: 'queue', entity: 'product' },
      { outbox: { batch: { url: '/api/sync', entities: { products: 'products' } } } },
      "outbox.batch.entities: 'products' given, expected the `entity` of a queued write: product. Did you mean 'product'?",
    ],
    [
      'a batch where no write has an entity',
      { offline: 'queue' },
      { outbox: { batch: { url: '/api/sync', entities: { product: 'products' } } } },
      "outbox.batch.entities: 'product' given, expected a queued write with an `entity`",
    ],
    [
      'an id that is no parameter',
      { offline: 'queue', id: ':ids' },
      {},
      "writes[0].id: ':ids' given, expected a parameter of match: :id. Did you mean ':id'?",
    ],
    [
      'an id where there are no parameters',
      { offline: 'queue', match: 'POST /api/products', id: ':id' },
      {},
      'expected no id: match has no parameters',
    ],
    [
      'an id in braces',
      { offline: 'queue', id: '{id}' },
      {},
      "writes[0].id: '{id}' given, expected a parameter of match such as ':id'. Did you mean ':id'?",
    ],
    ['an entity with spaces', { offline: 'queue', entity: 'a product' }, {}, 'writes[0].entity'],
    ['a member without name', { offline: 'queue', idMember: '' }, {}, 'writes[0].idMember'],
    [
      'a field that is none',
      { offline: 'queue', idempotent: 'X Key' },
      {},
      "writes[0].idempotent: 'X Key' given, expected true, false, or the name",
    ],
    [
      'an unknown form',
      { offline: 'queue', idempotent: { form: 'quoted' } },
      {},
      "writes[0].idempotent.form: 'quoted' given",
    ],
    [
      'an unknown option of the key',
      { offline: 'queue', idempotent: { header: 'X-Key' } },
      {},
      'writes[0].idempotent.header',
    ],
    [
      'a witness that is no URL',
      { offline: 'queue', witness: 'products' },
      {},
      "writes[0].witness: 'products' given, expected a path",
    ],
    ['true as a witness', { offline: 'queue', witness: true }, {}, 'writes[0].witness: true given'],
    [
      'a witness with a hole that not each pattern fills',
      { offline: 'queue', witness: '/api/products/{id}' },
      {},
      "writes[0].witness: '/api/products/{id}' given, expected no hole",
    ],
    [
      'a witness with a wrong hole',
      { offline: 'queue', match: 'PATCH /a/:id', witness: { url: '/a/{sku}' } },
      {},
      "writes[0].witness.url: '/a/{sku}' given, expected a parameter of each pattern of match: {id}",
    ],
    [
      'a witness elsewhere',
      { offline: 'queue', witness: 'https://other.example/p' },
      {},
      'an address of the origin that `match` names',
    ],
    [
      'a witness that does not wait',
      { offline: 'queue', witness: { after: 0 } },
      {},
      'writes[0].witness.after: 0 given, expected a duration of at least 100 ms',
    ],
    ['an unknown policy', { offline: 'queue', conflict: 'last-writer-wins' }, {}, "Did you mean 'last-write-wins'?"],
    [
      'an unknown place',
      { offline: 'queue', optimistic: 'top' },
      {},
      "writes[0].optimistic: 'top' given, expected 'first' or a function",
    ],
    ['a number for a flag', { offline: 'queue', coalesce: 1 }, {}, 'writes[0].coalesce: 1 given'],
    ['an unknown demand', { offline: 'queue', demand: 'persisted' }, {}, "Did you mean 'persistent'?"],
    [
      'an outbox without a queued write',
      {},
      { outbox: {} },
      "outbox: an object given, expected a write with offline: 'queue'",
    ],
    [
      'no lane',
      { offline: 'queue' },
      { outbox: { lanes: 0 } },
      'outbox.lanes: 0 given, expected a whole number from 1 to 16',
    ],
    ['half an attempt', { offline: 'queue' }, { outbox: { quick: 1.5 } }, 'outbox.quick'],
    ['a flood', { offline: 'queue' }, { outbox: { firstWait: '1ms' } }, "outbox.firstWait: '1ms' given"],
    ['a wait for ever', { offline: 'queue' }, { outbox: { longestWait: 'forever' } }, 'outbox.longestWait'],
    ['an age without unit', { offline: 'queue' }, { outbox: { giveUpAfter: 7 } }, 'outbox.giveUpAfter'],
    [
      'a longest wait that is shorter than the first',
      { offline: 'queue' },
      { outbox: { firstWait: '10m' } },
      "outbox.longestWait: '5m' given, expected a duration of at least `firstWait`, which is 10m",
    ],
    [
      'an attempt that ends at once',
      { offline: 'queue' },
      { outbox: { attemptTimeout: 0 } },
      'outbox.attemptTimeout: 0 given, expected a duration from 1 s to 4 minutes',
    ],
    ['an attempt of an hour', { offline: 'queue' }, { outbox: { attemptTimeout: '1h' } }, 'outbox.attemptTimeout'],
    [
      'an outbox without room',
      { offline: 'queue' },
      { outbox: { mostWrites: 0 } },
      'outbox.mostWrites: 0 given, expected a whole number from 1 to 100000',
    ],
    [
      'a size without unit',
      { offline: 'queue' },
      { outbox: { budget: '5' } },
      "outbox.budget: '5' given, expected a size",
    ],
    [
      'the status of a failure',
      { offline: 'queue', status: 503 },
      {},
      'writes[0].status: 503 given, expected 200, 201, 202 or 204',
    ],
    ['a version without name', { offline: 'queue', versionMember: '' }, {}, 'writes[0].versionMember'],
    ['a number as timeout', { offline: 'queue', timeout: 5 }, {}, 'writes[0].timeout: 5 given'],
    ['a timeout without the queue', { timeout: '5s' }, {}, "writes[0].timeout: '5s' given, expected offline: 'queue'"],
    ['an unknown option of the outbox', { offline: 'queue' }, { outbox: { lane: 1 } }, "Did you mean 'lanes'?"],
  ])('%s', (_, write, given, message) => {
    expect(problemsOf(write, given).join('\n')).toContain(message)
  })
})

test('writes of one entity have one member for its id', () => {
  const of = (method: string, entity: string, idMember?: string): Write => ({
    match: `${method} /api/${entity}/:id`,
    invalidates: ['products'],
    offline: 'queue',
    entity,
    ...(idMember !== undefined && { idMember }),
  })
  const same = [of('PUT', 'a', 'uuid'), of('PUT', 'b'), of('DELETE', 'a', 'uuid'), of('DELETE', 'b', 'id')]
  expect(problemsOf({}, { writes: same })).toEqual([])
  expect(problemsOf({}, { writes: [of('PUT', 'a'), of('PUT', 'b', 'sku'), of('DELETE', 'a', 'uuid')] })).toEqual([
    "writes[2].idMember: 'uuid' given, expected 'id', as for the other writes of 'a'",
  ])
})

describe('a write whose lost answers the user would be asked about', () => {
  const ELSEWHERE = { match: 'POST /api/sales', invalidates: ['products'] }
  test.each<[string, object, boolean]>([
    ['a POST to a list that a route reads', {}, false],
    ['a POST to what no route reads', ELSEWHERE, true],
    ['a PATCH of what no route reads', { ...ELSEWHERE, match: 'PATCH /api/sales/:id' }, true],
    ['any write of what no route reads', { ...ELSEWHERE, match: '/api/sales/:id' }, true],
    ['a PUT of what no route reads', { ...ELSEWHERE, match: 'PUT /api/sales/:id' }, false],
    ['a POST with a key', { ...ELSEWHERE, idempotent: true }, false],
    ['a POST that says that there is no key', { ...ELSEWHERE, idempotent: false }, true],
    ['a POST with a witness', { ...ELSEWHERE, witness: '/api/sales' }, false],
    ['a POST with a witness that says no URL', { ...ELSEWHERE, witness: { after: '1m' } }, true],
    ['a POST without a witness', { witness: false }, true],
  ])('is warned of: %s', (_, write, isWarned) => {
    const found = warningsOf(write).filter((warning) => warning.includes('the user is asked'))
    expect(found).toHaveLength(isWarned ? 1 : 0)
    if (isWarned) expect(found[0]).toContain('writes[0].idempotent: ')
  })
})

test('a queued write that names nothing to invalidate is warned of, and not told to have no entry', () => {
  const [warning = ''] = warningsOf({ invalidates: undefined })
  expect(warning).toContain('writes[0].invalidates: nothing given, expected what else changes: a write with an entry')
})

test.each([
  ['users that sign in and are not told apart', { identity: 'none' }, 'queue', 1],
  ['users that are told apart', { identity: { by: ['identify'] } }, 'queue', 0],
  ['nothing that is queued', { identity: 'none' }, 'off', 0],
])('what one user has queued is not sent with the cookie of the next: %s', (_, identity, offline, count) => {
  const [sales] = configOf({ offline }).writes ?? []
  const writes = [sales, { match: 'POST /api/session', invalidates: [], session: 'sign-in' }]
  const found = warningsOf({}, { ...identity, writes }).filter((warning) => warning.startsWith('identity'))
  expect(found).toHaveLength(count)
  if (count > 0) expect(found[0]).toContain('writes[1] says that users sign in')
})

import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../config/language/index.ts'
import { configSchema } from './config-schema.ts'

const validate = new Ajv({ strictTypes: false }).compile(configSchema())

/** Valid, for a config that is valid except for these options. */
const verdictsOf = (options: object): { readonly schema: boolean; readonly check: boolean } => {
  const config: unknown = JSON.parse(JSON.stringify({ version: '1', identity: 'none', routes: [], ...options }))
  return { schema: validate(config), check: checkConfig(config, 'rules').problems.length === 0 }
}

const route = (options: object): object => ({ routes: [{ match: '/a/:id', ...options }] })
const write = (options: object): object => ({
  routes: [{ match: '/a/:id', tags: ['a'] }],
  writes: [{ match: 'POST /b/:id', ...options }],
})

describe('the schema and the check accept', () => {
  it.each<[string, object]>([
    ['the least', {}],
    ['its own address', { $schema: './schema.json' }],
    ['a number as version', { version: 2 }],
    [
      'every way to tell users apart',
      { identity: { by: ['authorization', 'identify', 'echo'], echo: 'X-User', probe: '/me' } },
    ],
    ['the last user', { identity: { by: ['identify'], offlineIdentity: 'last' } }],
    [
      'options of pages',
      { navigation: { exclude: ['/x/**'], timeout: '3s', offline: '7d', public: true, trust: 'http' } },
    ],
    ['a kill switch', { kill: { url: '/kill.json', gone: true } }],
    ['sizes', { budget: '20MB', ...route({ budget: '1.5GB' }) }],
    ['defaults', { defaults: { fresh: 'http', stale: 0, offline: 'forever', timeout: '500ms' } }],
    ['all windows', route({ fresh: '5m', stale: '1.5h', offline: 'http' })],
    [
      'each preset',
      {
        routes: ['network-first', 'cache-first', 'stale-while-revalidate', 'network-only'].map((preset, at) => ({
          match: `/${at}/a`,
          preset,
        })),
      },
    ],
    ['several patterns', { routes: [{ match: ['/a', 'POST /b'], tags: ['a'] }] }],
    ['a query', route({ query: { view: 'full', draft: false, any: true } })],
    ['GraphQL', { routes: [{ match: 'POST /graphql', reads: 'graphql' }] }],
    ['numbers', route({ retry: 5, heuristic: 0.1 })],
    ['attention', route({ onFocus: false, onReconnect: true, poll: '30s', pollHidden: true })],
    ['no poll', route({ poll: 0 })],
    ['a poll of a second', route({ poll: '1000ms' })],
    [
      'media types',
      {
        routes: [
          { match: '/a', expects: 'JSON' },
          { match: '/b', expects: 'image/*' },
          { match: '/c', expects: '*/*' },
        ],
      },
    ],
    [
      'flags',
      route({
        public: true,
        ranges: true,
        cookieVariants: false,
        onReload: 'rule',
        trust: 'rule',
        race: true,
        dictionary: true,
      }),
    ],
    ['members of a body', { defaults: { ignoreInDiff: ['now'] }, ...route({ ignoreInDiff: ['a.b', '*.now'] }) }],
    ['lists of names', route({ ignoreQuery: ['utm_*'], keyHeaders: ['X-Store'], tags: ['a', 'a:{id}'], name: 'a' })],
    ['a write', write({ invalidates: ['a', '/a/{id}'], name: 'b' })],
    ['a sign-out', write({ session: 'sign-out' })],
    ['a queued write', write({ offline: 'queue', entity: 'b', id: ':id', idMember: 'uuid', coalesce: true })],
    ['a key', write({ offline: 'queue', idempotent: 'X-Key', witness: false, conflict: 'ask', optimistic: 'first' })],
    [
      'more about a key',
      write({ offline: 'queue', idempotent: { form: 'plain', keeps: '7d' }, witness: { compare: ['a'], after: '1m' } }),
    ],
    [
      'an outbox',
      {
        ...write({ offline: 'queue', demand: 'persistent' }),
        outbox: { lanes: 16, quick: 1, firstWait: '100ms', longestWait: '0.5s' },
      },
    ],
    ['an outbox of a size', { ...write({ offline: 'queue' }), outbox: { mostWrites: 100_000, budget: '1GB' } }],
    [
      'batches',
      {
        ...write({ offline: 'queue', entity: 'product' }),
        outbox: { batch: { url: '/api/sync', entities: { product: 'products' }, keeps: '1d' } },
      },
    ],
    ['a long attempt', { ...write({ offline: 'queue' }), outbox: { attemptTimeout: '4m' } }],
    ['an attempt in seconds', { ...write({ offline: 'queue' }), outbox: { attemptTimeout: '240s' } }],
    ['an attempt of a second', { ...write({ offline: 'queue' }), outbox: { attemptTimeout: '1000ms' } }],
    ['a queued answer', write({ offline: 'queue', timeout: 0, status: 201, versionMember: 'version' })],
    ['groups', { groups: ['a', 'b:*'], ...route({}) }],
  ])('%s', (_, options) => expect(verdictsOf(options)).toEqual({ schema: true, check: true }))
})

describe('the schema and the check refuse', () => {
  it.each<[string, object]>([
    ['no version', { version: undefined }],
    ['an empty version', { version: '' }],
    ['no identity', { identity: undefined }],
    ['no routes', { routes: undefined }],
    ['an unknown option', { route: [] }],
    ['an unknown identity', { identity: 'token' }],
    ['an identity without a way', { identity: {} }],
    ['no way at all', { identity: { by: [] } }],
    ['an unknown way', { identity: { by: ['cookie'] } }],
    ['a shell that is no text', { shell: true }],
    ['an unknown option of pages', { navigation: { fresh: '5m' } }],
    ['a kill switch without a path', { kill: {} }],
    ['a size without unit', { budget: 20 }],
    ['a size with another unit', { budget: '20 MiB' }],
    ['what only a route has in defaults', { defaults: { match: '/a' } }],
    ['a route without a pattern', { routes: [{ fresh: '5m' }] }],
    ['a pattern that is empty', { routes: [{ match: '' }] }],
    ['a list of no patterns', { routes: [{ match: [] }] }],
    ['an unknown option of a route', route({ maxAge: 5 })],
    ['a duration without unit', route({ fresh: 30 })],
    ['a duration with another unit', route({ stale: '5mins' })],
    ['a timeout by HTTP', route({ timeout: 'http' })],
    ['a poll that is a flood', route({ poll: '30ms' })],
    ['a poll of less than a second', route({ poll: '0.5s' })],
    ['a poll by HTTP', route({ poll: 'http' })],
    ['an unknown preset', route({ preset: 'networkFirst' })],
    ['too many repetitions', route({ retry: 6 })],
    ['half a repetition', route({ retry: 0.5 })],
    ['more than all of a time', route({ heuristic: 1.1 })],
    ['a media type that is none', route({ expects: 'jsonn' })],
    ['a flag in words', route({ public: 'yes' })],
    ['an unknown word', route({ onReload: 'never' })],
    ['an unknown way to wait', write({ offline: 'later' })],
    ['an unknown policy', write({ offline: 'queue', conflict: 'latest' })],
    ['an unknown option of a witness', write({ offline: 'queue', witness: { list: '/b' } })],
    ['true as a witness', write({ offline: 'queue', witness: true })],
    ['an id without a colon', write({ offline: 'queue', id: 'id' })],
    ['an entity with spaces', write({ offline: 'queue', entity: 'a b' })],
    ['a key with spaces', write({ offline: 'queue', idempotent: 'X Key' })],
    ['too many lanes', { ...write({ offline: 'queue' }), outbox: { lanes: 17 } }],
    ['no attempt', { ...write({ offline: 'queue' }), outbox: { quick: 0 } }],
    ['a flood in seconds', { ...write({ offline: 'queue' }), outbox: { firstWait: '0.09s' } }],
    ['a witness that is no path', write({ offline: 'queue', witness: 'b' })],
    ['a witness that does not wait', write({ offline: 'queue', witness: { after: 0 } })],
    ['a flood', { ...write({ offline: 'queue' }), outbox: { firstWait: '50ms' } }],
    ['an attempt for ever', { ...write({ offline: 'queue' }), outbox: { attemptTimeout: 'forever' } }],
    ['an attempt that is too short', { ...write({ offline: 'queue' }), outbox: { attemptTimeout: '999ms' } }],
    ['an attempt that is too long', { ...write({ offline: 'queue' }), outbox: { attemptTimeout: '241s' } }],
    ['an attempt of an hour', { ...write({ offline: 'queue' }), outbox: { attemptTimeout: '1h' } }],
    [
      'batches without endpoint',
      { ...write({ offline: 'queue', entity: 'a' }), outbox: { batch: { entities: { a: 'b' } } } },
    ],
    [
      'batches to another origin',
      {
        ...write({ offline: 'queue', entity: 'a' }),
        outbox: { batch: { url: 'https://a.test/', entities: { a: 'b' } } },
      },
    ],
    [
      'batches of a name with spaces',
      { ...write({ offline: 'queue', entity: 'a' }), outbox: { batch: { url: '/a', entities: { a: 'b c' } } } },
    ],
    ['no room', { ...write({ offline: 'queue' }), outbox: { mostWrites: 0 } }],
    ['a size without unit', { ...write({ offline: 'queue' }), outbox: { budget: 5 } }],
    ['a status of a failure', write({ offline: 'queue', status: 400 })],
    ['a version without name', write({ offline: 'queue', versionMember: '' })],
    ['a wait for ever', { ...write({ offline: 'queue' }), outbox: { longestWait: 'forever' } }],
    ['a name in place of a list', route({ tags: 'a' })],
    ['a condition that is a number', route({ query: { page: 1 } })],
    ['an unknown kind of reads', { routes: [{ match: 'POST /a', reads: 'sql' }] }],
    ['an empty name', route({ name: '' })],
    ['a write without a pattern', { writes: [{ invalidates: [] }] }],
    ['windows of a write', write({ fresh: '5m' })],
    ['an unknown session', write({ session: 'logout' })],
  ])('%s', (_, options) => expect(verdictsOf(options)).toEqual({ schema: false, check: false }))
})

it('the schema has each option that the check knows, with its docstring, but for functions', () => {
  const definitions = configSchema()['definitions'] as Record<
    string,
    { properties?: Record<string, { description?: string }> }
  >
  const known = (options: object): string[] => {
    const { problems } = checkConfig({ version: '1', identity: 'none', routes: [], ...options }, 'rules')
    const { expected = '' } = problems.find(({ given }) => given === "'nonsense'") ?? {}
    return expected.replace('one of the options ', '').split(', ').toSorted()
  }
  const places: readonly [name: string, options: object][] = [
    ['Config', { nonsense: 1 }],
    ['IdentifiedBy', { identity: { by: ['identify'], nonsense: 1 } }],
    ['NavigationOptions', { navigation: { nonsense: 1 } }],
    ['KillOptions', { kill: { url: '/k', nonsense: 1 } }],
    ['RouteOptions', { defaults: { nonsense: 1 } }],
    ['Route', route({ nonsense: 1 })],
    ['Write', write({ nonsense: 1 })],
  ]
  for (const [name, options] of places) {
    const { properties = {} } = definitions[name] ?? {}
    const inSchema = Object.keys(properties)
    if (name === 'IdentifiedBy') inSchema.push('partitionOf')
    expect(inSchema.toSorted(), name).toEqual(known(options))
    for (const [option, { description = '' }] of Object.entries(properties)) {
      expect(description, `${name}.${option}`).toMatch(/\w{3}.*\.$/)
    }
  }
})

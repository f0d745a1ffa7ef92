import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { LoggedChange } from './core/change.ts'
import type { Target } from './core/invalidation.ts'
import {
  type Announcement,
  envelope,
  heardChange,
  isLogged,
  othersChange,
  parseAnnouncement,
  parseQuestion,
  PROTOCOL_VERSION,
  type Question,
  refusal,
  type Since,
} from './protocol.ts'

const CHANGE: LoggedChange = {
  kind: 'changed',
  targets: ['url https://shop.example/api/products', 'tag products', 'prefix https://shop.example/api/'],
  cause: 'response',
  partition: 'everyone',
  atMs: 1,
  informed: ['client'],
  logId: 'log',
  position: 1,
}

const HELLO = { ask: 'hello', partitions: ['everyone'], shown: [] } as const

const QUESTIONS: Question[] = [
  { ...HELLO, since: { logId: 'log', position: 0 } },
  { ...HELLO, since: { openedAtMs: 0 } },
  { ...HELLO, since: { openedAtMs: 0 }, partitions: [], shown: ['https://shop.example/api'] },
  { ask: 'identify', user: 'ada' },
  { ask: 'identify', user: '' },
  { ask: 'identify', user: null },
  { ask: 'explain', url: '/api' },
  { ask: 'invalidate', reach: {} },
  { ask: 'invalidate', reach: { tags: ['a'], urls: ['/b'] } },
  { ask: 'invalidate', reach: { patterns: ['/b/:id'] } },
  { ask: 'remove', reach: { all: true } },
  { ask: 'remove', reach: { all: false, tags: [] } },
  { ask: 'refresh', url: '/api' },
  { ask: 'validate', urls: ['/api'], because: 'focus' },
  { ask: 'validate', urls: [], because: 'reconnect', lostAtMs: 7 },
  { ask: 'stats' },
  { ask: 'probe' },
  { ask: 'fill', urls: ['https://app.test/'] },
  { ask: 'hint', tags: ['products'] },
  { ask: 'hint', tags: [], all: true, transactions: ['8812'] },
  { ask: 'take-over' },
  { ask: 'sync' },
  { ask: 'sync', entities: ['products'], full: true },
  { ask: 'sync-state' },
  { ask: 'sync-counts' },
  { ask: 'sync-stats' },
  { ask: 'records' },
  { ask: 'records', forget: [7, 8] },
]

const ANNOUNCEMENTS: Announcement[] = [
  { say: 'change', change: CHANGE },
  { say: 'change', change: { ...CHANGE, targets: [], all: true, informed: [] } },
  { say: 'change', change: { ...CHANGE, diff: { added: ['1'], updated: [], removed: ['2', '3'] } } },
  { say: 'origin', reachable: true },
  { say: 'origin', reachable: false },
  { say: 'origin', reachable: false, signIn: true },
  { say: 'reset', logId: 'log' },
  { say: 'who' },
  { say: 'partitions' },
  { say: 'sync', partition: 'everyone', state: { entity: 'products', state: 'idle', rows: 7, isLoaded: true } },
]

const ALL = [...QUESTIONS, ...ANNOUNCEMENTS]

const VALIDATE = { ask: 'validate', urls: [], because: 'focus' }

describe('a question of a tab', () => {
  it.each(QUESTIONS)('is understood: %j', (question) => {
    expect(parseQuestion(structuredClone(envelope(question)))).toMatchObject(question)
    expect(parseAnnouncement(envelope(question))).toBeUndefined()
  })

  it.each([
    ['of an unknown kind', { ask: 'delete-everything' }],
    ['of a kind that objects have', { ask: 'constructor' }],
    ['of a kind that is no text', { ask: ['stats'] }],
    ['of no kind', { ask: undefined }],
    ['that greets since nothing', { ...HELLO }],
    ['that greets since null', { ...HELLO, since: null }],
    ['that greets since an empty object', { ...HELLO, since: {} }],
    ['that greets since text', { ...HELLO, since: 'log' }],
    ['that greets since a position of no log', { ...HELLO, since: { position: 1 } }],
    ['that greets since no position of a log', { ...HELLO, since: { logId: 'log' } }],
    ['that greets since a position that is text', { ...HELLO, since: { logId: 'log', position: '1' } }],
    ['that greets since a time that is text', { ...HELLO, since: { openedAtMs: '1', logId: 'log', position: 1 } }],
    ['that greets with no partitions', { ...HELLO, since: { openedAtMs: 0 }, partitions: undefined }],
    ['that greets with a number shown', { ...HELLO, since: { openedAtMs: 0 }, shown: [7] }],
    ['that identifies no user', { ask: 'identify' }],
    ['that identifies a number', { ask: 'identify', user: 7 }],
    ['that wants no URL explained', { ask: 'explain' }],
    ['that wants a number refreshed', { ask: 'refresh', url: 7 }],
    ['that validates on no occasion', { ...VALIDATE, because: 'moon' }],
    ['that validates a number', { ...VALIDATE, urls: [7] }],
    ['that lost the connection at no time', { ...VALIDATE, lostAtMs: null }],
    ['that hints by a text', { ask: 'hint', tags: 'products' }],
    ['that hints of everything by a text', { ask: 'hint', tags: [], all: 'true' }],
    ['that hints of a transaction by a number', { ask: 'hint', tags: [], transactions: [8812] }],
    ['that fills by a text', { ask: 'fill', urls: '/api' }],
    ['that invalidates without a reach', { ask: 'invalidate' }],
    ['that invalidates null', { ask: 'invalidate', reach: null }],
    ['that invalidates text', { ask: 'invalidate', reach: 'all' }],
    ['that invalidates a tag in place of a list', { ask: 'invalidate', reach: { tags: 'a' } }],
    ['that invalidates null for tags', { ask: 'invalidate', reach: { tags: null } }],
    ['that removes a list with a number', { ask: 'remove', reach: { urls: ['/a', 7] } }],
    // oxlint-disable-next-line no-sparse-arrays -- A structured clone keeps holes.
    ['that removes a list with a hole', { ask: 'remove', reach: { urls: ['/a', , '/b'] } }],
    ['that removes a list of nothing but holes', { ask: 'remove', reach: { tags: Array(3) } }],
    ['that removes a pattern in place of a list', { ask: 'remove', reach: { patterns: '/a/*' } }],
    ['that removes all by a text', { ask: 'remove', reach: { all: 'no' } }],
  ])('is refused %s', (_, question) => {
    expect(parseQuestion(envelope(question))).toBeUndefined()
  })
})

describe('an announcement of the worker', () => {
  it.each(ANNOUNCEMENTS)('is understood: %j', (announcement) => {
    expect(parseAnnouncement(structuredClone(envelope(announcement)))).toMatchObject(announcement)
    expect(parseQuestion(envelope(announcement))).toBeUndefined()
  })

  it.each([
    ['of an unknown kind', { say: 'hello' }],
    ['of a change that is missing', { say: 'change' }],
    ['of a change that is null', { say: 'change', change: null }],
    ['of a change that is text', { say: 'change', change: 'x' }],
    ['of a change without position', { say: 'change', change: { ...CHANGE, position: undefined } }],
    ['of a change without log', { say: 'change', change: { ...CHANGE, logId: undefined } }],
    ['of a change without targets', { say: 'change', change: { ...CHANGE, targets: undefined } }],
    ['of a change of a target of no kind', { say: 'change', change: { ...CHANGE, targets: ['products'] } }],
    ['of a change that may be of all', { say: 'change', change: { ...CHANGE, all: false } }],
    ['of a change without cause', { say: 'change', change: { ...CHANGE, cause: undefined } }],
    ['of a change of a difference that is null', { say: 'change', change: { ...CHANGE, diff: null } }],
    ['of a change of half a difference', { say: 'change', change: { ...CHANGE, diff: { added: [], updated: [] } } }],
    ['of a change with a tag for targets', { say: 'change', change: { ...CHANGE, targets: 'tag products' } }],
    ['of a change of no kind', { say: 'change', change: { ...CHANGE, kind: undefined } }],
    ['of a change of a kind in a list', { say: 'change', change: { ...CHANGE, kind: ['changed'] } }],
    [
      'of a change of a kind that is no text at all',
      { say: 'change', change: { ...CHANGE, kind: { toString: null } } },
    ],
    ['of a change without a partition', { say: 'change', change: { ...CHANGE, partition: undefined } }],
    ['of a change at no time', { say: 'change', change: { ...CHANGE, atMs: undefined } }],
    ['of a change with numbers for clients', { say: 'change', change: { ...CHANGE, informed: [1] } }],
    ['of an origin that may be reached or not', { say: 'origin' }],
    ['of an origin that is reached by a text', { say: 'origin', reachable: 'yes' }],
    ['of a sign-in that is a text', { say: 'origin', reachable: false, signIn: 'yes' }],
    ['of a reset to no log', { say: 'reset' }],
  ])('is refused %s', (_, announcement) => {
    expect(parseAnnouncement(envelope(announcement))).toBeUndefined()
  })
})

describe('a change of a kind that this version does not know', () => {
  it.each(['merged', 'constructor', ''])('is a reset: %j', (kind) => {
    const said = envelope({ say: 'change', change: { ...CHANGE, kind } })
    expect(parseAnnouncement(said)).toEqual({ say: 'change', change: { ...CHANGE, kind: 'reset' } })
    expect(isLogged({ ...CHANGE, kind })).toBe(false)
  })

  it('is a reset as well where its cause is not known', () => {
    expect(heardChange({ ...CHANGE, cause: 'moon' })).toEqual({ ...CHANGE, kind: 'reset' })
    expect(isLogged({ ...CHANGE, cause: 'moon' })).toBe(false)
  })

  it('is none where anything else is missing', () => {
    expect(heardChange({ ...CHANGE, kind: 'merged', position: undefined })).toBeUndefined()
  })
})

describe('a message of another version', () => {
  const OTHERS = [PROTOCOL_VERSION + 1, PROTOCOL_VERSION - 1]
  it.each(OTHERS)('is refused as a question, with both versions and the remedy: %j', (freshlayer) => {
    const said = refusal({ ask: 'stats', freshlayer })
    expect(said).toContain(`version ${freshlayer} `)
    expect(said).toContain(`version ${PROTOCOL_VERSION}:`)
    expect(said).toContain('reload the page')
  })

  it.each([undefined, null, 'stats', {}, { freshlayer: '2' }, envelope({ ask: 'stats' })])('%j is none', (message) => {
    expect(refusal(message)).toBeUndefined()
  })

  it.each<[say: unknown, heard: unknown]>([
    ['change', { say: 'unreadable' }],
    ['reset', { say: 'unreadable' }],
    ['a word of later', { say: 'unreadable' }],
    ['write', undefined],
    ['origin', undefined],
    ['who', undefined],
    ['agree', undefined],
    ['outdated', undefined],
    ['partitions', undefined],
    ['sync', undefined],
    [undefined, undefined],
  ])('says to a tab that something may have changed, where it may: %s', (say, heard) => {
    for (const freshlayer of OTHERS) expect(parseAnnouncement({ say, freshlayer })).toEqual(heard)
  })

  it('says to another worker that something may have been written', () => {
    for (const freshlayer of OTHERS) expect(othersChange({ say: 'later', freshlayer })).toEqual({ ended: undefined })
  })
})

describe('a message', () => {
  it.each(ALL)('is ignored without the envelope: %j', (message) => {
    expect(parseQuestion(message) ?? parseAnnouncement(message)).toBeUndefined()
  })

  it.each([String(PROTOCOL_VERSION), true, undefined, null])(
    'is ignored when its version is no number: %j',
    (freshlayer) => {
      for (const message of ALL) {
        const foreign = { ...message, freshlayer }
        expect(parseQuestion(foreign) ?? parseAnnouncement(foreign)).toBeUndefined()
      }
    },
  )

  it.each([undefined, null, 0, '', 'stats', [], () => 0, Symbol('stats')])('is ignored when it is %s', (message) => {
    expect(parseQuestion(message) ?? parseAnnouncement(message)).toBeUndefined()
  })

  it('is not changed by its envelope', () => {
    const message = { ask: 'stats' } as const
    expect(envelope(message)).toEqual({ ask: 'stats', freshlayer: PROTOCOL_VERSION })
    expect(message).toEqual({ ask: 'stats' })
  })

  it('is ignored, whatever else it is', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withMap: true, withBigInt: true }), (message) => {
        expect(parseQuestion(message) ?? parseAnnouncement(message)).toBeUndefined()
      }),
    )
  })

  it('makes no parser throw, whatever its parts are', () => {
    const kind = fc.constantFrom(...ALL.map((message) => ('ask' in message ? message.ask : message.say)))
    const parts = fc.dictionary(
      fc.constantFrom('since', 'partitions', 'user', 'url', 'reach', 'change', 'reachable', 'signIn', 'logId'),
      fc.anything(),
    )
    fc.assert(
      fc.property(kind, parts, fc.constantFrom('ask', 'say'), (of, other, discriminator) => {
        const message = envelope({ ...other, [discriminator]: of })
        const parsed = parseQuestion(message) ?? parseAnnouncement(message)
        expect([undefined, message]).toContainEqual(parsed)
      }),
      { numRuns: 300 },
    )
  })
})

const CAUSES = ['response', 'refresh', 'write', 'invalidate', 'remove', 'sign-out'] as const

const GONE = Symbol('gone')

/** What a message may be, by its declared type. Number it says, so no number is refused. */
const number = v.custom<number>((value) => typeof value === 'number')
const texts = v.array(v.string())
const reach = v.object({
  tags: v.optional(texts),
  urls: v.optional(texts),
  patterns: v.optional(texts),
  all: v.optional(v.boolean()),
})
const QUESTION = v.variant('ask', [
  v.object({
    ask: v.literal('hello'),
    since: v.union([v.object({ logId: v.string(), position: number }), v.object({ openedAtMs: number })]),
    partitions: texts,
    shown: texts,
  }),
  v.object({ ask: v.literal('identify'), user: v.nullable(v.string()) }),
  v.object({ ask: v.literal('sign-out'), force: v.boolean() }),
  v.object({ ask: v.picklist(['explain', 'refresh']), url: v.string() }),
  v.object({ ask: v.picklist(['invalidate', 'remove']), reach }),
  v.object({ ask: v.picklist(['stats', 'probe', 'take-over', 'sync-state', 'sync-counts', 'sync-stats']) }),
  v.object({ ask: v.literal('records'), forget: v.optional(v.array(number)) }),
  v.object({ ask: v.literal('sync'), entities: v.optional(texts), full: v.optional(v.boolean()) }),
])
const ANNOUNCEMENT = v.variant('say', [
  v.object({
    say: v.literal('change'),
    change: v.object({
      kind: v.picklist(['changed', 'first', 'removed', 'invalidated', 'reset']),
      targets: v.array(v.pipe(v.string(), v.regex(/^(tag|url|prefix) /))),
      all: v.optional(v.literal(true)),
      cause: v.picklist(CAUSES),
      diff: v.optional(v.object({ added: texts, updated: texts, removed: texts })),
      partition: v.string(),
      atMs: number,
      informed: texts,
      logId: v.string(),
      position: number,
    }),
  }),
  v.object({ say: v.literal('origin'), reachable: v.boolean(), signIn: v.optional(v.boolean()) }),
  v.object({ say: v.literal('reset'), logId: v.string() }),
  v.object({ say: v.picklist(['who', 'agree', 'outdated', 'partitions', 'unreadable']) }),
  v.object({
    say: v.literal('sync'),
    partition: v.string(),
    state: v.object({ entity: v.string(), state: v.string(), rows: number }),
  }),
])

describe('whatever comes as a message', () => {
  // What a structured clone can bring.
  const anything = fc
    .anything({ withSparseArray: true, withMap: true, withSet: true, withDate: true, withBigInt: true, maxDepth: 3 })
    .map((value) => structuredClone(value))
  const list = fc.array(fc.string(), { maxLength: 3 })
  const since: fc.Arbitrary<Since> = fc.oneof(
    fc.record({ logId: fc.string(), position: fc.double() }),
    fc.record({ openedAtMs: fc.double() }),
  )
  const reached = fc.record({ tags: list, urls: list, patterns: list, all: fc.boolean() }, { requiredKeys: [] })
  const question: fc.Arbitrary<Question> = fc.oneof(
    fc.record({ ask: fc.constant('hello'), since, partitions: list, shown: list }),
    fc.record({ ask: fc.constant('identify'), user: fc.option(fc.string()) }),
    fc.record({ ask: fc.constant('sign-out'), force: fc.boolean() }),
    fc.record({ ask: fc.constantFrom('explain', 'refresh'), url: fc.string() }),
    fc.record({ ask: fc.constantFrom('invalidate', 'remove'), reach: reached }),
    fc.record({ ask: fc.constantFrom('stats', 'probe', 'take-over', 'sync-state', 'sync-counts', 'sync-stats') }),
    fc.record({ ask: fc.constant('sync'), entities: list, full: fc.boolean() }, { requiredKeys: ['ask'] }),
  )
  const target = fc
    .tuple(fc.constantFrom('tag', 'url', 'prefix'), fc.string())
    .map(([of, name]) => `${of} ${name}` as Target)
  const change: fc.Arbitrary<LoggedChange> = fc.record(
    {
      kind: fc.constantFrom('changed', 'first', 'removed', 'invalidated'),
      targets: fc.array(target, { maxLength: 3 }),
      all: fc.constant(true),
      cause: fc.constantFrom(...CAUSES),
      diff: fc.record({ added: list, updated: list, removed: list }),
      partition: fc.string(),
      atMs: fc.double(),
      informed: list,
      logId: fc.string(),
      position: fc.double(),
    },
    {
      requiredKeys: ['kind', 'targets', 'cause', 'partition', 'atMs', 'informed', 'logId', 'position'],
    },
  )
  const announcement: fc.Arbitrary<Announcement> = fc.oneof(
    fc.record({ say: fc.constant('change'), change }),
    fc.record(
      { say: fc.constant('origin'), reachable: fc.boolean(), signIn: fc.boolean() },
      { requiredKeys: ['say', 'reachable'] },
    ),
    fc.record({ say: fc.constant('reset'), logId: fc.string() }),
    fc.record({ say: fc.constantFrom('who', 'agree', 'outdated', 'partitions') }),
    fc.record({
      say: fc.constant('sync'),
      partition: fc.string(),
      state: fc.record({
        entity: fc.string(),
        state: fc.constantFrom('idle', 'syncing', 'offline', 'error'),
        rows: fc.double(),
        isLoaded: fc.boolean(),
      }),
    }),
  )

  it('is understood when it is a message', () => {
    fc.assert(
      fc.property(question, announcement, (asked, said) => {
        expect(parseQuestion(envelope(asked))).toEqual(envelope(asked))
        expect(parseAnnouncement(envelope(said))).toMatchObject(said)
      }),
      { numRuns: 500 },
    )
  })

  /** A message with one of its parts, of any depth, gone or another. */
  const damaged = fc
    .tuple(fc.oneof(question, announcement), fc.nat(), fc.oneof(fc.constant(GONE), anything))
    .map(([message, at, other]) => {
      const copy: unknown = structuredClone(envelope(message))
      const parts = partsOf(copy)
      const [holder, name] = parts[at % parts.length]!
      if (other === GONE) Reflect.deleteProperty(holder, name)
      else Reflect.set(holder, name, other)
      return copy
    })
  /** Anything, named as a message's parts are. */
  const alike = fc
    .dictionary(
      fc.constantFrom('ask', 'say', 'since', 'user', 'force', 'url', 'reach', 'change', 'reachable', 'signIn', 'logId'),
      fc.oneof(fc.constantFrom(...ALL.map((message) => ('ask' in message ? message.ask : message.say))), anything),
    )
    .map((parts) => envelope(parts))

  it('has the parts that its kind has, of their types, or is ignored', () => {
    let ignored = 0
    const runs = 5000
    fc.assert(
      fc.property(fc.oneof({ arbitrary: damaged, weight: 4 }, alike), (message) => {
        const asked = parseQuestion(message)
        const said = parseAnnouncement(message)
        if (asked === undefined && said === undefined) ignored++
        if (asked !== undefined) expect(v.safeParse(QUESTION, asked).issues).toBeUndefined()
        if (said !== undefined) expect(v.safeParse(ANNOUNCEMENT, said).issues).toBeUndefined()
        const others = othersChange(message)
        if (said?.say === 'change' || said?.say === 'reset') expect(others).toBeDefined()
        if (said === undefined && others !== undefined && refusal(message) === undefined)
          expect(message).toHaveProperty('say', expect.toBeOneOf(['reset', 'write', 'change']))
        if (others?.ended !== undefined) expect(message).toMatchObject({ change: { kind: 'removed', all: true } })
      }),
      { numRuns: runs },
    )
    // Some damage does no harm; most does.
    expect(ignored).toBeGreaterThan(runs / 2)
    expect(ignored).toBeLessThan(runs)
  })
})

/** Every part of a value, at whatever depth: what holds it, and its name there. */
function partsOf(value: unknown): [holder: object, name: string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]): [object, string][] => [[value, name], ...partsOf(part)])
}

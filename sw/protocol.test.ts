import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LoggedChange } from './core/change.ts'
import {
  type Announcement,
  envelope,
  parseAnnouncement,
  parseQuestion,
  PROTOCOL_VERSION,
  type Question,
} from './protocol.ts'

const CHANGE: LoggedChange = {
  kind: 'changed',
  urls: ['https://shop.example/api/products'],
  tags: ['products'],
  partition: 'everyone',
  atMs: 1,
  informed: ['client'],
  logId: 'log',
  position: 1,
}

const QUESTIONS: Question[] = [
  { ask: 'hello', since: { logId: 'log', position: 0 } },
  { ask: 'hello', since: { openedAtMs: 0 } },
  { ask: 'identify', user: 'ada' },
  { ask: 'identify', user: '' },
  { ask: 'identify', user: null },
  { ask: 'explain', url: '/api' },
  { ask: 'invalidate', reach: {} },
  { ask: 'invalidate', reach: { tags: ['a'], urls: ['/b'] } },
  { ask: 'remove', reach: { all: true } },
  { ask: 'remove', reach: { all: false, tags: [] } },
  { ask: 'refresh', url: '/api' },
  { ask: 'stats' },
  { ask: 'probe' },
  { ask: 'take-over' },
]

const ANNOUNCEMENTS: Announcement[] = [
  { say: 'change', change: CHANGE },
  { say: 'change', change: { ...CHANGE, urls: [], tags: [], informed: [] } },
  { say: 'origin', reachable: true },
  { say: 'origin', reachable: false },
  { say: 'reset', logId: 'log' },
  { say: 'who' },
]

const ALL = [...QUESTIONS, ...ANNOUNCEMENTS]

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
    ['that greets since nothing', { ask: 'hello' }],
    ['that greets since null', { ask: 'hello', since: null }],
    ['that greets since an empty object', { ask: 'hello', since: {} }],
    ['that greets since text', { ask: 'hello', since: 'log' }],
    ['that greets since a position of no log', { ask: 'hello', since: { position: 1 } }],
    ['that greets since no position of a log', { ask: 'hello', since: { logId: 'log' } }],
    ['that greets since a position that is text', { ask: 'hello', since: { logId: 'log', position: '1' } }],
    ['that greets since a time that is text', { ask: 'hello', since: { openedAtMs: '1', logId: 'log', position: 1 } }],
    ['that identifies nobody', { ask: 'identify' }],
    ['that identifies a number', { ask: 'identify', user: 7 }],
    ['that wants no URL explained', { ask: 'explain' }],
    ['that wants a number refreshed', { ask: 'refresh', url: 7 }],
    ['that invalidates without a reach', { ask: 'invalidate' }],
    ['that invalidates null', { ask: 'invalidate', reach: null }],
    ['that invalidates text', { ask: 'invalidate', reach: 'all' }],
    ['that invalidates a tag in place of a list', { ask: 'invalidate', reach: { tags: 'a' } }],
    ['that invalidates null for tags', { ask: 'invalidate', reach: { tags: null } }],
    ['that removes a list with a number', { ask: 'remove', reach: { urls: ['/a', 7] } }],
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
    ['of a change without URLs', { say: 'change', change: { ...CHANGE, urls: undefined } }],
    ['of a change with a tag for tags', { say: 'change', change: { ...CHANGE, tags: 'products' } }],
    ['of a change with numbers for clients', { say: 'change', change: { ...CHANGE, informed: [1] } }],
    ['of an origin that may be reached or not', { say: 'origin' }],
    ['of an origin that is reached by a text', { say: 'origin', reachable: 'yes' }],
    ['of a reset to no log', { say: 'reset' }],
  ])('is refused %s', (_, announcement) => {
    expect(parseAnnouncement(envelope(announcement))).toBeUndefined()
  })
})

describe('a message', () => {
  it.each(ALL)('is ignored without the envelope: %j', (message) => {
    expect(parseQuestion(message) ?? parseAnnouncement(message)).toBeUndefined()
  })

  it.each([PROTOCOL_VERSION + 1, PROTOCOL_VERSION - 1, String(PROTOCOL_VERSION), true, undefined, null])(
    'is ignored when it is of version %j',
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
      fc.constantFrom('since', 'user', 'url', 'reach', 'change', 'reachable', 'logId'),
      fc.anything(),
    )
    fc.assert(
      fc.property(kind, parts, fc.constantFrom('ask', 'say'), (of, other, discriminator) => {
        const message = envelope({ ...other, [discriminator]: of })
        const parsed = parseQuestion(message) ?? parseAnnouncement(message)
        expect([undefined, message]).toContain(parsed)
      }),
      { numRuns: 300 },
    )
  })
})

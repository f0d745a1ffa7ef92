import { describe, expect, test } from 'vitest'
import { epochMs } from '../sw/core/units.ts'
import {
  type CurrentRepresentation,
  evaluatePreconditions,
  httpDate,
  notModifiedFields,
  parseEntityTagList,
  type PreconditionOutcome,
  strongEntityTag,
} from './validators.ts'

const CURRENT: CurrentRepresentation = { etag: '"v2"', lastModified: new Date('2026-03-01T12:00:00.700Z') }
const WEAK: CurrentRepresentation = { etag: 'W/"v2"' }
const BEFORE = 'Sun, 01 Mar 2026 11:59:59 GMT'
const SAME_SECOND = 'Sun, 01 Mar 2026 12:00:00 GMT'
const AFTER = 'Sun, 01 Mar 2026 12:00:01 GMT'
const NOW = epochMs(Date.parse('2026-06-01T00:00:00Z'))

type Row = readonly [
  rule: string,
  method: string,
  fields: Readonly<Record<string, string>>,
  current: CurrentRepresentation | undefined,
  outcome: PreconditionOutcome,
]

const ROWS: readonly Row[] = [
  ['no condition always proceeds', 'GET', {}, CURRENT, 'proceed'],
  ['no condition on what does not exist proceeds', 'PUT', {}, undefined, 'proceed'],

  ['a read that holds the current tag gets a 304', 'GET', { 'if-none-match': '"v2"' }, CURRENT, 'not-modified'],
  ['HEAD is a read', 'HEAD', { 'if-none-match': '"v2"' }, CURRENT, 'not-modified'],
  ['another tag gets the body', 'GET', { 'if-none-match': '"v1"' }, CURRENT, 'proceed'],
  ['If-None-Match compares weakly: a weak tag sent', 'GET', { 'if-none-match': 'W/"v2"' }, CURRENT, 'not-modified'],
  ['If-None-Match compares weakly: a weak tag held', 'GET', { 'if-none-match': '"v2"' }, WEAK, 'not-modified'],
  ['a weakness mark in lower case is no tag', 'GET', { 'if-none-match': 'w/"v2"' }, CURRENT, 'proceed'],
  ['any tag of a list counts', 'GET', { 'if-none-match': '"v1", W/"x,y" ,"v2"' }, CURRENT, 'not-modified'],
  ['a comma inside quotes does not split', 'GET', { 'if-none-match': '"a,"v2"' }, CURRENT, 'proceed'],
  ['an unquoted tag matches nothing', 'GET', { 'if-none-match': 'v2' }, CURRENT, 'proceed'],
  ['* matches whatever exists', 'GET', { 'if-none-match': ' * ' }, CURRENT, 'not-modified'],
  ['* does not match what is missing', 'GET', { 'if-none-match': '*' }, undefined, 'proceed'],
  ['* on a write refuses to overwrite', 'PUT', { 'if-none-match': '*' }, CURRENT, 'precondition-failed'],
  ['* on a write allows to create', 'PUT', { 'if-none-match': '*' }, undefined, 'proceed'],

  ['unchanged since that second gets a 304', 'GET', { 'if-modified-since': SAME_SECOND }, CURRENT, 'not-modified'],
  ['unchanged since later gets a 304', 'GET', { 'if-modified-since': AFTER }, CURRENT, 'not-modified'],
  ['changed since gets the body', 'GET', { 'if-modified-since': BEFORE }, CURRENT, 'proceed'],
  ['an unreadable date is ignored', 'GET', { 'if-modified-since': '2026-03-01' }, CURRENT, 'proceed'],
  [
    'an RFC 850 date is read',
    'GET',
    { 'if-modified-since': 'Sunday, 01-Mar-26 12:00:00 GMT' },
    CURRENT,
    'not-modified',
  ],
  ['If-Modified-Since says nothing on a write', 'PUT', { 'if-modified-since': AFTER }, CURRENT, 'proceed'],
  ['If-Modified-Since needs a date to compare', 'GET', { 'if-modified-since': AFTER }, WEAK, 'proceed'],
  [
    'a tag that differs outweighs a date that agrees',
    'GET',
    { 'if-none-match': '"v1"', 'if-modified-since': AFTER },
    CURRENT,
    'proceed',
  ],
  [
    'a tag that agrees outweighs a date that differs',
    'GET',
    { 'if-none-match': '"v2"', 'if-modified-since': BEFORE },
    CURRENT,
    'not-modified',
  ],

  ['a write on the current tag proceeds', 'PUT', { 'if-match': '"v2"' }, CURRENT, 'proceed'],
  ['a write on an old tag is refused', 'PUT', { 'if-match': '"v1"' }, CURRENT, 'precondition-failed'],
  ['any tag of an If-Match list counts', 'PATCH', { 'if-match': '"v1","v2"' }, CURRENT, 'proceed'],
  ['If-Match compares strongly: a weak tag sent', 'PUT', { 'if-match': 'W/"v2"' }, CURRENT, 'precondition-failed'],
  ['If-Match compares strongly: a weak tag held', 'PUT', { 'if-match': 'W/"v2"' }, WEAK, 'precondition-failed'],
  ['If-Match: * wants it to exist', 'DELETE', { 'if-match': '*' }, CURRENT, 'proceed'],
  ['If-Match: * refuses what is missing', 'DELETE', { 'if-match': '*' }, undefined, 'precondition-failed'],
  ['an unreadable If-Match refuses', 'PUT', { 'if-match': 'v2' }, CURRENT, 'precondition-failed'],
  ['If-Match binds reads too', 'GET', { 'if-match': '"v1"' }, CURRENT, 'precondition-failed'],
  [
    'If-Match is asked before If-None-Match',
    'GET',
    { 'if-match': '"v1"', 'if-none-match': '"v2"' },
    CURRENT,
    'precondition-failed',
  ],
  [
    'If-Match that holds leads on to If-None-Match',
    'GET',
    { 'if-match': '"v2"', 'if-none-match': '"v2"' },
    CURRENT,
    'not-modified',
  ],
  ['a write unmodified since proceeds', 'PUT', { 'if-unmodified-since': SAME_SECOND }, CURRENT, 'proceed'],
  ['a write modified since is refused', 'PUT', { 'if-unmodified-since': BEFORE }, CURRENT, 'precondition-failed'],
  [
    'a tag outweighs If-Unmodified-Since',
    'PUT',
    { 'if-match': '"v2"', 'if-unmodified-since': BEFORE },
    CURRENT,
    'proceed',
  ],
]

describe('preconditions, RFC 9110 §13.2.2', () => {
  test.each(ROWS)('%s', (_rule, method, fields, current, outcome) => {
    expect(evaluatePreconditions(method, (name) => fields[name], current, NOW)).toBe(outcome)
  })
})

describe('entity-tag lists, RFC 9110 §8.8.3', () => {
  test.each([
    ['one tag', '"a"', ['"a"']],
    ['empty members are skipped', ' , "a",, W/"b" ,', ['"a"', 'W/"b"']],
    ['a comma belongs to its tag', '"a,b","c"', ['"a,b"', '"c"']],
    ['an empty tag is a tag', '""', ['""']],
    ['nothing', '', []],
    ['two tags need a comma', '"a" "b"', 'invalid'],
    ['a bare word', 'a', 'invalid'],
    ['an open quote', '"a', 'invalid'],
    ['a space inside', '"a b"', 'invalid'],
  ])('%s', (_rule, text, tags) => {
    expect(parseEntityTagList(text)).toEqual(tags)
  })
})

test('equal bytes have equal strong tags, any other byte makes another', () => {
  expect(strongEntityTag('{"a":1}')).toBe(strongEntityTag(new TextEncoder().encode('{"a":1}')))
  expect(strongEntityTag('{"a":1}')).not.toBe(strongEntityTag('{"a":2}'))
  expect(strongEntityTag('')).toMatch(/^"[\w-]+"$/)
})

test('an HTTP date drops what is below a second', () => {
  expect(httpDate(new Date('2026-03-01T12:00:00.999Z'))).toBe('Sun, 01 Mar 2026 12:00:00 GMT')
})

test('a 304 repeats what updates a stored response and leaves out what describes its body', () => {
  const fields = { ETag: '"a"', 'Content-Type': 'text/html', 'Cache-Control': 'no-cache', 'Content-Length': '3' }
  expect(notModifiedFields(fields)).toEqual({ ETag: '"a"', 'Cache-Control': 'no-cache' })
})

test.each([
  ['the field that names the user, whatever the config calls it', 'X-User'],
  ['the groups that an answer is in', 'Cache-Groups'],
  ['its freshness for the layer alone', 'Freshlayer-Cache-Control'],
  ['its own place', 'Content-Location'],
])('a 304 repeats %s', (_what, name) => {
  expect(notModifiedFields({ ETag: '"a"', [name]: 'ada' })).toEqual({ ETag: '"a"', [name]: 'ada' })
})

test.each(['content-encoding', 'Content-Security-Policy', 'Repr-Digest', 'Transfer-Encoding'])(
  'a 304 leaves out %s, which is of a body that it does not have',
  (name) => {
    expect(notModifiedFields({ ETag: '"a"', [name]: 'x' })).toEqual({ ETag: '"a"' })
  },
)

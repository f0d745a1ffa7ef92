import { describe, expect, it } from 'vitest'
import { requestHead, responseHead } from './heads.fixture.ts'
import { ANONYMOUS } from './key.ts'
import { obstacleOf, obstructingField } from './obstacle.ts'
import { type Plan, plan } from './plan.ts'
import type { Row } from './row.ts'
import { type Outcome, settle } from './settle.ts'
import { after, storedRow } from './stored-row.fixture.ts'
import type { Windows } from './timeline.ts'
import { seconds } from './units.ts'

const RULE: Windows = { fresh: seconds(100), stale: seconds(0), offline: seconds(1000), trust: 'rule' }

interface Given {
  readonly request?: Parameters<typeof requestHead>[0]
  readonly cache?: RequestCacheMode
  readonly row?: Row
  readonly rule?: Windows
}

type RequestCacheMode = ReturnType<typeof requestHead>['cache']

/** The obstacle of a read, from its plan to its settlement. */
function obstacle(outcome: Outcome, { request: fields, cache, row, rule = RULE }: Given = {}): string | undefined {
  const request = { ...requestHead(fields), ...(cache && { cache }) }
  const limits = { variants: [], partial: false, invalidated: false, reloaded: false, doubted: false, now: after(1) }
  const planned: Plan = plan({ request, rule, row, ...limits })
  const settlement = settle({ plan: planned, request, expects: /^application\/json$/, outcome, unasked: false })
  return obstacleOf(planned, settlement)
}

const JSON_TYPE = { 'content-type': 'application/json' }
const answered = (fields: Record<string, string> = {}, status = 200, other: object = {}): Outcome => ({
  kind: 'response',
  head: responseHead(status, { ...JSON_TYPE, ...fields }, other),
})

describe('a rule does nothing for an answer', () => {
  it.each<[why: string, outcome: Outcome, given?: Given]>([
    ['no-store', answered({ 'cache-control': 'private, no-store' })],
    ['credential', answered({ 'x-csrf-token': '1' })],
    ['vary', answered({ vary: 'Sec-Fetch-Dest' })],
    ['vary', answered({ vary: '*' })],
    ['unexpected-type', answered({ 'content-type': 'text/html' })],
    ['opaque', answered({}, 200, { opaque: true })],
    ['redirected', answered({}, 200, { redirected: true })],
    ['partial', answered({ 'content-range': 'bytes 0-3/9' }, 206)],
    ['status', answered({}, 429)],
    ['no-freshness', answered({}, 404)],
    ['request-no-store', answered(), { cache: 'no-store' }],
    ['request-no-store', answered(), { request: { 'cache-control': 'no-store' } }],
    ['vary-cookie', answered({}, 304), { row: storedRow({ vary: 'Cookie', etag: '"1"' }, { partition: ANONYMOUS }) }],
  ])('because of %s', (why, outcome, given) => {
    expect(obstacle(outcome, given)).toBe(why)
  })
})

describe('a rule is not to blame', () => {
  it.each<[rule: string, outcome: Outcome, given?: Given]>([
    ['for an answer that is stored', answered()],
    ['for a failure', { kind: 'failure' }],
    ['for an origin that is away', answered({}, 503)],
    ['for a condition of the page', answered({}, 412), { request: { 'if-match': '"1"' } }],
    ['where it has no window', answered(), { rule: { ...RULE, fresh: seconds(0), offline: seconds(0) } }],
  ])('%s', (_, outcome, given) => {
    expect(obstacle(outcome, given)).toBeUndefined()
  })
})

describe('the field that decides', () => {
  it.each<[why: string, fields: Record<string, string>, field: string | undefined]>([
    ['no-store', { 'cache-control': 'private, no-store' }, 'cache-control: private, no-store'],
    ['vary', { vary: '*' }, 'vary: *'],
    ['vary-cookie', { vary: 'Cookie' }, 'vary: Cookie'],
    ['unexpected-type', { 'content-type': 'text/html' }, 'content-type: text/html'],
    ['credential', { 'content-type': 'text/html', 'x-csrf-token': 'of a user' }, 'x-csrf-token'],
    ['redirected', { 'cache-control': 'no-store' }, undefined],
  ])('is named, and a secret is not told: %s', (why, fields, field) => {
    expect(obstructingField(why, responseHead(200, fields))).toBe(field)
  })

  it('is the targeted one, where that decides', () => {
    const head = { ...responseHead(200, { 'freshlayer-cache-control': 'no-store' }), targeted: 'no-store' }
    expect(obstructingField('no-store', head)).toBe('freshlayer-cache-control: no-store')
  })
})

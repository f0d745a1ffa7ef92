import { describe, expect, it } from 'vitest'
import { fieldsOf } from './heads.fixture.ts'
import { STORED_AT } from './stored-row.fixture.ts'
import { answersReads, type Reached, settleWrite } from './write.ts'

describe('the outcome of a write (RFC 9111 §4.4)', () => {
  it.each<[rule: string, outcome: Parameters<typeof settleWrite>[0], reached: Reached]>([
    ['ends what a success names', 200, 'named'],
    ['ends what a creation names', 201, 'named'],
    ['ends what was answered without content', 204, 'named'],
    ['ends what a 207 names, though each of its parts may have failed', 207, 'named'],
    ['ends what a redirection names', 303, 'named'],
    ['ends what an unreadable redirection names', 'redirected', 'named'],
    ['ends the targets when the outcome is unknown', 'failure', 'targets'],
    ['ends the targets when the answer is opaque', 0, 'targets'],
    ['ends the targets when the gateway lost its origin', 502, 'targets'],
    ['ends the targets when the origin is overloaded', 503, 'targets'],
    ['ends the targets when the gateway timed out', 504, 'targets'],
    ['ends the targets when the page’s precondition shows them to be outdated', 412, 'targets'],
    ['ends nothing when the request was wrong', 400, 'nothing'],
    ['ends nothing when there was a conflict', 409, 'nothing'],
    ['ends nothing when the origin failed', 500, 'nothing'],
    ['ends nothing at the last status before success', 199, 'nothing'],
  ])('%s', (_, outcome, reached) => {
    expect(settleWrite(outcome)).toBe(reached)
  })
})

describe('the answer to a write that serves reads (RFC 9110 §9.3.3)', () => {
  const URL_WRITTEN = 'https://a.test/items?a=1'
  const SERVING = {
    method: 'POST',
    url: URL_WRITTEN,
    status: 200,
    location: URL_WRITTEN,
    fields: fieldsOf({ 'cache-control': 'max-age=60' }),
    requestedAtMs: STORED_AT,
    receivedAtMs: STORED_AT,
  }

  it.each<[rule: string, other: Partial<Parameters<typeof answersReads>[0]>, serves: boolean]>([
    ['is that to a POST which names its own URL and is fresh', {}, true],
    ['may be fresh by Expires', { fields: fieldsOf({ expires: new Date(STORED_AT + 1000).toUTCString() }) }, true],
    ['may be fresh by a targeted field', { fields: fieldsOf(), targeted: 'max-age=60' }, true],
    ['is none to a PUT', { method: 'PUT' }, false],
    ['is none of a status that a GET would not have', { status: 201 }, false],
    ['is none that names another URL', { location: 'https://a.test/items' }, false],
    ['is none that names no URL', { location: undefined }, false],
    ['is none that does not say that it is fresh', { fields: fieldsOf() }, false],
    ['is none that is stale at once', { fields: fieldsOf({ 'cache-control': 'max-age=0' }) }, false],
  ])('%s', (_, other, serves) => {
    expect(answersReads({ ...SERVING, ...other })).toBe(serves)
  })
})

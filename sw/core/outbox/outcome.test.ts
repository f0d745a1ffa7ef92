import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../units.ts'
import { afterUnknown, type Given, outcomeOf, type Sent } from './outcome.ts'

const NOW = epochMs(1_800_000_000_000)
const SENT: Sent = { method: 'POST', accept: 'application/json', hasKey: true, unknown: 'resend', wasUnsure: false }
const FAILURE: Given = { kind: 'failure' }
const response = (status: number, fields: Record<string, string> = {}, isRedirected = false): Given => ({
  kind: 'response',
  status,
  fields: new Map(Object.entries(fields)),
  isRedirected,
})
const HTML = { 'content-type': 'text/html; charset=utf-8' }
const outcome = (given: Given, sent: Partial<Sent> = {}): unknown => outcomeOf(given, { ...SENT, ...sent }, NOW)

describe('the outcome of a write (RFC 9110 §15)', () => {
  test.each([200, 201, 202, 204, 205, 207, 299])('%i acknowledges it', (status) => {
    expect(outcome(response(status))).toEqual({ kind: 'acknowledge' })
  })

  test.each([408, 425, 429])('%i has it sent again, and the origin has not performed it', (status) => {
    const floorMs = 7000
    expect(outcome(response(status, { 'retry-after': '7' }))).toEqual({
      kind: 'retry',
      why: 'later',
      floorMs,
      isUnsure: false,
    })
  })

  test.each([500, 501, 502, 503, 504, 505, 511, 599])('%i has it sent again where that is safe', (status) => {
    expect(outcome(response(status))).toEqual({ kind: 'retry', why: 'server', floorMs: 0, isUnsure: true })
  })

  test('no answer has it sent again where that is safe', () => {
    expect(outcome(FAILURE)).toEqual({ kind: 'retry', why: 'failure', floorMs: 0, isUnsure: true })
  })

  test('Retry-After is a floor, also as a date, and at most an hour', () => {
    const date = 'Fri, 15 Jan 2027 08:00:30 GMT'
    expect(outcome(response(503, { 'retry-after': date }))).toMatchObject({ floorMs: 30_000 })
    expect(outcome(response(503, { 'retry-after': '999999' }))).toMatchObject({ floorMs: 3_600_000 })
  })

  test.each(['witness', 'ask'] as const)('an unknown outcome is followed by what the write allows: %s', (unknown) => {
    const late = response(503, { 'retry-after': '9' })
    expect(outcome(late, { unknown })).toEqual({ kind: unknown, why: 'server', floorMs: 9000 })
    expect(outcome(FAILURE, { unknown })).toEqual({ kind: unknown, why: 'failure', floorMs: 0 })
    expect(outcome(response(200, HTML), { unknown })).toEqual({ kind: unknown, why: 'no-answer', floorMs: 0 })
  })

  test('401 pauses the user', () => expect(outcome(response(401))).toEqual({ kind: 'pause' }))

  test.each([409, 412])('%i is a conflict', (status) => {
    expect(outcome(response(status))).toEqual({ kind: 'conflict', status })
  })

  test('409 with Retry-After to a key says that it is still running', () => {
    const running = response(409, { 'retry-after': '1' })
    expect(outcome(running)).toEqual({ kind: 'retry', why: 'running', floorMs: 1000, isUnsure: true })
    expect(outcome(running, { hasKey: false })).toMatchObject({ kind: 'conflict' })
  })

  test.each([400, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 426, 428, 431, 451])(
    '%i is a dead letter',
    (status) => expect(outcome(response(status))).toEqual({ kind: 'dead-letter', status }),
  )

  test.each([404, 410])('%i to a DELETE that may have been performed acknowledges it', (status) => {
    expect(outcome(response(status), { method: 'DELETE', wasUnsure: true })).toEqual({ kind: 'acknowledge' })
    expect(outcome(response(status), { method: 'DELETE' })).toEqual({ kind: 'dead-letter', status })
    expect(outcome(response(status), { method: 'PUT', wasUnsure: true })).toEqual({ kind: 'dead-letter', status })
  })

  test.each<[string, Given]>([
    ['a redirect to a sign-in page', response(200, HTML, true)],
    ['a redirect to anything', response(201, { 'content-type': 'application/json' }, true)],
    ['a redirect to an error', response(403, {}, true)],
    ['a page with 200, as a captive portal has', response(200, HTML)],
    ['a page of XHTML', response(200, { 'content-type': 'application/xhtml+xml' })],
    ['a redirect that was not followed', response(302)],
    ['a choice of redirects', response(300)],
    ['a 304', response(304)],
    ['an answer that the browser hides', response(0)],
  ])('%s is no answer', (_, given) => {
    expect(outcome(given)).toMatchObject({ kind: 'retry', why: 'no-answer', isUnsure: true })
  })

  test('a page is an answer to a request that accepts pages', () => {
    expect(outcome(response(200, HTML), { accept: 'text/html, */*' })).toEqual({ kind: 'acknowledge' })
    expect(outcome(response(200, HTML), { accept: '*/*' })).not.toEqual({ kind: 'acknowledge' })
    expect(outcome(response(200, HTML), { accept: undefined })).not.toEqual({ kind: 'acknowledge' })
  })

  test('an unknown outcome of before is not forgotten by a 429', () => {
    expect(outcome(response(429), { wasUnsure: true })).toMatchObject({ kind: 'retry', isUnsure: true })
  })

  test('where the backend honours no key, an unknown outcome is never followed by another attempt', () => {
    const fields = fc.dictionary(
      fc.constantFrom('retry-after', 'content-type'),
      fc.constantFrom('3', 'text/html', 'application/json'),
    )
    const given = fc.oneof(
      fc.constant(FAILURE),
      fc.tuple(fc.nat(600), fields, fc.boolean()).map((each) => response(...each)),
    )
    fc.assert(
      fc.property(
        given,
        fc.constantFrom('witness' as const, 'ask' as const),
        fc.boolean(),
        (each, unknown, wasUnsure) => {
          const found = outcomeOf(each, { ...SENT, hasKey: false, unknown, wasUnsure }, NOW)
          const isSurelyUndone = each.kind === 'response' && [408, 425, 429].includes(each.status) && !each.isRedirected
          if (found.kind === 'retry') expect(isSurelyUndone).toBe(true)
        },
      ),
    )
  })
})

describe('after an unknown outcome', () => {
  const NONE = { hasKey: false, hasPrecondition: false, canWitness: false }
  const JSON_TYPE = 'application/json'
  test.each([
    ['PUT is sent again', 'PUT', JSON_TYPE, {}, 'resend'],
    ['DELETE is sent again', 'DELETE', undefined, {}, 'resend'],
    ['a merge patch is sent again', 'PATCH', 'Application/merge-patch+json; charset=utf-8', {}, 'resend'],
    ['a merge patch by another method may not be', 'POST', 'application/merge-patch+json', {}, 'ask'],
    ['a patch without a type may not be', 'PATCH', undefined, {}, 'ask'],
    ['another patch may not be', 'PATCH', JSON_TYPE, {}, 'ask'],
    ['a JSON patch may not be', 'PATCH', 'application/json-patch+json', {}, 'ask'],
    ['a patch with a precondition is', 'PATCH', JSON_TYPE, { hasPrecondition: true }, 'resend'],
    ['POST may not be', 'POST', JSON_TYPE, {}, 'ask'],
    ['POST with a key is', 'POST', JSON_TYPE, { hasKey: true, canWitness: true }, 'resend'],
    ['POST with a witness asks that', 'POST', JSON_TYPE, { canWitness: true }, 'witness'],
    ['a method that is not registered may not be', 'MERGE', JSON_TYPE, {}, 'ask'],
  ])('%s', (_, method, type, given, expected) => {
    expect(afterUnknown({ method, type }, { ...NONE, ...given })).toBe(expected)
  })
})

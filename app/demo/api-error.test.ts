import { describe, expect, it } from 'vitest'
import {
  ApiError,
  fieldErrorsOf,
  isRefusal,
  isUnreachable,
  messageOf,
  problemError,
  UnreachableError,
} from './api-error.ts'

const PROBLEM = 'application/problem+json; charset=utf-8'

describe('problemError (RFC 9457 §3)', () => {
  it('takes title, detail and the errors of fields from the problem', () => {
    const body = { title: 'Unprocessable', detail: 'Does not fit.', errors: [{ path: 'name', message: 'Too long.' }] }
    const error = problemError(422, PROBLEM, JSON.stringify(body))
    expect(error).toMatchObject({ status: 422, title: 'Unprocessable', message: 'Does not fit.' })
    expect(fieldErrorsOf(error)).toEqual({ name: 'Too long.' })
  })

  it('the first error of a field is the one shown', () => {
    const errors = [
      { path: 'name', message: 'First.' },
      { path: 'name', message: 'Second.' },
    ]
    expect(problemError(422, PROBLEM, JSON.stringify({ title: 'X', errors })).fieldErrors).toEqual({ name: 'First.' })
  })

  it('without a detail the title is the message', () => {
    expect(problemError(404, PROBLEM, '{"title":"Not found"}').message).toBe('Not found')
  })

  it.each([
    ['another type', 'text/html', '<h1>Bad gateway</h1>'],
    ['no type', null, ''],
    ['broken JSON', PROBLEM, '{"title":'],
    ['JSON that is no object', PROBLEM, '["title"]'],
    ['errors that are no list', PROBLEM, '{"errors":"many"}'],
  ])('%s gives a sentence that goes by the status', (_case, type, text) => {
    const error = problemError(500, type, text)
    expect(error.message).toBe('The server had a problem (500). Try again in a moment.')
    expect(error.fieldErrors).toEqual({})
  })

  it.each([
    [502, 'The server cannot be reached. Check the connection, then try again.'],
    [403, 'The server refused this (403).'],
    [200, 'The server’s answer cannot be read. Try again in a moment.'],
  ])('%i without an explanation is: %s', (status, sentence) => {
    expect(problemError(status, null, '').message).toBe(sentence)
  })
})

describe('what an error means', () => {
  const answered = (status: number): ApiError => new ApiError(status, 'Title', undefined, {})

  it.each([
    ['the network failing', new UnreachableError('offline'), true],
    ['a gateway without its server', answered(502), true],
    ['a server that is being restarted', answered(503), true],
    ['a gateway that waited too long', answered(504), true],
    ['a fault of the server', answered(500), false],
    ['a refusal', answered(401), false],
    ['a fault of ours', new RangeError('oops'), false],
  ])('%s: unreachable is %s', (_case, error, expected) => {
    expect(isUnreachable(error)).toBe(expected)
  })

  it.each([
    [answered(404), true],
    [answered(499), true],
    [answered(500), false],
    [new UnreachableError('timeout'), false],
  ])('%s: refused is %s', (error, expected) => {
    expect(isRefusal(error)).toBe(expected)
  })

  it.each([
    [
      'no answer',
      new UnreachableError('offline'),
      'The server cannot be reached. Check the connection, then try again.',
    ],
    ['a late answer', new UnreachableError('timeout'), 'The server did not answer in time. Try again in a moment.'],
    ['a refusal says why', new ApiError(409, 'Conflict', 'It is in use.', {}), 'It is in use.'],
    ['the browser’s words', new TypeError('Failed to fetch'), 'Something went wrong in this page. Load it again.'],
    ['a thrown text', 'plain', 'Something went wrong in this page. Load it again.'],
  ])('%s is told in a plain sentence', (_case, error, message) => {
    expect(messageOf(error)).toBe(message)
  })
})

import { describe, expect, it } from 'vitest'
import { type Reached, settleWrite } from './write.ts'

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

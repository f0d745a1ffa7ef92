import { describe, expect, it } from 'vitest'
import { CacheError, configRefused, noAnswer, storeUnavailable } from './cache-error.ts'

describe('an error of the layer', () => {
  it.each<[rule: string, error: () => CacheError, message: string]>([
    [
      'says every problem of a config, with the file',
      () => new CacheError(configRefused, { file: 'rules.ts', problems: ['routes[0]: one', 'routes[1]: two'] }),
      'rules.ts was refused:\n  routes[0]: one\n  routes[1]: two [config-refused]',
    ],
    [
      'says what the worker was asked, and what to try',
      () => new CacheError(noAnswer, { what: 'stats', why: 'it took more than 3 s; call again' }),
      'The worker gave no answer to "stats": it took more than 3 s; call again. [no-answer]',
    ],
    [
      'says which database, why, and what happens meanwhile',
      () => new CacheError(storeUnavailable, { database: 'freshlayer-cache', why: 'it is blocked' }),
      'Database "freshlayer-cache" cannot be used: it is blocked. Answers come from the network until it can. [store-unavailable]',
    ],
  ])('%s', (_, made, message) => {
    const error = made()
    expect(error.message).toBe(message)
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('CacheError')
  })

  it('carries code, facts and cause for its handler', () => {
    const cause = new Error('blocked')
    const facts = { database: 'x', why: 'y' }
    const error = new CacheError(storeUnavailable, facts, { cause })
    expect(error).toMatchObject({ code: 'store-unavailable', facts, cause })
  })
})

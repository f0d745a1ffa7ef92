import { describe, expect, it } from 'vitest'
import { PageLoads } from './page-loads.ts'

const load = (page: string, cache: RequestCache) => ({ request: { cache } as Request, resultingClientId: page })

describe('a page that the user has reloaded', () => {
  it('has a first read of each key, until it has an answer', () => {
    const loads = new PageLoads()
    loads.note(load('a', 'no-cache'))
    expect([loads.isFirst('a', 'one'), loads.isFirst('a', 'one')]).toEqual([true, true])
    loads.answered('a', 'one')
    expect([loads.isFirst('a', 'one'), loads.isFirst('a', 'two')]).toEqual([false, true])
  })

  it('is alone in this: other pages, and the worker itself, follow the rule', () => {
    const loads = new PageLoads()
    loads.note(load('a', 'no-cache'))
    for (const mode of ['default', 'force-cache'] as const) loads.note(load(mode, mode))
    expect(['b', 'default', 'force-cache', undefined].some((page) => loads.isFirst(page, 'one'))).toBe(false)
  })

  it('is forgotten when many have been reloaded since, or when it has read much', () => {
    const loads = new PageLoads()
    loads.note(load('a', 'no-cache'))
    for (let page = 0; page < 19; page++) loads.note(load(`${page}`, 'no-cache'))
    expect(loads.isFirst('a', 'one')).toBe(true)
    loads.note(load('last', 'no-cache'))
    expect([loads.isFirst('a', 'one'), loads.isFirst('last', 'one')]).toEqual([false, true])
    for (let key = 0; key <= 500; key++) loads.answered('last', `${key}`)
    expect(loads.isFirst('last', 'one')).toBe(false)
  })
})

describe('a page to which the user has gone back', () => {
  it('did not ask for answers of any age itself', () => {
    const loads = new PageLoads()
    loads.note(load('a', 'force-cache'))
    expect([loads.modeOf('a', 'force-cache'), loads.modeOf('a', 'no-cache')]).toEqual(['default', 'no-cache'])
    expect(loads.modeOf('b', 'force-cache')).toBe('force-cache')
  })
})

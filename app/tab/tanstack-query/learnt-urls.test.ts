import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LearntUrls } from './learnt-urls.ts'
import { PageRules } from './page-rules.ts'
import type { QueryLike } from './query-client.ts'

const ORIGIN = 'https://app.test'
const RULES = { version: '1', identity: 'none', routes: [{ match: '/api/**', fresh: '5m' }] } as const

beforeEach(() => {
  vi.stubGlobal('location', { origin: ORIGIN })
  vi.stubGlobal('document', { baseURI: `${ORIGIN}/` })
})
afterEach(() => void vi.unstubAllGlobals())

const queryOf = (key: string): QueryLike => ({ queryKey: [key] }) as unknown as QueryLike

describe('a query whose URL is another at each fetch, in a page that is open for long (I13)', () => {
  it.each([
    ['and each fetch ends', true],
    ['and each fetch but the first is given up for the next', false],
  ])('is found by those of its data alone, %s', (_, doesEnd) => {
    const looked = vi.fn(() => undefined)
    const urls = new LearntUrls(new PageRules(RULES), looked)
    const query = queryOf('clock')
    const urlAt = (at: number): string => `${ORIGIN}/api/now?at=${at}`
    for (let at = 0; at < 2000; at++) {
      const run = urls.start(query, false, true)
      urls.called(run)
      urls.own(run, urlAt(at), 'GET')
      if (doesEnd || at === 0) run.endedAtMs = at
    }
    const shown = doesEnd ? 1999 : 0
    expect(urls.of(query)).toContain(urlAt(shown))
    expect(urls.at(urlAt(shown))).toEqual([query])
    looked.mockClear()
    for (let at = 1; at < 1990; at++) expect(urls.at(urlAt(at))).toEqual([])
    // It is not even a candidate.
    expect(looked).not.toHaveBeenCalled()
  })

  it('of several pages keeps those of all', () => {
    const urls = new LearntUrls(new PageRules(RULES), () => undefined)
    const query = queryOf('pages')
    for (let page = 0; page < 20; page++) {
      const run = urls.start(query, page > 0, true)
      urls.called(run)
      urls.own(run, `${ORIGIN}/api/list?page=${page}`, 'GET')
      run.endedAtMs = page
    }
    expect(urls.of(query)).toHaveLength(20)
    expect(urls.at(`${ORIGIN}/api/list?page=0`)).toEqual([query])
  })
})

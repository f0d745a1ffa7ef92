import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ReadMatch } from '../../../config/language/index.ts'
import { compileRules, matcherOf } from '../../../config/language/index.ts'
import { lineOf } from '../../fetch/matching.ts'
import type { ReadContext } from '../requests/read.ts'
import { CONFIG, outboxWorker, pages } from './outbox.fixture.ts'

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})
afterEach(() => void vi.useRealTimers())

const request = new Request('https://app.test/api/products/1')
const match = matcherOf(compileRules(CONFIG))(lineOf(request)) as ReadMatch

test('an own write is not shown over what was read after the clock was set back: others may have written since', async () => {
  const { write, rest, backend, outbox } = await outboxWorker()
  backend.products.set(1, { id: 1, name: 'a', version: 1 })
  await write('PUT', '/api/products/1', { name: 'mine' })
  await rest()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 86_400_000 })
  const read = {
    head: { url: request.url, method: 'GET' },
    request,
    clientId: 'a tab',
    rule: match.rule,
    partition: 'everyone',
  }
  const theirs = { id: 1, name: 'theirs', version: 3 }
  const answer = await outbox.reads.answer(read as unknown as ReadContext, () => Promise.resolve(Response.json(theirs)))
  expect(await answer?.json()).toEqual(theirs)
})

test('once a read has waited in vain for a disk that hangs, the next do not wait', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { outbox } = await outboxWorker({
    wrap: (use) => (mode, work) => (mode === 'readonly' ? new Promise(() => undefined) : use(mode, work)),
  })
  const asked = { request, match, clientId: 'a tab', waitUntil: () => undefined }
  let isFirstDone = false
  const first = outbox.reads.prepared(asked, 'everyone').then(() => (isFirstDone = true))
  await vi.advanceTimersByTimeAsync(500)
  expect(isFirstDone).toBe(false)
  await vi.advanceTimersByTimeAsync(500)
  await first
  // No timer runs from here on.
  expect(await outbox.reads.prepared(asked, 'everyone')).toBe(asked)
})

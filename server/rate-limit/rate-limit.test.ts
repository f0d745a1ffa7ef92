import fc from 'fast-check'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { describe, expect, test } from 'vitest'
import { rateLimit, rateLimited, tooMany } from './rate-limit.ts'

const of = (caller: string): Request => new Request('http://shop.invalid/sync', { headers: { 'x-user': caller } })
const callerOf = (request: Request): string | undefined => request.headers.get('x-user') ?? undefined
const fine = (): Response => new Response('fine')

describe('a limit of this process', () => {
  test('lets so many pass at once, and the next when its time has come', () => {
    let atMs = 0
    const limit = rateLimit({ requests: 3, per: 6, now: () => atMs })
    const take = (): unknown => limit.take('ada')
    expect([take(), take(), take()]).toEqual(Array.from({ length: 3 }, () => ({ ok: true })))
    expect(take()).toEqual({ ok: false, retryAfterSeconds: 2 })
    atMs = 1999
    expect(take()).toEqual({ ok: false, retryAfterSeconds: 1 })
    atMs = 2000
    expect([take(), take()]).toEqual([{ ok: true }, { ok: false, retryAfterSeconds: 2 }])
  })

  test('is for each caller alone', () => {
    const limit = rateLimit({ requests: 1, per: 60, now: () => 0 })
    expect(['ada', 'grace', 'ada'].map((caller) => limit.take(caller))).toMatchObject([
      { ok: true },
      { ok: true },
      { ok: false },
    ])
  })

  test('a caller who is refused does not wait longer for having asked', () => {
    let atMs = 0
    const limit = rateLimit({ requests: 1, per: 1, now: () => atMs })
    limit.take('ada')
    for (let at = 0; at < 100; at++) limit.take('ada')
    atMs = 1000
    expect(limit.take('ada')).toEqual({ ok: true })
  })

  test('never lets more pass in any time than it says, nor makes anyone wait for longer than it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 200 }),
        (requests, per, pauses) => {
          let atMs = 0
          const limit = rateLimit({ requests, per, now: () => atMs })
          const passed: number[] = []
          for (const pauseMs of pauses) {
            atMs += pauseMs
            const taken = limit.take('ada')
            if (taken.ok) passed.push(atMs)
            else expect(taken.retryAfterSeconds).toBeLessThanOrEqual(per)
          }
          // All at once, and as many again by the time that the window is over.
          for (const fromMs of passed)
            expect(passed.filter((at) => at >= fromMs && at < fromMs + per * 1000).length).toBeLessThanOrEqual(
              2 * requests,
            )
        },
      ),
    )
  })

  test('remembers so many callers and no more', () => {
    let atMs = 0
    const limit = rateLimit({ requests: 1, per: 60, callers: 2, now: () => atMs++ })
    for (const caller of ['ada', 'grace', 'joan']) limit.take(caller)
    expect(['grace', 'joan'].map((caller) => limit.take(caller))).toMatchObject([{ ok: false }, { ok: false }])
    expect(limit.take('ada')).toEqual({ ok: true })
  })

  test.each([
    { requests: 0, per: 1 },
    { requests: 1, per: 0 },
    { requests: 1, per: 1, callers: 0 },
    { requests: Number.NaN, per: 1 },
  ])('is of numbers above zero: %j', (options) => {
    expect(() => rateLimit(options)).toThrow(RangeError)
  })
})

describe('a limited handler', () => {
  test('answers 429 with Retry-After, as a problem that no cache keeps', async () => {
    const handler = rateLimited(fine, { limit: rateLimit({ requests: 2, per: 60 }), callerOf })
    expect((await Promise.all([handler(of('ada')), handler(of('ada'))])).map(({ status }) => status)).toEqual([
      200, 200,
    ])
    const refused = await handler(of('ada'))
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(refused.headers.get('cache-control')).toBe('no-store')
    expect((await handler(of('grace'))).status).toBe(200)
  })

  test('shares one limit with another', async () => {
    const limit = rateLimit({ requests: 1, per: 60 })
    const [one, other] = [rateLimited(fine, { limit, callerOf }), rateLimited(fine, { limit, callerOf })]
    expect([(await one(of('ada'))).status, (await other(of('ada'))).status]).toEqual([200, 429])
  })

  test('does not count whom it cannot name', async () => {
    const handler = rateLimited(fine, { limit: rateLimit({ requests: 1, per: 60 }), callerOf: () => undefined })
    expect([(await handler(of(''))).status, (await handler(of(''))).status]).toEqual([200, 200])
  })

  test('counts by a limiter of rate-limiter-flexible', async () => {
    const handler = rateLimited(fine, { limit: new RateLimiterMemory({ points: 1, duration: 30 }), callerOf })
    expect((await handler(of('ada'))).status).toBe(200)
    const refused = await handler(of('ada'))
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, 30])
    expect((await handler(of('grace'))).status).toBe(200)
  })

  test('answers where the limiter fails, and says so', async () => {
    const said: unknown[] = []
    const error = new Error('no Redis')
    const limit = { consume: () => Promise.reject(error) }
    const handler = rateLimited(fine, { limit, callerOf }, (why) => said.push(why))
    expect((await handler(of('ada'))).status).toBe(200)
    expect(said).toEqual([error])
  })

  test('what is no handler answers the same', () => {
    const refused = tooMany(7)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7'])
  })
})

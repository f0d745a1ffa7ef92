import { describe, expect, it, vi } from 'vitest'
import { fakeDatabase } from '../store/fake-database.fixture.ts'
import { next, worker } from './worker.fixture.ts'

// After the globals of the fixture.
const { Flights } = await import('./flights.ts')

const toJoin = vi.spyOn(Flights.prototype, 'toJoin')

/** The last read has joined the request of another. */
const joined = (): Promise<void> => vi.waitFor(() => expect(toJoin.mock.results.at(-1)?.value).toBeDefined(), 5000)

describe.each([
  ['fast', false],
  ['late', true],
])('a read that has joined a request whose answer is of another read alone, while the store is %s', (_, isLate) => {
  /** Two reads of other variants, of which the second has joined the request of the first. */
  async function following() {
    const { use } = await fakeDatabase()
    let goOn = (): void => undefined
    const free = isLate ? new Promise<void>((resolve) => (goOn = resolve)) : undefined
    const of = await worker({ database: async (mode, work) => (await free, use(mode, work)) })
    // A read joins no request that was sent before this worker had read its state.
    if (!isLate) await of.store.writer.begin()
    toJoin.mockClear()
    const leader = of.read({}, { 'x-tenant': 'a' })
    const request = await next(of, 0)
    const follower = of.read({}, { 'x-tenant': 'b' })
    await joined()
    return { of, goOn, leader, request, follower }
  }
  const ofTenant = (name: string): Response => new Response(`of ${name}`, { headers: { vary: 'x-tenant' } })

  it('asks by a request of its own', async () => {
    const { of, goOn, leader, request, follower } = await following()
    request.answer(ofTenant('a'))
    const own = await next(of, 1)
    expect(own.fields.get('x-tenant')).toBe('b')
    own.answer(ofTenant('b'))
    expect(await (await leader).text()).toBe('of a')
    expect(await (await follower).text()).toBe('of b')
    goOn()
    await Promise.all(of.behind)
    expect(of.arrived).toHaveLength(2)
  })

  it('asks nothing where the identity that it was read for has ended', async () => {
    const { of, goOn, leader, request, follower } = await following()
    of.store.generations.advance('everyone')
    request.answer(ofTenant('a'))
    expect((await leader).type).toBe('error')
    expect((await follower).type).toBe('error')
    goOn()
    await Promise.all(of.behind)
    expect(of.arrived).toHaveLength(1)
  })
})

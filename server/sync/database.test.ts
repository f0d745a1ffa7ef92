import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { inSnapshot, type SessionPool } from './database.ts'
import { sync } from './sync.ts'
import { cutLog } from './upkeep.ts'

/** A session as `pg` has it: where its connection breaks, its queries fail, and it says so by an event as well. */
class BreakingSession extends EventEmitter {
  readonly released: boolean[] = []
  readonly #breaksAt: string
  #isBroken = false

  constructor(breaksAt: string) {
    super()
    this.#breaksAt = breaksAt
  }

  async query(text: string): Promise<{ rows: [] }> {
    if (text.includes(this.#breaksAt)) {
      this.#isBroken = true
      // Without a listener this throws, and in the socket's own turn nothing catches it: the process ends.
      this.emit('error', new Error('read ECONNRESET'))
    }
    if (this.#isBroken) throw new Error('Connection terminated unexpectedly')
    return { rows: [] }
  }

  release(destroy = false): void {
    this.released.push(destroy)
  }
}

const poolOf = (session: BreakingSession): SessionPool => ({ connect: async () => session })

describe('a connection to the database that breaks while it is used', () => {
  it('fails the request alone, and does not come back to the pool', async () => {
    const session = new BreakingSession('from rows')
    const reading = inSnapshot(poolOf(session), (given) => given.query('select * from rows'))
    await expect(reading).rejects.toMatchObject({
      status: 503,
      cause: { message: 'Connection terminated unexpectedly' },
    })
    expect(session.released).toEqual([true])
    expect(session.listenerCount('error')).toBe(0)
  })

  it('is answered with 503 and not as a fault of the program, so that clients ask again', async () => {
    const ask = (pool: SessionPool): Promise<Response> =>
      sync<string>({
        pool,
        principalOf: () => 'ada',
        entities: { rows: { rows: () => ({ text: 'select * from rows' }) } },
      })(new Request('https://app.test/sync?entities=rows'))
    for (const pool of [
      poolOf(new BreakingSession('from freshlayer.log')),
      { connect: () => Promise.reject(new Error('connect ECONNREFUSED')) },
    ]) {
      const { status, headers } = await ask(pool)
      expect([status, headers.get('cache-control')]).toEqual([503, 'no-store'])
    }
    // What the database says of a query is another matter.
    const refusing = { query: () => Promise.reject(new Error('no such table')), release: () => undefined }
    await expect(ask({ connect: async () => refusing })).rejects.toThrow('no such table')
  })

  it('fails the upkeep of the log alone', async () => {
    const session = new BreakingSession('freshlayer.changes')
    await expect(cutLog(poolOf(session))).rejects.toThrow('Connection terminated unexpectedly')
    expect(session.listenerCount('error')).toBe(0)
  })
})

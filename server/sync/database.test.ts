import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { inSnapshot, type QueryRows, type Session } from './database.ts'

/** As `pg` has it: a client that is taken from the pool has no listener of errors, which would end the process. */
class PooledClient extends EventEmitter implements Session {
  released: boolean | undefined
  /** Whether the event that says it has a listener. */
  isHeard: boolean | undefined

  query(text: string): Promise<QueryRows> {
    if (!text.startsWith('select')) return Promise.resolve({ rows: [] })
    this.isHeard = this.listenerCount('error') > 0
    return Promise.reject(new Error('Connection terminated unexpectedly'))
  }

  release(destroy = false): void {
    this.released = destroy
  }
}

test('a connection that breaks while it is used fails the work, and not the process', async () => {
  const client = new PooledClient()
  const pool = { connect: () => Promise.resolve(client) }
  const work = inSnapshot(pool, (session) => session.query('select 1'))
  await expect(work).rejects.toThrow('Connection terminated unexpectedly')
  expect(client.isHeard).toBe(true)
  expect([client.released, client.listenerCount('error')]).toEqual([false, 0])
})

import { describe, expect, it, vi } from 'vitest'
import type { OutboxCounts, Question } from '../../protocol.ts'
import { fakeWriter } from '../store/fake-database.fixture.ts'

vi.stubGlobal('self', globalThis)
const { hello } = await import('./hello.ts')

const QUESTION: Extract<Question, { readonly ask: 'hello' }> = {
  ask: 'hello',
  since: { openedAtMs: 0 },
  partitions: [],
  shown: [],
}

/** What the worker greets a tab with, whose user has two partitions. */
async function greeting(outbox?: { knownOf: (partitions: readonly string[]) => OutboxCounts }) {
  const { writer } = await fakeWriter()
  const ports = {
    writer,
    identity: { partitionsOf: async () => ['everyone', 'anna'] },
    reachability: { state: { reachable: true } },
    routes: [],
    outbox,
  }
  return hello(ports, QUESTION, 'a tab')
}

describe('the greeting of a tab', () => {
  it('says how many writes of its user the origin does not have', async () => {
    const asked: (readonly string[])[] = []
    const counts = { waiting: 3, needsYou: 1, nextAtMs: 5 }
    const knownOf = (partitions: readonly string[]): OutboxCounts => {
      asked.push(partitions)
      return counts
    }
    expect(await greeting({ knownOf })).toMatchObject({ clientId: 'a tab', reachable: true, outbox: counts })
    expect(asked).toEqual([['everyone', 'anna']])
  })

  it('says nothing of writes where the rules queue none', async () => {
    expect(await greeting()).not.toHaveProperty('outbox')
  })
})

import { describe, expect, it } from 'vitest'
import type { Identity } from './identity.ts'
import { bytes } from '../../core/units.ts'
import { storedRow } from '../../core/stored-row.fixture.ts'
import { fakeDatabase } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'
import type { Generations } from '../store/generations.ts'

const { endPartitions, Sessions, signIn } = await import('./sessions.ts')
const { identified } = await import('./users.ts')
const { Secrets } = await import('./secrets.ts')
const { storeOver } = await import('../store/store.ts')

describe('a sign-in', () => {
  it('doubts every user in memory at once, even if the disk is slow', () => {
    const events: string[] = []
    const never = new Promise<never>(() => undefined)
    const identity = {
      ownInMemory: () => ['user/ada', 'user/grace'],
      own: () => never,
      forgetWords: () => never,
      doubt: (partition: string) => (events.push(`doubt ${partition}`), never),
    } as unknown as Identity
    const generations = {
      advance: (partition: string) => events.push(`advance ${partition}`),
    } as unknown as Generations
    void signIn({ identity, generations } as Parameters<typeof signIn>[0], 'a tab')
    expect(events).toEqual(['advance ', 'advance user/ada', 'doubt user/ada', 'advance user/grace', 'doubt user/grace'])
  })

  it('also doubts the users that only the disk knows, each once, and settles when all doubts are on disk', async () => {
    const doubted: string[] = []
    const settle: (() => void)[] = []
    const identity = {
      ownInMemory: () => ['user/ada'],
      own: () => Promise.resolve(['user/ada', 'user/grace', 'user/mary']),
      forgetWords: () => Promise.resolve(),
      doubt: (partition: string) => {
        doubted.push(partition)
        return new Promise<void>((resolve) => settle.push(resolve))
      },
    } as unknown as Identity
    const generations = { advance: () => undefined } as unknown as Generations
    let isOver = false
    const signingIn = signIn({ identity, generations } as Parameters<typeof signIn>[0], 'a tab').then(
      () => (isOver = true),
    )
    await expect.poll(() => doubted).toEqual(['user/ada', 'user/grace', 'user/mary'])
    expect(isOver).toBe(false)
    for (const each of settle) each()
    await signingIn
  })
})

describe('a sign-out on a slow disk', () => {
  it('ends the user who is stored, also in a worker that has just started', async () => {
    const started = (use: UseStore) => {
      const store = storeOver(use, { version: '1', budget: { all: bytes(1e9), rules: {} } })
      const channel = { changes: () => undefined, announce: () => undefined }
      const identity = identified({ by: ['identify'] }, store.writer, new Secrets(store.writer), {
        end: (partitions) => endPartitions(ports as never, partitions),
        resume: () => Promise.resolve(),
      })
      const ports = { ...store, channel, identity }
      return { ...store, sessions: new Sessions(ports as never) }
    }
    const { name, use } = await fakeDatabase()
    const before = started(use)
    const ticket = before.writer.ticket()
    const sequence = await before.writer.placeOf(ticket)
    const row = storedRow({}, { partition: 'user/ada', key: 'user/ada\nrow\nhttps://app.test/\nGET', sequence })
    await before.rows.commit(row, undefined)

    const slow: UseStore = (mode, work) =>
      new Promise<void>((resolve) => setTimeout(resolve, 1200)).then(() => use(mode, work))
    const end = await started(slow).sessions.begin('sign-out')
    await end(true, 'a tab')
    expect(await started((await fakeDatabase(name)).use).rows.find(row.key)).toEqual([])
  })
})

import { describe, expect, it, vi } from 'vitest'
import type { Identity } from './identity.ts'
import type { Generations } from '../store/generations.ts'

vi.stubGlobal('self', globalThis)
const { signIn } = await import('./sessions.ts')

describe('a sign-in', () => {
  it('doubts every user that memory knows at once, whatever the disk does', () => {
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

  it('doubts as well whom only the disk knows, each once, and settles when all of it is on disk', async () => {
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

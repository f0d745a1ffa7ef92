import { describe, expect, it, vi } from 'vitest'

vi.stubGlobal('self', globalThis)
const { applyIdentitySignals } = await import('./identity-signals.ts')
type Ports = Parameters<typeof applyIdentitySignals>[0]

/** What an answer is, unless a row says otherwise: one with success, to a page of the user it is about. */
interface Answered {
  readonly status?: number
  readonly isOf?: boolean
  readonly confirms?: boolean
  readonly mayConfirm?: boolean
  readonly clientId?: undefined
}

/** What has been done about the user, and whether the answer is theirs. */
async function heeded({ status = 200, isOf = true, confirms = true, mayConfirm = true, ...asked }: Answered) {
  const done: string[] = []
  const ports = {
    log: { remove: ([target]: readonly string[]) => Promise.resolve(void done.push(`${target} ends`)) },
    erasure: { run: () => Promise.resolve() },
    generations: { advance: () => undefined },
    channel: { changes: () => undefined },
    identity: {
      isOf: () => isOf,
      confirms: () => confirms,
      doubt: (whose: string, doubt: string) => Promise.resolve(done.push(`${whose}: ${doubt}`)),
    },
  } as unknown as Ports
  const isTheirs = await applyIdentitySignals(
    ports,
    { partition: 'user/ada', clientId: 'a tab', ...asked },
    { status, fields: new Map() },
    mayConfirm,
  )
  return [isTheirs, ...done]
}

describe('what an answer says of its user', () => {
  it.each<[string, Answered, (string | boolean)[]]>([
    ['a success ends a doubt', {}, [true, 'user/ada: none']],
    ['a success that may be another’s ends none', { confirms: false }, [true]],
    ['an answer that cannot confirm says nothing', { mayConfirm: false }, [true]],
    ['an answer of another user ends the one before', { isOf: false }, [false, 'partition user/ada ends']],
    ['an error for another user ends the one before', { isOf: false, status: 500 }, [false, 'partition user/ada ends']],
    ['a refusal brings into doubt', { status: 401, mayConfirm: false }, [true, 'user/ada: refused']],
    ['a refusal is of nobody', { status: 401, isOf: false, mayConfirm: false }, [true, 'user/ada: refused']],
    [
      'a refusal that no page has asked for says nothing',
      { status: 401, mayConfirm: false, clientId: undefined },
      [true],
    ],
  ])('%s', async (_, answered, expected) => {
    expect(await heeded(answered)).toEqual(expected)
  })

  it('is done in memory before the disk has it, and is not waited for when that takes long', async () => {
    vi.useFakeTimers()
    const remove = vi.fn(() => new Promise(() => undefined))
    const generations = { advance: vi.fn() }
    const ports = { log: { remove }, generations, identity: { isOf: () => false } } as unknown as Ports
    const heeding = applyIdentitySignals(
      ports,
      { partition: 'user/ada', clientId: 'a tab' },
      { status: 200, fields: new Map() },
      true,
    )
    expect(remove).toHaveBeenCalledOnce()
    expect(generations.advance).toHaveBeenCalledWith('user/ada')
    await vi.advanceTimersByTimeAsync(1000)
    expect(await heeding).toBe(false)
    vi.useRealTimers()
  })
})

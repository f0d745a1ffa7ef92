import { describe, expect, it, vi } from 'vitest'

vi.stubGlobal('self', globalThis)
const { applyIdentitySignals } = await import('./identity-signals.ts')

/** The default answer: a success, to a page of the partition's user. */
interface Answered {
  readonly status?: number
  readonly isOf?: boolean
  readonly confirms?: boolean
  readonly mayConfirm?: boolean
  readonly clientId?: undefined
}

/** The calls that the signals caused, and whether the answer belongs to the user. */
async function heeded({ status = 200, isOf = true, confirms = true, mayConfirm = true, ...asked }: Answered) {
  const done: string[] = []
  const identity = {
    endIfOther: (whose: string) => (isOf ? undefined : Promise.resolve(done.push(`${whose} ends`))),
    confirms: () => confirms,
    refuse: (whose: string) => Promise.resolve(void done.push(`${whose} is refused`)),
    confirm: (whose: string) => Promise.resolve(void done.push(`${whose} is confirmed`)),
  }
  const isTheirs = await applyIdentitySignals(
    identity,
    { partition: 'user/ada', clientId: 'a tab', ...asked },
    { status, fields: new Map() },
    mayConfirm,
  )
  return [isTheirs, ...done]
}

describe('what an answer shows about its user', () => {
  it.each<[string, Answered, (string | boolean)[]]>([
    ['a success ends a doubt', {}, [true, 'user/ada is confirmed']],
    ['a success that may be another user’s does not end it', { confirms: false }, [true]],
    ['an answer that cannot confirm changes nothing', { mayConfirm: false }, [true]],
    ['an answer of another user ends the one before', { isOf: false }, [false, 'user/ada ends']],
    ['an error for another user ends the one before', { isOf: false, status: 500 }, [false, 'user/ada ends']],
    ['a 401 puts the partition in doubt', { status: 401, mayConfirm: false }, [true, 'user/ada is refused']],
    ['the echo of a 401 is ignored', { status: 401, isOf: false, mayConfirm: false }, [true, 'user/ada is refused']],
    [
      'a refusal that no page has asked for says nothing',
      { status: 401, mayConfirm: false, clientId: undefined },
      [true],
    ],
  ])('%s', async (_, answered, expected) => {
    expect(await heeded(answered)).toEqual(expected)
  })

  it('does not wait for a slow disk', async () => {
    vi.useFakeTimers()
    const never = new Promise<never>(() => undefined)
    const users = { endIfOther: () => never, confirms: () => true, refuse: () => never, confirm: () => never }
    const heeding = applyIdentitySignals(
      users,
      { partition: 'user/ada', clientId: 'a tab' },
      { status: 200, fields: new Map() },
      true,
    )
    await vi.advanceTimersByTimeAsync(1000)
    expect(await heeding).toBe(false)
    vi.useRealTimers()
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { refusal } from '../../sw/protocol.ts'
import { ask } from './rpc.ts'

/** What became of a question, once it is settled. */
type Outcome = { readonly answer: unknown } | { readonly code: unknown; readonly message: string }

let registrations: unknown[] | Error
/** What the worker answers each time that it is asked; undefined: the message is lost. */
let answers: unknown[]
let posted: number
/** The port of the last question. */
let port: FakeChannel['port2'] | undefined

beforeEach(() => {
  vi.useFakeTimers()
  registrations = ['one']
  answers = []
  posted = 0
  vi.stubGlobal('navigator', { serviceWorker: { getRegistrations: async () => registered() } })
  vi.stubGlobal('MessageChannel', FakeChannel)
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function registered(): unknown[] {
  if (registrations instanceof Error) throw registrations
  return registrations
}

/** Delivers at once, so that only time decides. */
class FakeChannel {
  readonly port1: { onmessage?: (event: unknown) => void; close: () => void } = { close: () => undefined }
  readonly port2 = { postMessage: (data: unknown) => this.port1.onmessage?.({ data }) }
}

function question(): { outcome: Outcome | undefined } {
  const asked: { outcome: Outcome | undefined } = { outcome: undefined }
  const worker = {
    postMessage: (_question: unknown, [given]: readonly FakeChannel['port2'][]) => {
      port = given
      const answer = answers[posted++]
      if (answer !== undefined) port?.postMessage(answer)
    },
  } as unknown as ServiceWorker
  ask(() => worker, { ask: 'stats' }).then(
    (answer) => (asked.outcome = { answer }),
    ({ code, message }) => (asked.outcome = { code, message }),
  )
  return asked
}

describe('a question to the worker', () => {
  it('that is lost is asked again, up to three times', async () => {
    answers = [undefined, undefined, { answer: 'third' }]
    const asked = question()
    await vi.advanceTimersByTimeAsync(4000)
    expect(asked.outcome).toEqual({ answer: 'third' })
  })

  it('that no worker answers fails in words of ours, where the browser does not say what is registered any more', async () => {
    registrations = new DOMException('The operation is insecure.', 'SecurityError')
    const asked = question()
    await vi.advanceTimersByTimeAsync(2000)
    expect(asked.outcome).toMatchObject({ code: 'no-answer' })
  })

  it('that no worker answers fails after three tries', async () => {
    const asked = question()
    await vi.advanceTimersByTimeAsync(5999)
    expect(asked.outcome).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(asked.outcome).toMatchObject({ code: 'no-answer' })
    expect(posted).toBe(3)
  })

  it('at which the worker is at work is waited for, and not asked again', async () => {
    const asked = question()
    for (let word = 0; word < 10; word++) {
      await vi.advanceTimersByTimeAsync(1000)
      port?.postMessage({ working: true })
    }
    expect(asked.outcome).toBeUndefined()
    port?.postMessage({ answer: 'at last' })
    await vi.advanceTimersByTimeAsync(0)
    expect(asked.outcome).toEqual({ answer: 'at last' })
    expect(posted).toBe(1)
  })

  it('whose worker falls silent at its work is asked again', async () => {
    answers = [{ working: true }, { answer: 'second' }]
    const asked = question()
    await vi.advanceTimersByTimeAsync(2000)
    expect(asked.outcome).toEqual({ answer: 'second' })
  })

  it('fails after one try where no worker is registered any more', async () => {
    registrations = []
    const asked = question()
    await vi.advanceTimersByTimeAsync(2000)
    expect(asked.outcome).toMatchObject({ code: 'no-answer' })
    expect(posted).toBe(1)
  })

  it('is answered by a worker that lives on after its registration is gone', async () => {
    registrations = []
    answers = [{ answer: 'still here' }]
    const asked = question()
    await vi.advanceTimersByTimeAsync(0)
    expect(asked.outcome).toEqual({ answer: 'still here' })
  })

  it('to which the worker says that it failed is not asked again, and says why', async () => {
    answers = [{ error: 'the disk is full' }]
    const asked = question()
    await vi.advanceTimersByTimeAsync(0)
    expect(asked.outcome).toMatchObject({ code: 'no-answer', message: expect.stringContaining('the disk is full') })
    expect(posted).toBe(1)
  })

  it('of another version is refused at once, with what to do, and is not asked again', async () => {
    const error = refusal({ ask: 'stats', freshlayer: 0 })
    answers = [{ error }]
    const asked = question()
    await vi.advanceTimersByTimeAsync(0)
    expect(asked.outcome).toMatchObject({ code: 'no-answer', message: expect.stringContaining('reload the page.') })
    expect(posted).toBe(1)
  })
})

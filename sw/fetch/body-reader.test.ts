import { describe, expect, it, vi } from 'vitest'
import { wholeBody } from './body-reader.ts'

/** A response whose body never ends, and whether its stream was given up. */
function endless() {
  const cancel = vi.fn()
  const body = new ReadableStream<Uint8Array>({ start: (stream) => stream.enqueue(new Uint8Array(1)), cancel })
  return { response: new Response(body), cancel }
}

describe('a body without an end', () => {
  it.each([
    ['when the signal comes', false],
    ['when the signal had come before', true],
  ])('is read no further %s', async (_, isBefore) => {
    const { response, cancel } = endless()
    const left = new AbortController()
    if (isBefore) left.abort()
    const read = wholeBody(response, 1000, left.signal)
    left.abort()
    expect(await read).toBeUndefined()
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('is read no further when nothing has come of it for half a minute', async () => {
    vi.useFakeTimers()
    const { response, cancel } = endless()
    const page = response.clone()
    let read: unknown = 'waiting'
    void wholeBody(response, 1000).then((body) => (read = body))
    await vi.advanceTimersByTimeAsync(29_000)
    expect(read).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1000)
    expect(read).toBeUndefined()
    // The page reads on in its own copy.
    expect(cancel).not.toHaveBeenCalled()
    await page.body?.cancel()
    expect(cancel).toHaveBeenCalledOnce()
    vi.useRealTimers()
  })

  it('is read on as long as something comes', async () => {
    vi.useFakeTimers()
    let source: ReadableStreamDefaultController<Uint8Array> | undefined
    const read = wholeBody(new Response(new ReadableStream({ start: (stream) => void (source = stream) })), 1000)
    for (let at = 0; at < 3; at++) {
      await vi.advanceTimersByTimeAsync(29_000)
      source?.enqueue(new Uint8Array(1))
    }
    source?.close()
    await vi.advanceTimersByTimeAsync(0)
    expect(await read).toHaveProperty('byteLength', 3)
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('is read no further than the limit', async () => {
    const { response, cancel } = endless()
    expect(await wholeBody(response, 0)).toBe('too-large')
    expect(cancel).toHaveBeenCalledOnce()
  })
})

it('a body that ends is whole, and one that is absent is empty', async () => {
  expect(await wholeBody(new Response('whole'), 5)).toEqual(new TextEncoder().encode('whole').buffer)
  expect(await wholeBody(new Response(null), 5)).toHaveProperty('byteLength', 0)
})

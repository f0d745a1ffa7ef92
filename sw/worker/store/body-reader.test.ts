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

  it('is read no further than the limit', async () => {
    const { response, cancel } = endless()
    expect(await wholeBody(response, 0)).toBeUndefined()
    expect(cancel).toHaveBeenCalledOnce()
  })
})

it('a body that ends is whole, and one that is absent is empty', async () => {
  expect(await wholeBody(new Response('whole'), 5)).toEqual(new TextEncoder().encode('whole').buffer)
  expect((await wholeBody(new Response(null), 5))?.byteLength).toBe(0)
})

/** A body that was read, or the answer as it was where its body is longer than that. */
export type WholeBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'long'; readonly response: Response }

/**
 * Reads the body of an answer.
 *
 * @param most unit: bytes. What is longer is not read to its end.
 */
export async function wholeBody(response: Response, most: number): Promise<WholeBody> {
  const { body } = response
  if (body === null) return { kind: 'whole', bytes: new Uint8Array() }
  if (Number(response.headers.get('content-length')) > most) return { kind: 'long', response }
  const reader = body.getReader()
  const read: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  while (length <= most) {
    const { done, value } = await reader.read()
    if (done) return { kind: 'whole', bytes: read.length === 1 && read[0] ? read[0] : Buffer.concat(read, length) }
    read.push(value)
    length += value.byteLength
  }
  const rest = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: async (controller) => {
      const next = read.shift() ?? (await reader.read()).value
      if (next === undefined) controller.close()
      else controller.enqueue(next)
    },
    cancel: (reason) => reader.cancel(reason),
  })
  const { status, statusText, headers } = response
  return { kind: 'long', response: new Response(rest, { status, statusText, headers }) }
}

/** For so long an answer whose page has left is read on for the store: one without an end is given up. */
const READ_ON_MS = 5000

/** Whether nothing says where a body ends. */
export const mayBeEndless = ({ status, redirected, headers }: Response): boolean =>
  status >= 200 && ![204, 205, 304].includes(status) && !redirected && !headers.has('content-length')

/** A response whose page may leave before the body has ended: then the store's copy is given up a while later. */
export function watched(response: Response, left: AbortController): Response {
  const { status, statusText, headers } = response
  const reader = response.body?.getReader()
  if (reader === undefined) return response
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel(reason) {
      setTimeout(() => left.abort(), READ_ON_MS)
      return reader.cancel(reason)
    },
  })
  return new Response(body, { status, statusText, headers })
}

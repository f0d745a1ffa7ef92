/**
 * The whole body, if it ends and is no longer than `limit` bytes; undefined when it is longer or `signal` says to stop, and
 * then it is read no further, or not at all. Rejects when it breaks off: nothing truncated is kept.
 */
export async function wholeBody(
  response: Response,
  limit: number,
  signal?: AbortSignal,
): Promise<ArrayBuffer | undefined> {
  if (response.body === null) return new ArrayBuffer(0)
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
  const stop = (): void => void reader.cancel().catch(() => undefined)
  if (signal?.aborted === true) stop()
  if (Number(response.headers.get('content-length')) > limit) {
    stop()
    return undefined
  }
  signal?.addEventListener('abort', stop, { once: true })
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.byteLength
    if (size > limit) {
      stop()
      return undefined
    }
    chunks.push(read.value)
  }
  signal?.removeEventListener('abort', stop)
  return signal?.aborted === true ? undefined : new Blob(chunks).arrayBuffer()
}

/** SHA-256, base64: tells a change apart from the same bytes under another validator. */
export async function digestOf(bytes: ArrayBuffer): Promise<string> {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))))
}

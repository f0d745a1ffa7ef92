import { timeout } from './clock.ts'

/** For so long a body from which nothing comes is waited for. */
const STALLED_MS = 30_000

/** Longer bodies, endless ones among them, are passed on unstored. */
export const MAX_STORED_BYTES = 32 * 1024 * 1024

/** A body up to this length is held back until it is all there, where something else can answer in its place. */
const MAX_HELD_BYTES = 1024 * 1024

/** A body that is being read for the store. */
export interface BodyReading {
  /** See `wholeBody`. */
  readonly whole: ReturnType<typeof wholeBody>
  /** `true`: all bytes are there, or they are too many to be held back. `false`: it has broken off, or nothing comes. */
  readonly safe: Promise<boolean>
}

/** Begins to read a body for the store. */
export function readBody(response: Response, signal: AbortSignal): BodyReading {
  let pass: (isLong: true) => void
  const long = new Promise<true>((resolve) => (pass = resolve))
  const whole = wholeBody(response, MAX_STORED_BYTES, signal, (size) => size > MAX_HELD_BYTES && pass(true))
  const ended = whole.then(
    (body) => body !== undefined,
    () => false,
  )
  return { whole, safe: Promise.race([long, ended]) }
}

/**
 * The whole body, if it ends; 'too-large' when it is longer than `limit` bytes; undefined when it has stalled, or `signal`
 * says to stop. Then it is read no further, or not at all. Rejects when it breaks off: nothing truncated is kept.
 *
 * @param onSize hears how many bytes there are at least, each time that more is known.
 */
export async function wholeBody(
  response: Response,
  limit: number,
  signal?: AbortSignal,
  onSize?: (size: number) => void,
): Promise<ArrayBuffer | 'too-large' | undefined> {
  if (response.body === null) return new ArrayBuffer(0)
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
  const stop = (): void => void reader.cancel().catch(() => undefined)
  if (signal?.aborted === true) stop()
  const length = Number(response.headers.get('content-length'))
  onSize?.(length)
  if (length > limit) {
    stop()
    return 'too-large'
  }
  signal?.addEventListener('abort', stop, { once: true })
  for (;;) {
    const read = await timeout(STALLED_MS, reader.read(), undefined)
    if (read?.done === true) break
    size += read?.value.byteLength ?? 0
    if (read === undefined || size > limit) {
      stop()
      return read && 'too-large'
    }
    onSize?.(size)
    chunks.push(read.value)
  }
  signal?.removeEventListener('abort', stop)
  return signal?.aborted === true ? undefined : new Blob(chunks).arrayBuffer()
}

/** SHA-256, base64: tells a change apart from the same bytes under another validator. */
export async function digestOf(bytes: BufferSource): Promise<string> {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))))
}

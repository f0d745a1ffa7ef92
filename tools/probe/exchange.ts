import { createHash } from 'node:crypto'
import { connect } from 'node:net'

/** What the origin has answered to one GET, and when. */
export interface Exchange {
  readonly status: number
  /** By lower-case name. Each `Set-Cookie` is one line of its field. */
  readonly fields: ReadonlyMap<string, string>
  /** SHA-256 of the body, hex. Bodies longer than `MAX_BYTES` are cut there. */
  readonly digest: string
  /** Of the body as it is without its content coding, in bytes. */
  readonly size: number
  /** The body; absent: it is longer than a megabyte. */
  readonly text?: string
  /** From the request to the head of the answer, in milliseconds. */
  readonly headMs: number
  /** From the request to the first byte of the body; absent: none came while it was waited for. */
  readonly firstByteMs?: number
  /** From the request to the end of the body; absent: it did not end while it was waited for. */
  readonly endMs?: number
  /** When the head had come, in milliseconds since 1970. */
  readonly atMs: number
}

/** Why there was no answer. */
export interface NoAnswer {
  readonly error: string
}

export interface Patience {
  /** For the head of an answer, and again for its body. Milliseconds. */
  readonly answerMs: number
  /** For the first byte of an event stream. Milliseconds. */
  readonly streamMs: number
}

/** What a worker stores at most of one answer. */
export const MAX_BYTES = 32 * 1024 * 1024
const MAX_TEXT_BYTES = 1024 * 1024
const CONNECT_MS = 5000
/** What comes within so many milliseconds of the first byte of a stream came with it. */
export const AT_ONCE_MS = 250

/**
 * Asks for one URL, by GET unless another method is given. Follows no redirect, and reads of an event stream the first bytes alone. Never throws.
 *
 * @param headers lower-case names.
 * @param sent the body. Default: none.
 */
export async function exchange(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { answerMs, streamMs }: Patience,
  method = 'GET',
  sent?: string,
): Promise<Exchange | NoAnswer> {
  const began = performance.now()
  const since = (): number => performance.now() - began
  const abort = new AbortController()
  let timer = setTimeout(() => abort.abort(), answerMs)
  try {
    const body = sent === undefined ? {} : { body: sent }
    const response = await fetch(url, { method, headers, redirect: 'manual', signal: abort.signal, ...body })
    const [headMs, atMs] = [since(), Date.now()]
    const fields = new Map([...response.headers].filter(([name]) => name !== 'set-cookie'))
    const cookies = response.headers.getSetCookie()
    if (cookies.length > 0) fields.set('set-cookie', cookies.join('\n'))
    clearTimeout(timer)
    const isStream = (fields.get('content-type') ?? '').startsWith('text/event-stream')
    timer = setTimeout(() => abort.abort(), isStream ? streamMs : answerMs)
    const brought = await read(response, since, isStream)
    return { status: response.status, fields, headMs, atMs, ...brought }
  } catch (error) {
    return { error: abort.signal.aborted ? `no answer within ${answerMs / 1000} s` : reasonOf(error) }
  } finally {
    clearTimeout(timer)
    abort.abort()
  }
}

type Body = Pick<Exchange, 'digest' | 'size' | 'text' | 'firstByteMs' | 'endMs'>

/** @param isStream of a stream the first bytes are enough, and whether it ends with them. */
async function read(response: Response, since: () => number, isStream: boolean): Promise<Body> {
  const hash = createHash('sha256')
  const kept: Uint8Array[] = []
  const times: { firstByteMs?: number; endMs?: number } = {}
  let size = 0
  const reader = response.body?.getReader()
  try {
    for (;;) {
      const begun = isStream && times.firstByteMs !== undefined
      const more = begun ? await soon(reader?.read(), times.firstByteMs ?? 0, since) : await reader?.read()
      if (more === 'later') break
      const { done, value } = more ?? { done: true }
      if (done) {
        times.endMs = since()
        break
      }
      times.firstByteMs ??= since()
      size += value.byteLength
      hash.update(value)
      if (size <= MAX_TEXT_BYTES) kept.push(value)
      if (size > MAX_BYTES) break
    }
  } catch (error) {
    // A stream whose bytes do not come is a finding. Any other body has to be whole.
    if (!isStream) throw error
  }
  const text = size <= MAX_TEXT_BYTES ? { text: Buffer.concat(kept).toString('utf8') } : {}
  return { digest: hash.digest('hex'), size, ...text, ...times }
}

/** What comes at once with the first byte of a stream; `'later'`: the stream goes on. */
async function soon<T>(
  next: Promise<T> | undefined,
  firstByteMs: number,
  since: () => number,
): Promise<T | 'later' | undefined> {
  let timer: NodeJS.Timeout | undefined
  const later = new Promise<'later'>((resolve) => {
    timer = setTimeout(() => resolve('later'), Math.max(0, firstByteMs + AT_ONCE_MS - since()))
  })
  try {
    return await Promise.race([next, later])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Whether something listens at the origin of an address.
 *
 * @throws one line that says why not
 */
export async function assertListening({ protocol, hostname, port, origin }: URL): Promise<void> {
  const usual = protocol === 'https:' ? 443 : 80
  const host = hostname.replace(/^\[|\]$/g, '')
  const why = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port: port === '' ? usual : Number(port), timeout: CONNECT_MS })
    const end = (reason?: string): void => {
      socket.destroy()
      resolve(reason)
    }
    socket.on('connect', () => end())
    socket.on('timeout', () => end(`no connection within ${CONNECT_MS / 1000} s`))
    socket.on('error', (error) => end(reasonOf(error)))
  })
  if (why !== undefined) throw new Error(`${origin} does not answer (${why}): is the backend running there?`)
}

/** The innermost reason, by its code where it has one. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  if (error.cause !== undefined) return reasonOf(error.cause)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

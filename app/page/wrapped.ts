import type { RequestLine } from '../../config/language/index.ts'
import { lineOf } from '../../sw/fetch/matching.ts'

export type FetchArguments = Parameters<typeof globalThis.fetch>

/**
 * The request that these arguments mean, if a rule may match it; undefined: it is none of ours, and the arguments are as they
 * were.
 */
export function requestOf(
  [input, init]: FetchArguments,
  home: string | undefined,
  mayMatch: (line: RequestLine) => boolean,
): Request | undefined {
  const given = input instanceof Request ? input : undefined
  const href = given?.url ?? String(input)
  if (!URL.canParse(href, home)) return undefined
  const url = new URL(href, home).href
  const method = (init?.method ?? given?.method ?? 'GET').toUpperCase()
  if (!mayMatch(lineOf({ method, url }, home ?? ''))) return undefined
  // A stream can be read once, and is an upload.
  if (init?.body instanceof ReadableStream) return undefined
  return given === undefined ? new Request(url, init) : new Request(given.clone(), init)
}

/** How a request of the layer's own making is sent: by the app's own arguments, but for what the layer decides. */
export function sentAs(sent: Request, [input, init]: FetchArguments): FetchArguments {
  const { method, headers, cache, credentials, mode, redirect, referrer, referrerPolicy, integrity, keepalive, body } =
    sent
  const of =
    input instanceof Request ? { credentials, mode, redirect, referrer, referrerPolicy, integrity, keepalive } : {}
  return [
    sent.url,
    { ...of, ...init, method, headers, cache, signal: null, ...(body !== null && { body, duplex: 'half' }) },
  ]
}

/**
 * The answer as the one who asked may have it: not after the request was given up, and under the URL that was asked. Others
 * may wait for the same answer, so the request to the origin goes on.
 */
export async function asAsked(
  request: Request,
  [input, init]: FetchArguments,
  answering: Promise<Response>,
): Promise<Response> {
  const { signal, url } = request
  let giveUp: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
  })
  try {
    const response = await Promise.race([answering, aborted])
    const mayEnd = input instanceof Request || (init?.signal ?? undefined) !== undefined
    const answer = !mayEnd || response.body === null || response.redirected ? response : endedBy(response, signal)
    return withUrl(answer, url)
  } catch (error) {
    if (signal.aborted) void answering.then(({ body }) => body?.cancel()).catch(() => undefined)
    throw error
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/** The response, under the URL that was asked: one that a script has made has none. */
export const withUrl = (response: Response, url: string): Response =>
  response.url === '' ? Object.defineProperty(response, 'url', { value: url.replace(/#.*$/s, '') }) : response

/** The same response, whose body breaks off when the signal says so. */
function endedBy({ body, status, statusText, headers }: Response, signal: AbortSignal): Response {
  const through = body?.pipeThrough(new TransformStream(), { signal })
  return new Response(through, { status, statusText, headers })
}

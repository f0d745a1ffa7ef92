import { normaliseUrl, type Rule } from '../../config/language/index.ts'
import type { RequestHead } from '../../sw/core/head.ts'
import { entryKey } from '../../sw/core/key.ts'
import { describeRequest, fieldsOf, hasBody } from '../../sw/fetch/describe.ts'

/** Sends one request of the layer's own making, as the app's fetch would send it. Rejects as that does. */
export type Send = (request: Request) => Promise<Response>

/** All that is known of one read before its answer. */
export interface Read {
  readonly request: Request
  readonly head: RequestHead
  readonly rule: Rule
  readonly tags: readonly string[]
  readonly partition: string
  readonly key: string
  readonly body: ArrayBuffer | undefined
  readonly authorization: string | null
  readonly send: Send
}

export async function readOf(
  request: Request,
  { rule, tags }: { readonly rule: Rule; readonly tags: readonly string[] },
  partition: string,
  send: Send,
): Promise<Read> {
  const { credentials } = request
  const url = normaliseUrl(request.url, rule)
  const head = describeRequest(request, url, partition, fieldsOf(request.headers))
  const body = hasBody(request) ? await request.clone().arrayBuffer() : undefined
  const bodyDigest = body && hex(body)
  const key = entryKey({ partition, request: head, url, credentials, keyHeaders: rule.keyHeaders, bodyDigest })
  const authorization = request.headers.get('authorization')
  return { request, head, rule, tags, partition, key, body, authorization, send }
}

/** Pages of plain http have no digests. */
const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

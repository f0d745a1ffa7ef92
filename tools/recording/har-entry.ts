import * as v from 'valibot'
import { epochMs } from '../../sw/core/units.ts'
import { digest, withoutCredentials } from './credentials.ts'
import { withoutSecrets } from './secret-url.ts'
import type { Exchange, Initiator, RecordedBody } from './exchange.ts'

const Pairs = v.optional(v.array(v.object({ name: v.string(), value: v.optional(v.string(), '') })), [])

/** Browsers write `null` for what they do not know. */
const Text = v.nullish(v.string())
const Count = v.nullish(v.number())

/** What is read of an entry. Everything else in it may have any shape. */
const Entry = v.object({
  startedDateTime: v.pipe(
    v.string(),
    v.check((text) => !Number.isNaN(Date.parse(text)), 'a date, such as 2026-11-30T10:00:00.000Z'),
  ),
  pageref: Text,
  request: v.object({
    method: v.string(),
    url: v.string(),
    headers: Pairs,
    cookies: Pairs,
    postData: v.nullish(v.object({ text: Text, mimeType: Text, params: v.nullish(Pairs) })),
  }),
  response: v.object({
    status: v.number(),
    headers: Pairs,
    cookies: v.optional(v.array(v.object({ name: v.string(), value: v.optional(v.string(), '') })), []),
    content: v.nullish(v.object({ size: Count, mimeType: Text, text: Text, encoding: Text })),
    headersSize: Count,
    bodySize: Count,
    _transferSize: Count,
    _error: Text,
  }),
  cache: v.nullish(v.looseObject({})),
  _resourceType: Text,
  _fromCache: v.nullish(v.union([v.string(), v.boolean()])),
  _fetchType: Text,
})

type Entry = v.InferOutput<typeof Entry>

/** An entry as an exchange; `undefined` for what is no request by HTTP: sockets, data in a URL, files of an extension. */
export type ReadEntry =
  | { readonly kind: 'exchange'; readonly exchange: Exchange; readonly isRedacted: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'wrong'; readonly field: string; readonly expected: string }

/** How much text of an answer to a read is kept, and of JSON at most. Unit: characters. */
export const LIMITS = { text: 2000, json: 256_000 }

/**
 * Reads one entry of a HAR. Credentials are digested here, and the bodies are kept only as far as an analysis needs them.
 *
 * @param jsonLimit how much text of JSON is kept that a read got. Default: as of any text. Unit: characters.
 */
export function readEntry(value: unknown, jsonLimit = LIMITS.text): ReadEntry {
  const parsed = v.safeParse(Entry, value)
  if (!parsed.success) {
    const [issue] = parsed.issues
    const field = v.getDotPath(issue) ?? 'the entry itself'
    const expected = issue.kind === 'schema' ? `${issue.expected ?? 'another value'}` : issue.message
    return { kind: 'wrong', field, expected: `${expected} expected, ${issue.received} given` }
  }
  const entry = parsed.output
  const { request, response } = entry
  if (!/^https?:/.test(request.url) || !URL.canParse(request.url)) return { kind: 'none' }
  if (entry._resourceType === 'websocket' || response.status === 101) return { kind: 'none' }
  return { kind: 'exchange', exchange: exchangeOf(entry, jsonLimit), isRedacted: isRedacted(entry) }
}

function exchangeOf(entry: Entry, jsonLimit: number): Exchange {
  const { request, response, pageref } = entry
  const method = request.method.toUpperCase()
  const requestHeaders = fieldsOf(request.headers, request.cookies, 'cookie')
  const responseHeaders = fieldsOf(response.headers, response.cookies, 'set-cookie')
  const status = Math.max(0, response.status)
  const { content } = response
  const type = responseHeaders['content-type'] ?? content?.mimeType ?? ''
  if (responseHeaders['content-type'] === undefined && content?.mimeType && !/unknown/.test(content.mimeType))
    responseHeaders['content-type'] = content.mimeType
  const isFromCache = isCached(entry) || /(?:^|, )Freshlayer; hit/.test(responseHeaders['cache-status'] ?? '')
  const initiator = initiatorOf(entry, requestHeaders, type)
  const body = bodyOf(
    content?.text,
    content?.encoding === 'base64',
    content?.size,
    textLimit(method, initiator, /[/+]json/i.test(type) ? jsonLimit : LIMITS.text),
  )
  const transferred = isFromCache ? 0 : transferredBy(response)
  const requestBody = requestBodyOf(request.postData)
  return {
    method,
    url: withoutSecrets(new URL(request.url).href),
    startedAt: epochMs(Date.parse(entry.startedDateTime)),
    initiator,
    page: pageref ?? undefined,
    requestHeaders: withoutCredentials(requestHeaders),
    requestBody,
    status,
    responseHeaders: withoutCredentials(responseHeaders),
    body: status === 0 ? undefined : body,
    transferred,
    ...(isFromCache && { isFromCache }),
    isComplete: status > 0 && !response._error,
  }
}

/** Names in lower case. Repeated lines are one, as Fetch joins them; the pseudo-fields of HTTP/2 go. */
function fieldsOf(
  headers: Entry['request']['headers'],
  cookies: Entry['request']['cookies'],
  cookieField: 'cookie' | 'set-cookie',
): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const { name, value } of headers) {
    const key = name.toLowerCase()
    if (key.startsWith(':') || key === '') continue
    const joint = key === 'set-cookie' ? '\n' : key === 'cookie' ? '; ' : ', '
    fields[key] = fields[key] === undefined ? value : `${fields[key]}${joint}${value}`
  }
  // Some recorders have the cookies apart from the fields.
  if (fields[cookieField] === undefined && cookies.length > 0)
    fields[cookieField] = cookies
      .map(({ name, value }) => `${name}=${value}`)
      .join(cookieField === 'cookie' ? '; ' : '\n')
  return fields
}

const KINDS: Readonly<Record<string, Initiator>> = {
  xhr: 'fetch',
  fetch: 'fetch',
  eventsource: 'fetch',
  ping: 'fetch',
  document: 'document',
  script: 'script',
  stylesheet: 'style',
  style: 'style',
  image: 'image',
  font: 'font',
}

/** Who has made a request: Chromium says it, other browsers send it along, and for the rest the types decide. */
function initiatorOf({ _resourceType }: Entry, fields: Readonly<Record<string, string>>, type: string): Initiator {
  const said = _resourceType?.toLowerCase()
  if (said) return KINDS[said] ?? 'other'
  const destination = fields['sec-fetch-dest']
  if (destination !== undefined) {
    if (destination === 'empty') return 'fetch'
    if (destination === 'iframe' || destination === 'frame') return 'document'
    return KINDS[destination] ?? 'other'
  }
  if (fields['x-requested-with'] !== undefined) return 'fetch'
  const accept = fields['accept'] ?? ''
  if (/[/+]json/.test(type)) return 'fetch'
  if (accept.startsWith('text/html') || type.startsWith('text/html')) return 'document'
  if (accept.startsWith('text/css') || type.startsWith('text/css')) return 'style'
  if (/javascript/.test(type)) return 'script'
  if (type.startsWith('image/')) return 'image'
  return /font/.test(type) ? 'font' : 'other'
}

/** Chromium, Safari and Firefox each say it in their own way. */
function isCached({ _fromCache, _fetchType, cache }: Entry): boolean {
  if (_fromCache) return true
  if (_fetchType && /cache/i.test(_fetchType)) return true
  return cache !== null && cache !== undefined && ('afterRequest' in cache || 'beforeRequest' in cache)
}

function transferredBy({ _transferSize, headersSize, bodySize }: Entry['response']): number | undefined {
  if (typeof _transferSize === 'number' && _transferSize >= 0) return _transferSize
  if (typeof bodySize !== 'number' || bodySize < 0) return undefined
  return bodySize + Math.max(0, headersSize ?? 0)
}

/** How much text is kept: an analysis looks for tokens in answers, and for an empty mount in documents. Unit: characters. */
function textLimit(method: string, initiator: Initiator, ofReads: number): number {
  if (initiator === 'document') return 64_000
  return method === 'GET' ? ofReads : 8000
}

function bodyOf(
  text: string | null | undefined,
  isBase64: boolean,
  size: number | null | undefined,
  limit: number,
): RecordedBody | undefined {
  if (text === undefined || text === null) return size === 0 ? { bytes: 0, digest: digest('') } : undefined
  const bytes = isBase64 ? Buffer.from(text, 'base64') : Buffer.from(text)
  const kept = isBase64 ? bytes.subarray(0, limit + 1).toString() : text
  return { bytes: bytes.byteLength, digest: digest(bytes), ...(kept.length <= limit && { text: kept }) }
}

/** A GraphQL query is long, and tells whether it reads. */
const GRAPHQL_LIMIT = 256_000

function requestBodyOf(data: Entry['request']['postData']): RecordedBody | undefined {
  if (data === null || data === undefined) return undefined
  const text = data.text ?? data.params?.map(({ name, value }) => `${name}=${value}`).join('&') ?? ''
  const limit = /"query"\s*:/.test(text) ? GRAPHQL_LIMIT : 8000
  return { bytes: Buffer.byteLength(text), digest: digest(text), ...(text.length <= limit && { text }) }
}

const REDACTED = /^(?:\w+ )?(?:[[<({]?(?:redacted|removed|filtered|masked|hidden|sanitized)[\])}>]?|\*{3,}|x{4,})$/i

/** Whether a tool has put something else in the place of a credential. */
const isRedacted = ({ request, response }: Entry): boolean =>
  [...request.headers, ...response.headers].some(
    ({ name, value }) =>
      /^(?:cookie|set-cookie|authorization)$/i.test(name) &&
      REDACTED.test(value.replace(/^[^=;]*=/, '').replace(/;.*$/s, '')),
  )

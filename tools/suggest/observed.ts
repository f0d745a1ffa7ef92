import { normaliseUrl } from '../../config/language/index.ts'
import { entityTag } from '../../sw/core/entity-tag.ts'
import { type MemberPath, withoutMembers } from '../../sw/core/ignored-members.ts'
import { digest } from '../recording/credentials.ts'
import type { Exchange, RecordedBody } from '../recording/exchange.ts'
import type { Asker } from './asker.ts'
import { isGood } from './heads.ts'

/** One read, with what the recording says only together with others. */
export interface Observed {
  readonly exchange: Exchange
  readonly asker: Asker
  /** The same for reads that may get the same answer, whichever user asks. */
  readonly question: string
  /** Of the content that the answer stood for: a 304 stands for what the asker got before. Absent: it is not known. */
  readonly content?: string | undefined
}

/**
 * The reads of one route, each with its question and its content.
 *
 * @param ignored members of JSON bodies that do not count in a content. Default: all count.
 */
export function observed(
  reads: readonly Exchange[],
  askerOf: (exchange: Exchange) => Asker,
  ignoreQuery: readonly string[],
  ignored: readonly MemberPath[] = [],
): Observed[] {
  const last = new Map<string, string>()
  return reads.map((exchange) => {
    const asker = askerOf(exchange)
    const question = questionOf(exchange, ignoreQuery)
    const place = `${question}\n${asker.id}`
    const content = contentOf(exchange, ignored) ?? (exchange.status === 304 ? last.get(place) : undefined)
    if (content !== undefined) last.set(place, content)
    return { exchange, asker, question, content }
  })
}

/** What is asked, as far as a key of the layer tells it. */
function questionOf({ url, requestHeaders, requestBody }: Exchange, ignoreQuery: readonly string[]): string {
  const range = requestHeaders['range'] ?? ''
  const accept = requestHeaders['accept'] ?? '*/*'
  return [normaliseUrl(url, { ignoreQuery }), accept, range, requestBody?.digest ?? ''].join('\n')
}

/**
 * Some browsers record the body of their own copy with a 304, others an empty one. Where a recorder has left out bodies, a
 * tag of the server stands for them.
 */
function contentOf({ status, body, responseHeaders }: Exchange, ignored: readonly MemberPath[]): string | undefined {
  if (!isGood(status)) return undefined
  if (body === undefined) return status === 304 ? undefined : entityTag(responseHeaders['etag'])
  return status === 304 && body.bytes === 0 ? undefined : counted(body, ignored)
}

/** The digest of what counts in a body. */
function counted({ text, digest: whole }: RecordedBody, ignored: readonly MemberPath[]): string {
  if (text === undefined || ignored.length === 0) return whole
  const scan = withoutMembers(Buffer.from(text), ignored)
  for (;;) {
    const { done, value } = scan.next()
    if (done === true) return value === undefined ? whole : digest(value)
  }
}

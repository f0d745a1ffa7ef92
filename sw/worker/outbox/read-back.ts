import { parsedJson } from '../../core/outbox/json.ts'
import { outcomeOf } from '../../core/outbox/outcome.ts'
import type { Fields } from '../../core/head.ts'
import { MAX_STORED_BYTES, wholeBody } from '../../fetch/body-reader.ts'
import { now } from '../../fetch/clock.ts'
import { fieldsOf, isSameButForSlash } from '../../fetch/describe.ts'
import type { Stamps } from './stamps.ts'
import type { WriteRecord } from './write-record.ts'

/** What the origin says now of what a write is about. */
export type ReadBack =
  | { readonly kind: 'read'; readonly fields: Fields; readonly value: unknown }
  /** 404 or 410. */
  | { readonly kind: 'gone' }
  /** There was no answer of the origin: it is asked again. */
  | { readonly kind: 'failed'; readonly floorMs: number; readonly isAway: boolean }
  /** The user's credentials are not known, or refused. */
  | { readonly kind: 'unstamped' }
  /** There is an answer, and it says nothing of this. */
  | { readonly kind: 'useless' }

/** Fields that say of the write, and not of who asks for what. */
export const OF_WRITE = /^(?:content-|if-|accept-encoding$|prefer$|(?:x-)?idempotency-key$|x-request-id$)/

/** Reads a URL past every cache, with the credentials that the write is sent with. Never rejects. */
export async function readBack(write: WriteRecord, url: string, stamps: Stamps, limitMs: number): Promise<ReadBack> {
  const failed: ReadBack = { kind: 'failed', floorMs: 0, isAway: true }
  try {
    const secrets = await stamps.of(write)
    if (secrets === undefined) return { kind: 'unstamped' }
    const headers = new Headers(write.fields.filter(([name]) => !OF_WRITE.test(name)).map(([...pair]) => pair))
    for (const [name, value] of secrets) headers.set(name, value)
    const response = await fetch(
      new Request(url, {
        headers,
        credentials: write.credentials,
        mode: new URL(url).origin === location.origin ? 'same-origin' : 'cors',
        cache: 'no-store',
        signal: AbortSignal.timeout(limitMs),
      }),
    )
    const fields = fieldsOf(response.headers)
    const { status } = response
    const isRedirected = response.redirected && !isSameButForSlash(response.url, url)
    const accept = headers.get('accept') ?? undefined
    const outcome = outcomeOf(
      { kind: 'response', status, fields, isRedirected },
      { method: 'GET', accept, hasKey: false, unknown: 'resend', wasUnsure: false },
      now(),
    )
    const isRead = outcome.kind === 'acknowledge' && status === 200
    const bytes = isRead ? await wholeBody(response, MAX_STORED_BYTES) : undefined
    if (!isRead) void response.body?.cancel().catch(() => undefined)
    if (outcome.kind === 'retry') return { ...failed, floorMs: outcome.floorMs, isAway: outcome.why === 'no-answer' }
    if (outcome.kind === 'pause') return { kind: 'unstamped' }
    if (status === 404 || status === 410) return { kind: 'gone' }
    if (!isRead || bytes === 'too-large') return { kind: 'useless' }
    // The line was cut.
    if (bytes === undefined) return failed
    const parsed = parsedJson(new TextDecoder().decode(bytes))
    return parsed === 'invalid' ? { kind: 'useless' } : { kind: 'read', fields, value: parsed.value }
  } catch {
    return failed
  }
}

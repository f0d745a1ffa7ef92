import type { OutboxRules } from '../../../config/language/index.ts'
import { parsedJson } from '../../core/outbox/json.ts'
import { isNoAnswer, outcomeOf } from '../../core/outbox/outcome.ts'
import type { Fields } from '../../core/head.ts'
import { MAX_STORED_BYTES, wholeBody } from '../../fetch/body-reader.ts'
import { now } from '../../fetch/clock.ts'
import { fieldsOf, isSameButForSlash } from '../../fetch/describe.ts'
import type { Heard, Missed } from './heard.ts'
import type { OutboxStore } from './outbox-store.ts'
import { tryAgain, unanswered } from './settle.ts'
import type { Stamps } from './stamps.ts'
import type { WriteRecord } from './write-record.ts'

/** What a read of the outbox's own needs. */
export interface LookPorts {
  readonly store: OutboxStore
  readonly stamps: Stamps
  readonly rules: OutboxRules
  readonly heard: Heard
}

/** What the origin says now of what a write is about. */
export type ReadBack =
  | { readonly kind: 'read'; readonly fields: Fields; readonly value: unknown }
  /** 404 or 410. */
  | { readonly kind: 'gone' }
  /** It is asked again. `missed`: there was no answer of the origin. */
  | FailedRead
  /** The user's credentials are not known, or refused. */
  | { readonly kind: 'unstamped' }
  /** There is an answer, and it says nothing of this. */
  | { readonly kind: 'useless' }

interface FailedRead {
  readonly kind: 'failed'
  readonly floorMs: number
  readonly missed: Missed | undefined
}

/** A write whose read has come to nothing: when it is tried again. */
export const afterFailedRead = (
  kind: 'waiting' | 'unsure',
  write: WriteRecord,
  { floorMs, missed }: FailedRead,
  { store, rules: { limits } }: Pick<LookPorts, 'store' | 'rules'>,
): Pick<WriteRecord, 'state'> & Partial<WriteRecord> =>
  missed === undefined
    ? { state: tryAgain(kind, write, floorMs, false, limits, now()) }
    : unanswered(
        kind,
        write,
        { missed, floorMs, failed: { status: 0, atMs: now() } },
        store.writes.values(),
        limits,
        now(),
      )

/** Fields that say of the write, and not of who asks for what. */
export const OF_WRITE = /^(?:content-|if-|accept-encoding$|prefer$|(?:x-)?idempotency-key$|x-request-id$)/

/** Reads a URL past every cache, with the credentials that the write is sent with. Never rejects. */
export async function readBack(
  write: WriteRecord,
  url: string,
  { stamps, heard, rules }: Pick<LookPorts, 'stamps' | 'heard' | 'rules'>,
): Promise<ReadBack> {
  const begun = heard.begin(url)
  const missed = (floorMs = 0): FailedRead => ({ kind: 'failed', floorMs, missed: heard.missed(write, url, begun) })
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
        signal: AbortSignal.timeout(rules.requestLimitMs),
      }),
    )
    const fields = fieldsOf(response.headers)
    const { status } = response
    const isRedirected = response.redirected && !isSameButForSlash(response.url, url)
    const accept = headers.get('accept') ?? undefined
    const given = { kind: 'response', status, fields, isRedirected } as const
    const outcome = outcomeOf(
      given,
      { method: 'GET', accept, hasKey: false, unknown: 'resend', wasUnsure: false },
      now(),
    )
    const isRead = outcome.kind === 'acknowledge' && status === 200
    const bytes = isRead ? await wholeBody(response, MAX_STORED_BYTES) : undefined
    if (!isRead) void response.body?.cancel().catch(() => undefined)
    if (outcome.kind === 'retry' && isNoAnswer(given, outcome)) return missed(outcome.floorMs)
    heard.answered(url)
    if (outcome.kind === 'retry') return { kind: 'failed', floorMs: outcome.floorMs, missed: undefined }
    if (outcome.kind === 'pause') return { kind: 'unstamped' }
    if (status === 404 || status === 410) return { kind: 'gone' }
    if (!isRead || bytes === 'too-large') return { kind: 'useless' }
    // The line was cut.
    if (bytes === undefined) return missed()
    const parsed = parsedJson(new TextDecoder().decode(bytes))
    return parsed === 'invalid' ? { kind: 'useless' } : { kind: 'read', fields, value: parsed.value }
  } catch {
    return missed()
  }
}

import { secondsBetween, type EpochMs, type Seconds } from '../units.ts'

/**
 * What a backend honours: two requests with the same key are performed once, and the second gets the answer of the first.
 * It is a convention and no standard: the draft has expired, and backends differ in the field's name and form.
 */
export interface Idempotency {
  /** The name of the field. */
  readonly field: string
  /** `'string'`: in quotes, as the draft has it (an RFC 9651 string). `'plain'`: as it is. */
  readonly form: 'string' | 'plain'
  /** How long the backend knows a key. `Infinity`: always. */
  readonly keepsFor: Seconds
}

/**
 * The field that a write is sent with.
 *
 * @param key printable ASCII, such as a UUID: the same at every attempt.
 * @see draft-ietf-httpapi-idempotency-key-header-07 §2.1; RFC 9651 §3.3.3
 */
export const idempotencyField = ({ field, form }: Idempotency, key: string): readonly [name: string, value: string] => [
  field,
  form === 'plain' ? key : `"${key.replace(/["\\]/g, '\\$&')}"`,
]

/**
 * Whether the backend still knows the key of a write: after that another attempt would be a second write. A clock that was
 * set back cannot tell.
 *
 * @param firstSentAtMs when it was sent first; undefined: never, so there is nothing to know.
 */
export const isKeyKnown = ({ keepsFor }: Idempotency, firstSentAtMs: EpochMs | undefined, now: EpochMs): boolean =>
  firstSentAtMs === undefined ||
  keepsFor === Infinity ||
  (now >= firstSentAtMs && secondsBetween(firstSentAtMs, now) < keepsFor)

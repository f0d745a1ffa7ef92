import { parseItem } from 'structured-headers'
import { SyncProblem } from '../sync/answers.ts'

const MOST_CHARACTERS = 255

/**
 * The key of a request. Clients write it as a text in quotes, as the draft has it, or as it is: `"8e03"` and `8e03` are the same
 * key. Undefined: the request has none.
 *
 * @param value of the field.
 * @throws SyncProblem 400, for what is no key.
 * @see draft-ietf-httpapi-idempotency-key-header-07 §2.1 (expired: a convention, and no standard); RFC 9651 §3.3.3
 */
export function keyOf(value: string | null, field: string): string | undefined {
  if (value === null) return undefined
  const key = value.startsWith('"') ? quoted(value) : value
  if (!isKey(key))
    throw new SyncProblem(400, `${field}: expected one key of 1 to ${MOST_CHARACTERS} visible characters of ASCII.`)
  return key
}

/** Whether a text can be a key. Two fields of a request are one with a comma and a space in it. */
export const isKey = (text: string): boolean => text.length <= MOST_CHARACTERS && /^[!-+\--~]+$/.test(text)

/** The text in quotes; empty for anything else. */
function quoted(value: string): string {
  try {
    const [text] = parseItem(value)
    return typeof text === 'string' ? text : ''
  } catch {
    return ''
  }
}

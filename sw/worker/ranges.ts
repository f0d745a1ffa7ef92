import { combines, contentRange, joined } from '../core/range.ts'
import type { Row } from '../core/row.ts'
import { mergedFields, sameValidator } from '../core/validation.ts'
import type { Bodies } from './bodies.ts'

/** A response as it came, or as it is to be kept. */
export interface Received {
  readonly status: number
  readonly fields: ReadonlyMap<string, string>
  readonly body: ArrayBuffer
}

/** What is stored holds as it is, but for its fields. */
interface Confirmed {
  readonly confirmed: Row
}

/**
 * A part that has come, joined to what is stored of the same where they touch; undefined where it makes no sense.
 *
 * @see RFC 9111 §3.3, §3.4
 */
export async function join(
  came: Received,
  previous: Row | undefined,
  bodies: Bodies,
): Promise<Received | Confirmed | undefined> {
  const part = contentRange(came.fields)
  // Fields that do not describe the bytes that came describe nothing.
  if (part === undefined || part.last - part.first + 1 !== came.body.byteLength) return undefined
  if (previous?.status === 200 && sameValidator(previous.fields, came.fields) === true) {
    // A part of what is stored as a whole: its fields are news, its bytes are not.
    const fields = mergedFields(previous.fields, came.fields)
    fields.delete('content-range')
    return { confirmed: { ...previous, fields } }
  }
  const stored = previous && combines(previous.fields, came.fields) ? previous : undefined
  const known = stored && contentRange(stored.fields)
  const bytes = stored && (await bytesOf(stored, bodies))
  // Another answer may have taken its place meanwhile, and its body with it: then what came stands alone.
  const isWhole = known !== undefined && bytes?.byteLength === known.last - known.first + 1
  const all = joined(isWhole ? known : part, isWhole ? bytes : came.body, part, came.body)
  const fields = new Map(came.fields)
  if (all.contentRange !== undefined) fields.set('content-range', all.contentRange)
  else fields.delete('content-range')
  return { status: all.contentRange === undefined ? 200 : 206, fields, body: all.bytes }
}

async function bytesOf({ body }: Row, bodies: Bodies): Promise<ArrayBuffer | undefined> {
  const stored = await bodies.get(body)
  return stored && new Response(stored).arrayBuffer()
}

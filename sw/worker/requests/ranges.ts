import { covers, partOf } from '../../core/conditional.ts'
import type { RequestHead } from '../../core/head.ts'
import { combines, contentRange, joined } from '../../core/range.ts'
import type { Row } from '../../core/row.ts'
import { mergedFields, sameValidator } from '../../core/validation.ts'
import { headersOf, withCacheStatus, type storedAnswer } from '../../fetch/answer.ts'
import { bodyOf } from '../store/bodies.ts'

/** Parts of answers (`Range: bytes=…`). Part of a worker one of whose rules has `ranges`. */
export interface Ranges {
  /** Whether a stored response has what a request asks for; without this part of the worker, a part never does. */
  covers(row: Row, request: RequestHead): boolean
  /** As `storedAnswer`, where a part is asked for; undefined where none is. */
  answer(...stored: Parameters<typeof storedAnswer>): Response | undefined
  /**
   * A part that has come, joined to what is stored of the same where they touch; undefined where it makes no sense.
   *
   * @see RFC 9111 §3.3, §3.4
   */
  join(came: Received, previous: Row | undefined): Promise<Received | Confirmed | undefined>
}

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

export const ranges: Ranges = { covers, answer, join }

function answer(...[head, row, body, age, how]: Parameters<typeof storedAnswer>): Response | undefined {
  const form = partOf(head, row)
  if (form === undefined) return undefined
  if (form.kind === 'unsatisfiable') {
    const headers = headersOf(row, age)
    headers.set('content-range', `bytes */${form.total}`)
    return withCacheStatus({ status: 416, statusText: 'Range Not Satisfiable' }, headers, null, how)
  }
  const { first, last, offset, total } = form
  const headers = headersOf(row, age, last - first + 1)
  headers.set('content-range', `bytes ${first}-${last}/${total ?? '*'}`)
  const part = body?.slice(offset, offset + last - first + 1)
  return withCacheStatus({ status: 206, statusText: 'Partial Content' }, headers, part, how)
}

async function join(came: Received, previous: Row | undefined): Promise<Received | Confirmed | undefined> {
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
  const bytes = stored && (await bytesOf(stored))
  // Another answer may have taken its place meanwhile, and its body with it: then what came stands alone.
  const isWhole = known !== undefined && bytes?.byteLength === known.last - known.first + 1
  const all = joined(isWhole ? known : part, isWhole ? bytes : came.body, part, came.body)
  const fields = new Map(came.fields)
  if (all.contentRange !== undefined) fields.set('content-range', all.contentRange)
  else fields.delete('content-range')
  return { status: all.contentRange === undefined ? 200 : 206, fields, body: all.bytes }
}

async function bytesOf(row: Row): Promise<ArrayBuffer | undefined> {
  const stored = bodyOf(row)
  return stored && new Response(stored).arrayBuffer()
}

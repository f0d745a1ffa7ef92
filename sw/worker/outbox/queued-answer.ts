import type { QueueRule } from '../../../config/language/index.ts'
import { concernedBy } from '../../core/outbox/concerned.ts'
import { isObject, jsonIn, type JsonObject } from '../../core/outbox/json.ts'
import { changeOf, foldRow, type RowChange } from '../../core/outbox/row-change.ts'
import type { DoneRecord, WriteRecord } from './write-record.ts'

/** Names the write by its place: the answer is the layer's, and the origin does not have the write yet. */
export const OUTBOX_FIELD = 'freshlayer-outbox'

/** What a queued write does to its row, as far as its request says so. */
export function changeOfWrite(
  write: WriteRecord,
  body: ArrayBuffer | undefined,
  queue: QueueRule,
): RowChange | undefined {
  const { method, fields, id = '', target } = write
  const { idMember, entity } = queue
  const type = new Map(fields).get('content-type')
  return changeOf({ method, type, body: jsonOf(body), id, idMember, target, entity })
}

/** The JSON of a body; undefined: it has none. */
const jsonOf = (body: ArrayBuffer | undefined): unknown => jsonIn(body && new TextDecoder().decode(body))

/**
 * What the page gets in place of the origin's answer, in the form that an app expects: for a create what it sent with its
 * temporary id, for a change the row with it, for a deletion nothing.
 *
 * @param shown the row as the page sees it without this write; undefined: it is not known.
 */
export function queuedAnswer(
  write: WriteRecord,
  body: ArrayBuffer | undefined,
  shown: JsonObject | undefined,
  queue: QueueRule,
): Response {
  const { place, method, url, target, id } = write
  const headers = new Headers({ [OUTBOX_FIELD]: String(place), 'cache-control': 'no-store' })
  if (method === 'DELETE') return new Response(null, { status: 204, headers })
  const item = write.mints === undefined || id === undefined ? undefined : concernedBy(url, target, id)?.item
  if (item !== undefined) headers.set('location', item)
  headers.set('content-type', 'application/json')
  const change = changeOfWrite(write, body, queue)
  const sent = jsonOf(body)
  const row = change && (foldRow(shown, [change]) ?? rowOf(change, id, queue.idMember))
  // A form says nothing of a row, and its app wants the id all the same.
  const other = write.mints === undefined ? {} : { [queue.idMember]: write.mints }
  return Response.json(row === undefined ? (sent ?? other) : wrapped(row, sent, change, queue), {
    status: queue.status,
    headers,
  })
}

/** A row of which nothing is known but its change. */
function rowOf(change: RowChange, id: string | undefined, idMember: string): JsonObject | undefined {
  switch (change.kind) {
    case 'create':
    case 'replace':
      return change.row
    case 'assign':
      return { ...(id !== undefined && { [idMember]: id }), ...change.members }
    case 'merge':
      return { ...(id !== undefined && { [idMember]: id }), ...change.patch }
    case 'delete':
      return undefined
  }
}

/** The row as the request had it: a backend that takes `{ product: { … } }` gives such a thing, too. */
function wrapped(row: JsonObject, sent: unknown, change: RowChange | undefined, { entity }: QueueRule): JsonObject {
  const [name, ...others] = isObject(sent) ? Object.keys(sent) : []
  const isWrapped = name !== undefined && others.length === 0 && (name === entity || name === 'data')
  const inner = isWrapped && isObject(sent) ? sent[name] : undefined
  return isWrapped && isObject(inner) && change !== undefined ? { [name]: row } : row
}

/** The origin's answer to an acknowledged write, once more. */
export const answerAgain = ({ status, fields, answer }: DoneRecord): Response =>
  new Response([204, 205].includes(status) ? null : (answer ?? null), {
    status,
    headers: fields
      .filter(([name]) => name !== 'content-encoding' && name !== 'content-length')
      .map(([...pair]) => pair),
  })

/** The row that an answer gives, wrapped or not; undefined: it gives none. */
export const rowIn = (text: string, idMember: string, entity: string | undefined): JsonObject | undefined =>
  rowOfAnswer(jsonIn(text), idMember, entity)

/** The same of its JSON. */
export function rowOfAnswer(value: unknown, idMember: string, entity: string | undefined): JsonObject | undefined {
  if (!isObject(value)) return undefined
  return [value, value['data'], entity === undefined ? undefined : value[entity]]
    .filter(isObject)
    .find((each) => Object.hasOwn(each, idMember))
}

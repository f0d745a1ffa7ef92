import { memberOf } from '../../core/collections/member.ts'
import { parsedJson } from '../../core/outbox/json.ts'
import { listShapeOf } from '../../core/outbox/list-shape.ts'
import { changeOf } from '../../core/outbox/row-change.ts'
import { alikeBefore } from '../../core/outbox/witness.ts'
import type { Row } from '../../core/row.ts'
import { bodyOf } from '../store/bodies.ts'

/** A create that is about to be sent. */
interface Create {
  readonly body: ArrayBuffer | undefined
  readonly type: string | undefined
  readonly idMember: string
  /** Of its rule's witness. */
  readonly compared: readonly string[] | undefined
  readonly entity: string | undefined
}

type Stored = Pick<Row, 'fields' | 'status' | 'url' | 'body'>

/** The rows of a stored list; undefined: it is a part, or none. Never rejects. */
export async function wholeRows(stored: Stored): Promise<readonly unknown[] | undefined> {
  const text = await new Response(bodyOf(stored)).text().catch(() => undefined)
  const parsed = text === undefined ? 'invalid' : parsedJson(text)
  if (parsed === 'invalid') return undefined
  const { value } = parsed
  const mark = stored.url.indexOf('?')
  const { status, fields } = stored
  const shape = listShapeOf(value, { status, fields, search: mark < 0 ? '' : stored.url.slice(mark + 1) })
  const rows = shape?.isWhole === true ? memberOf(value, shape.rows) : undefined
  return Array.isArray(rows) ? (rows as readonly unknown[]) : undefined
}

/** The ids of the rows that a list has already and that may be taken for a create; undefined: what is sent is no row. */
export function alikeAmong(
  rows: readonly unknown[],
  { body, type, idMember, compared, entity }: Create,
): readonly string[] | undefined {
  const sent = body === undefined ? 'invalid' : parsedJson(new TextDecoder().decode(body))
  if (sent === 'invalid') return undefined
  const change = changeOf({ method: 'POST', type, body: sent.value, id: '', idMember, target: 'list', entity })
  return change?.kind === 'create' ? alikeBefore({ sent: change.row, compared, idMember }, rows) : undefined
}

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

/**
 * The ids of the rows that the stored list of a create has already and that may be taken for it; undefined: it is not known,
 * because the stored list is a part, or none. Never rejects.
 */
export async function alikeIn(
  stored: Pick<Row, 'fields' | 'status' | 'url' | 'body'>,
  { body, type, idMember, compared, entity }: Create,
): Promise<readonly string[] | undefined> {
  const text = await new Response(bodyOf(stored)).text().catch(() => undefined)
  const parsed = text === undefined ? 'invalid' : parsedJson(text)
  const sent = body === undefined ? 'invalid' : parsedJson(new TextDecoder().decode(body))
  if (parsed === 'invalid' || sent === 'invalid') return undefined
  const { value } = parsed
  const mark = stored.url.indexOf('?')
  const { status, fields } = stored
  const shape = listShapeOf(value, { status, fields, search: mark < 0 ? '' : stored.url.slice(mark + 1) })
  const rows = shape?.isWhole === true ? memberOf(value, shape.rows) : undefined
  const change = changeOf({ method: 'POST', type, body: sent.value, id: '', idMember, target: 'list', entity })
  return Array.isArray(rows) && change?.kind === 'create'
    ? alikeBefore({ sent: change.row, compared, idMember }, rows)
    : undefined
}

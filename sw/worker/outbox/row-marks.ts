import { memberOf } from '../../core/collections/member.ts'
import { idOf } from '../../core/collections/row.ts'
import { isObject } from '../../core/outbox/json.ts'
import type { IdOf } from '../../core/outbox/temporary-ids.ts'
import type { Showing } from './pending-writes.ts'
import { idBy } from './queued-write.ts'

/** What is marked in an answer. */
interface Marked {
  /** What the page reads. */
  readonly value: unknown
  /** What was there before the writes were folded over it. */
  readonly base: unknown
  /** Where the rows of a list are, or the item. Undefined: that is not known. */
  readonly path: readonly string[] | undefined
  readonly isList: boolean
  readonly idMember: string
  readonly found: readonly Showing[]
  readonly idFor: IdOf
  /** When the base was received: milliseconds since 1970. */
  readonly receivedAtMs: number
}

/** Rows that the user has deleted are told up to this length. Characters. */
const MOST_DELETED = 32_768

interface Mark {
  isDirty: boolean
  isDeleted: boolean
  /** It is not known at the origin. */
  isNew: boolean
  atMs: number | null
}

/**
 * Which rows of an answer the device has changed, as the text of a field: the app's own `fetch` gets the body without it, and the tab
 * client puts it on the rows. Undefined: none is changed.
 *
 * ```
 * { "at": ["data"], "rows": [[3, 1764500000000, 1]], "deleted": [[{ "id": 7 }, 1764500000000]] }
 * ```
 */
export function rowMarks({
  value,
  base,
  path,
  isList,
  idMember,
  found,
  idFor,
  receivedAtMs,
}: Marked): string | undefined {
  const marks = new Map<string, Mark>()
  for (const { kind, write } of found) {
    if (kind === 'whole') continue
    const { done, mints, method, to } = write
    const id = idBy(write, idFor)
    const mark = marks.get(id) ?? { isDirty: false, isDeleted: false, isNew: false, atMs: receivedAtMs }
    marks.set(id, mark)
    mark.isDirty ||= done === undefined
    mark.isNew ||= mints !== undefined && done === undefined
    mark.isDeleted = method === 'DELETE' && to.target === 'row'
    mark.atMs = mark.isNew ? null : Math.max(mark.atMs ?? 0, done?.at ?? 0)
  }
  if (path === undefined || marks.size === 0) return undefined
  const rowsOf = (of: unknown): readonly unknown[] => {
    const at = memberOf(of, path)
    return isList ? (Array.isArray(at) ? (at as readonly unknown[]) : []) : [at]
  }
  const markOf = (row: unknown): Mark | undefined => {
    const id = isObject(row) ? idOf(row[idMember]) : undefined
    return id === undefined ? undefined : marks.get(id)
  }
  const rows = rowsOf(value).flatMap((row, at) => {
    const mark = markOf(row)
    return mark === undefined ? [] : [[at, mark.atMs, Number(mark.isDirty)]]
  })
  let left = MOST_DELETED
  const deleted = rowsOf(base).flatMap((row) => {
    const mark = markOf(row)
    if (mark?.isDeleted !== true || !mark.isDirty) return []
    left -= JSON.stringify(row).length
    return left < 0 ? [] : [[row, mark.atMs]]
  })
  return rows.length + deleted.length === 0 ? undefined : ascii(JSON.stringify({ at: path, isList, rows, deleted }))
}

/** JSON that a field can hold: what is beyond ASCII stands in texts alone. */
const ascii = (json: string): string =>
  json.replace(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

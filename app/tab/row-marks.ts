/**
 * What a row carries that this device has changed, in the data of `observe()` and the hooks. The members are not enumerable: a
 * copy, JSON and a strict parser are without them, so that they are never sent by mistake. A member of the row's own stays.
 */
export interface RowMarks {
  /** The origin does not have the row as it is shown. */
  readonly isDirty: boolean
  /** The user has deleted it. Such rows are in `deleted`, and nowhere else. */
  readonly isDeleted: boolean
  /** When this device and the origin last agreed on it: milliseconds since 1970. Null: never, for it was made here. */
  readonly lastSyncedAt: number | null
}

/** Marks the rows of a body, as a field of its answer says. Returns the rows that the user has deleted. */
export function markRows(body: unknown, field: string): readonly unknown[] {
  try {
    const { at, isList, rows, deleted } = JSON.parse(field) as Marks
    let found = body as Record<string | number, unknown> | undefined
    for (const name of at) found = found?.[name] as typeof found
    for (const [index, lastSyncedAt, isDirty] of rows)
      mark(isList ? found?.[index] : found, { isDirty: isDirty > 0, isDeleted: false, lastSyncedAt })
    return deleted.map(([row, lastSyncedAt]) => mark(row, { isDirty: true, isDeleted: true, lastSyncedAt }))
  } catch {
    // It is not the worker's.
    return []
  }
}

interface Marks {
  readonly at: readonly string[]
  readonly isList: boolean
  readonly rows: readonly (readonly [index: number, lastSyncedAt: number | null, isDirty: number])[]
  readonly deleted: readonly (readonly [row: unknown, lastSyncedAt: number | null])[]
}

function mark(row: unknown, marks: RowMarks): unknown {
  if (typeof row === 'object' && row !== null)
    for (const [name, value] of Object.entries(marks))
      if (!(name in row)) Object.defineProperty(row, name, { value, configurable: true, writable: true })
  return row
}

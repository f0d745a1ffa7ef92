import type { AcknowledgedRecord, LocalRecord, OverruledRecord, RecordAdapter } from './adapter.ts'
import { isSameRecord } from './same-fields.ts'

export interface Row {
  fields: Record<string, unknown>
  isDirty: boolean
  isDeleted: boolean
  lastSyncedAt: number | null
}

/** A local store, as an app has one: it stays when its page is closed. */
export class LocalStore implements RecordAdapter<'product'> {
  readonly rows = new Map<string, Row>()
  /** What was called, in order. */
  readonly calls: string[] = []
  /** What throws when it is called next. */
  readonly faults: string[] = []
  readonly acknowledged: AcknowledgedRecord[] = []
  readonly applied: OverruledRecord[] = []

  edit(id: string, fields: Record<string, unknown>): void {
    const before = this.rows.get(id)
    this.rows.set(id, {
      fields: { ...before?.fields, ...fields },
      isDirty: true,
      isDeleted: false,
      lastSyncedAt: before?.lastSyncedAt ?? null,
    })
  }

  delete(id: string): void {
    const row = this.rows.get(id)
    if (row !== undefined) Object.assign(row, { isDirty: true, isDeleted: true })
  }

  get dirty(): string[] {
    return [...this.rows].filter(([, { isDirty }]) => isDirty).map(([id]) => id)
  }

  async listDirty(_: 'product', { after, limit }: { after: string | undefined; limit: number }) {
    this.#called('listDirty')
    const ids = this.dirty.toSorted()
    const from = after === undefined ? 0 : ids.findIndex((id) => id > after)
    return (from < 0 ? [] : ids.slice(from, from + limit)).map((id) => ({
      id,
      isDeleted: this.rows.get(id)?.isDeleted,
    }))
  }

  async read(_: 'product', id: string): Promise<LocalRecord | undefined> {
    this.#called('read')
    const row = this.rows.get(id)
    return row && { fields: row.fields, isNew: row.lastSyncedAt === null, isDeleted: row.isDeleted }
  }

  async acknowledge(record: AcknowledgedRecord): Promise<void> {
    this.#called('acknowledge')
    this.acknowledged.push(record)
    const { id, newId = id, sent, row: theirs, syncedAt } = record
    const row = this.rows.get(id)
    if (row === undefined) return
    row.lastSyncedAt = syncedAt
    const isSame = sent === undefined ? row.isDeleted : !row.isDeleted && isSameRecord(row.fields, sent)
    if (isSame && row.isDeleted) return void this.rows.delete(id)
    if (isSame) Object.assign(row, { isDirty: false, fields: { ...row.fields, ...theirs } })
    this.rows.delete(id)
    this.rows.set(newId, row)
  }

  async apply(record: OverruledRecord): Promise<void> {
    this.#called('apply')
    this.applied.push(record)
    const { id, row: theirs, syncedAt } = record
    const row = this.rows.get(id)
    if (theirs === null) this.rows.delete(id)
    else if (row !== undefined)
      Object.assign(row, { isDirty: false, fields: theirs ?? row.fields, lastSyncedAt: syncedAt })
  }

  #called(name: string): void {
    this.calls.push(name)
    if (this.faults[0] !== name) return
    this.faults.shift()
    throw new Error(`${name} has failed`)
  }
}

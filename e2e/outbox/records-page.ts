import { connect } from '../../app/tab/index.ts'
import { isSameRecord, joinRecords, type RecordAdapter, type Records } from '../../app/tab/records/index.ts'
import rules from './rules-of-records.ts'

/** A product of the device. */
export interface LocalProduct {
  readonly id: string
  readonly name: string
  /** What the user wanted last of it. */
  readonly intent: string
  readonly isDirty: boolean
  readonly isDeleted: boolean
  readonly lastSyncedAt: number | null
}

declare global {
  interface Window {
    records: Records<'product'>
    recordsLayer: ReturnType<typeof connect>
    /** The user makes or edits a product on the device. Settles once that is on disk. */
    edit: (id: string, name: string, intent: string) => Promise<void>
    drop: (id: string) => Promise<void>
    localProducts: () => Promise<LocalProduct[]>
  }
}

// An app that works on a store of its own, as with Dexie: nothing of it knows that there is a network.

const opening = indexedDB.open('shop', 1)
opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('products', { keyPath: 'id' }))
const database = done(opening)

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('the database has failed')))
  })
}

/** One transaction, on disk when it settles. */
async function change<T>(work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
  const transaction = (await database).transaction('products', 'readwrite', { durability: 'strict' })
  const ended = new Promise((resolve, reject) => {
    transaction.addEventListener('complete', resolve)
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('it was aborted')))
  })
  const given = await work(transaction.objectStore('products'))
  await ended
  return given
}

const all = async (): Promise<LocalProduct[]> =>
  done<LocalProduct[]>((await database).transaction('products').objectStore('products').getAll())

const find = (store: IDBObjectStore, id: string): Promise<LocalProduct | undefined> =>
  done<LocalProduct | undefined>(store.get(id))

const fieldsOf = ({ name, intent }: LocalProduct) => ({ name, intent })

/** So many rows are read at once. */
const READ_AT_ONCE = 500

async function* rowsAfter(id: string): AsyncGenerator<LocalProduct[]> {
  for (let after = id; ;) {
    const store = (await database).transaction('products').objectStore('products')
    const rows = await done<LocalProduct[]>(store.getAll(IDBKeyRange.lowerBound(after, true), READ_AT_ONCE))
    yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < READ_AT_ONCE) return
    after = last.id
  }
}

const adapter: RecordAdapter<'product'> = {
  listDirty: async (_, { after = '', limit }) => {
    const dirty: LocalProduct[] = []
    for await (const rows of rowsAfter(after)) {
      dirty.push(...rows.filter(({ isDirty }) => isDirty))
      if (dirty.length >= limit) break
    }
    return dirty.slice(0, limit)
  },
  read: async (_, id) => {
    const row = await find((await database).transaction('products').objectStore('products'), id)
    return row && { fields: fieldsOf(row), isNew: row.lastSyncedAt === null, isDeleted: row.isDeleted }
  },
  acknowledge: ({ id, newId = id, sent, syncedAt }) =>
    change(async (store) => {
      const row = await find(store, id)
      if (row === undefined) return
      store.delete(id)
      if (sent === undefined && row.isDeleted) return
      const isSame = !row.isDeleted && isSameRecord(fieldsOf(row), sent)
      store.put({ ...row, id: newId, lastSyncedAt: sent === undefined ? null : syncedAt, isDirty: !isSame })
    }),
  apply: ({ id }) => change(async (store) => void store.delete(id)),
}

window.edit = async (id, name, intent) => {
  await change(async (store) => {
    const row = await find(store, id)
    const { lastSyncedAt = null } = row ?? {}
    store.put({ id, name, intent, isDirty: true, isDeleted: false, lastSyncedAt } satisfies LocalProduct)
  })
  await window.records.markDirty('product', id)
}
window.drop = async (id) => {
  await change(async (store) => {
    const row = await find(store, id)
    if (row !== undefined) store.put({ ...row, isDirty: true, isDeleted: true })
  })
  await window.records.markDeleted('product', id)
}
window.localProducts = all
window.recordsLayer = connect()
window.records = joinRecords(window.recordsLayer, { rules, adapter })

import type { Change, LoggedChange } from '../core/change.ts'
import type { Meta, Transactions } from './ledger-record.ts'
import { changeKey, CHANGES, META, under } from './records.ts'
import { promisifyRequest } from './store.ts'

/** Writes the next entry of the change log, in the transaction of what it tells of. */
export function log(store: IDBObjectStore, meta: Meta, change: Change | undefined): LoggedChange | undefined {
  if (change === undefined) return undefined
  const logged = { ...change, logId: meta.logId, position: ++meta.position }
  store.put(logged, changeKey(logged.position))
  return logged
}

/** From where on somebody wants to hear the log, given which log it is. */
export type From = { readonly position: number } | { readonly sinceMs: number } | 'reset'

/** The change log after a position; 'reset' when it does not reach back that far, or is another log. */
export async function missed(
  ledger: Transactions,
  wanted: (logId: string) => From,
): Promise<{ logId: string; position: number; missed: LoggedChange[] | 'reset' }> {
  await ledger.begin()
  const [{ logId, position }, changes] = await ledger.read((store) =>
    Promise.all([
      promisifyRequest<Meta>(store.get(META)),
      promisifyRequest<LoggedChange[]>(store.getAll(under(CHANGES))),
    ]),
  )
  const from = wanted(logId)
  if (from === 'reset') return { logId, position, missed: from }
  if ('sinceMs' in from) return { logId, position, missed: changes.filter(({ atMs }) => atMs >= from.sinceMs) }
  const oldest = changes[0]?.position ?? position + 1
  if (from.position > position || from.position < oldest - 1) return { logId, position, missed: 'reset' }
  return { logId, position, missed: changes.filter((change) => change.position > from.position) }
}

/** Removes entries of the log, which is bounded: it is looked at as a whole. */
export async function forgetChanges(store: IDBObjectStore, isGone: (change: LoggedChange) => boolean): Promise<void> {
  for (const change of await promisifyRequest<LoggedChange[]>(store.getAll(under(CHANGES)))) {
    if (isGone(change)) store.delete(changeKey(change.position))
  }
}

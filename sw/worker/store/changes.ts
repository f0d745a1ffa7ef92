import type { Change, LoggedChange } from '../../core/change.ts'
import { isLogged } from '../../protocol.ts'
import type { Meta, Transactions } from './ledger-record.ts'
import { changeKey, CHANGES, entriesOf } from './records.ts'

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
  // Where the database is gone this makes it anew, and with it a log that the tab can follow.
  const { logId, position, changes } = await ledger.write(async ({ store, meta }) => ({
    logId: meta.logId,
    position: meta.position,
    changes: (await entriesOf(store, CHANGES)).flatMap(([, change]) => (isLogged(change) ? [change] : [])),
  }))
  const from = wanted(logId)
  if (from === 'reset') return { logId, position, missed: from }
  if ('sinceMs' in from) return { logId, position, missed: changes.filter(({ atMs }) => atMs >= from.sinceMs) }
  const oldest = changes[0]?.position ?? position + 1
  if (from.position > position || from.position < oldest - 1) return { logId, position, missed: 'reset' }
  return { logId, position, missed: changes.filter((change) => change.position > from.position) }
}

/** Removes entries of the log, and what is none. It is bounded, so it is looked at as a whole. */
export async function forgetChanges(store: IDBObjectStore, isGone: (change: LoggedChange) => boolean): Promise<void> {
  for (const [key, change] of await entriesOf(store, CHANGES)) {
    if (!isLogged(change) || isGone(change)) store.delete(key)
  }
}

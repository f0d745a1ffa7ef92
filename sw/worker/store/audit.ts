import { parseRow, type Row } from '../../core/row.ts'
import { type Sequence, sequence } from '../../core/sequence.ts'
import { type EpochMs, epochMs } from '../../core/units.ts'
import type { Bodies } from './bodies.ts'
import { forgetChanges } from './changes.ts'
import { now } from '../clock.ts'
import type { Ledger } from './ledger.ts'
import { parseMeta } from './ledger-record.ts'
import { MARKS, META, recordsUnder, rowKey, ROWS } from './records.ts'
import { report } from '../report.ts'
import { promisifyRequest } from './store.ts'
import { disorder, leave, tidyOrder } from './lru.ts'

interface Ports {
  readonly ledger: Ledger
  readonly bodies: Bodies
}

/** The change log holds so many changes, and none older than a day: a tab that slept longer starts anew. */
const MAX_CHANGES = 1000
const MAX_CHANGE_AGE_MS = 86_400_000

/**
 * Looks at everything that is stored. What no longer matters goes: rows that are expired, marks older than every other row,
 * old changes. What is not as it should be is put right, and said: rows that cannot be read, rows without a body, bodies
 * without a row, an order of use that is not that of the rows. For idle time: it reads some records at a time, the keys
 * alone all at once, and writes once.
 *
 * @param isExpired whether a row is of no more use, given when the origin was last heard.
 */
export async function audit(
  { ledger, bodies }: Ports,
  isExpired: (row: Row, heardAtMs: EpochMs) => boolean,
): Promise<void> {
  await ledger.begin()
  const unnamed = new Set(await bodies.urls())
  let heardAtMs = epochMs(0)
  await ledger.each(({ receivedAtMs }) => void (heardAtMs = receivedAtMs > heardAtMs ? receivedAtMs : heardAtMs))

  // What is in the air has no row yet: a request of this worker, or of one that this one is replacing, may be as old as
  // the incarnation before its first, so no mark from then on is forgotten (I2).
  let oldest = sequence(Math.max(0, ledger.first - 1), 0)
  /** By key, with the sequence that was seen there; undefined: what is there cannot be read. */
  const gone = new Map<string, Sequence | undefined>()
  let unreadable = 0
  let bodiless = 0
  const expired: Row[] = []
  for await (const [key, record] of recordsUnder(ledger, ROWS)) {
    const parsed = parseRow(record)
    const row = parsed && rowKey(parsed) === key ? parsed : undefined
    if (row === undefined) {
      gone.set(key, parsed?.sequence)
      unreadable++
    } else if (isExpired(row, heardAtMs)) {
      gone.set(key, row.sequence)
      expired.push(row)
    } else if ('url' in row.body && !unnamed.has(row.body.url) && !(await bodies.has(row.body))) {
      gone.set(key, row.sequence)
      bodiless++
    } else if (row.sequence < oldest) oldest = row.sequence
    if (row !== undefined && 'url' in row.body) unnamed.delete(row.body.url)
  }
  const oldestMs = now() - MAX_CHANGE_AGE_MS
  const looksOrdered = await ledger.read(async (store) => {
    const meta = parseMeta(await promisifyRequest<unknown>(store.get(META)))
    return meta !== undefined && (await disorder(store, meta)) === undefined
  })
  const misplaced = await ledger.write(async ({ store, meta }) => {
    for (const [key, seen] of gone) {
      const row = parseRow(await promisifyRequest<unknown>(store.get(key)))
      // Something newer has come meanwhile.
      if (row?.sequence !== seen) continue
      store.delete(key)
      await leave(store, meta, key)
    }
    for (const target of ledger.invalidations.forgetBefore(oldest)) store.delete(MARKS + target)
    await forgetChanges(store, ({ position, atMs }) => position <= meta.position - MAX_CHANGES || atMs < oldestMs)
    // Whoever uses the store meanwhile waits for this: only what looked wrong is looked at again.
    const found = looksOrdered ? undefined : await disorder(store, meta)
    if (found === undefined) return 0
    await tidyOrder(store, meta, found)
    return found.strays.length + found.unplaced.length || 1
  })
  ledger.forget()
  // A body is there before its row: whoever had no row when we looked may have one now.
  if (unnamed.size > 0) await ledger.each(({ body }) => void ('url' in body && unnamed.delete(body.url)))
  // And whoever has replaced a row removes its body.
  for (const url of unnamed) if (!(await bodies.has({ url }))) unnamed.delete(url)
  await bodies.remove([...expired, ...[...unnamed].map((url) => ({ body: { url } }))])
  const repairs = [
    [unreadable, 'rows that could not be read or lay under another key, removed'],
    [bodiless, 'rows without a body, removed'],
    [unnamed.size, 'bodies without a row, removed'],
    [misplaced, 'entries in the order of use, put right'],
  ] as const
  const said = repairs.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  if (said.length > 0) report('audit', said.join('; '))
}

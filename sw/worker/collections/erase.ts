import { clearCollections } from '../store/clear-collections.ts'
import { promisifyRequest, type UseStore } from '../store/database.ts'
import { type Head, headKey, parseHead, placeOf, rowsUnder, wrapperKey } from './records.ts'

interface Kept {
  /** Whether a head is of a collection that the rules have. */
  readonly isKnown: (entity: string) => boolean
  readonly isRemoved: (of: { readonly partition: string; readonly entity: string }, head: Head) => boolean
}

/**
 * Erases what no head names any more: the rows of heads that were removed, of sets that another has replaced, and of
 * collections that the rules no longer have. The heads go first, each in a transaction of its own: a run that is under way
 * finds its head gone and stores nothing. It looks at one record of each set, and may be cut short at any point.
 */
export async function eraseLeftovers(use: UseStore, { isKnown, isRemoved }: Kept): Promise<void> {
  for (let from = ''; ;) {
    const key = await nextKey(use, from)
    if (key === undefined) return
    const place = placeOf(key)
    if (place === undefined) {
      from = `${key}\u0000`
      continue
    }
    const { partition, entity, kind, set } = place
    const of = { partition, entity }
    const isGone = await use('readwrite', async (store) => {
      const head = parseHead(await promisifyRequest<unknown>(store.get(headKey(of))))
      const isKept = head !== undefined && isKnown(entity) && !isRemoved(of, head)
      if (!isKept) for (const each of [headKey(of), wrapperKey(of)]) store.delete(each)
      await promisifyRequest(store.transaction)
      return !isKept || (set !== undefined && ![head.live?.set, head.loading?.set].includes(set))
    })
    const rows = set === undefined ? undefined : rowsUnder(of, set)
    if (isGone && rows !== undefined) await clearCollections(use, rows)
    from = kind === 'rows' && rows !== undefined ? String(rows.upper) : `${key}\u0000`
  }
}

/** The first key at or behind a place. */
const nextKey = (use: UseStore, from: string): Promise<string | undefined> =>
  use('readonly', async (store) => {
    const [key] = await promisifyRequest(store.getAllKeys(IDBKeyRange.lowerBound(from), 1))
    return key === undefined ? undefined : String(key)
  })

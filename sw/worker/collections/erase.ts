import { clearCollections } from '../store/clear-collections.ts'
import { promisifyRequest, type UseStore } from '../store/database.ts'
import { type Head, headKey, type Of, parseHead, placeOf, rowsUnder, wrapperKey } from './records.ts'

interface Kept {
  /** Whether a head is of a collection that the rules have, and was not removed. */
  readonly isKept: (of: Of, head: Head) => boolean
}

/**
 * Erases what no head names any more: the rows of heads that were removed, of sets that another has replaced, and of
 * collections that the rules no longer have or keep otherwise. The heads go first, each in a transaction of its own: a run
 * that is under way finds its head gone and stores nothing. It looks at one record of each set, and may be cut short at any
 * point.
 */
export const eraseLeftovers = (use: UseStore, { isKept }: Kept): Promise<void> =>
  eachPlace(use, async (of, set) => {
    const isGone = await use('readwrite', async (store) => {
      const head = parseHead(await promisifyRequest<unknown>(store.get(headKey(of))))
      const isHeld = head !== undefined && isKept(of, head)
      if (!isHeld) for (const each of [headKey(of), wrapperKey(of)]) store.delete(each)
      await promisifyRequest(store.transaction)
      return !isHeld || (set !== undefined && ![head.live?.set, head.loading?.set].includes(set))
    })
    if (isGone && set !== undefined) await clearCollections(use, rowsUnder(of, set))
  })

/** Looks at each collection on disk, its head and its sets of rows: at one record of each. */
export async function eachPlace(
  use: UseStore,
  see: (of: Of, set: string | undefined) => Promise<unknown>,
): Promise<void> {
  for (let from = ''; ;) {
    const key = await nextKey(use, from)
    if (key === undefined) return
    const place = placeOf(key)
    from = `${key}\u0000`
    if (place === undefined) continue
    const { partition, entity, kind, set } = place
    const of = { partition, entity }
    await see(of, set)
    if (kind === 'rows' && set !== undefined) from = String(rowsUnder(of, set).upper)
  }
}

/** The first key at or behind a place. */
const nextKey = (use: UseStore, from: string): Promise<string | undefined> =>
  use('readonly', async (store) => {
    const [key] = await promisifyRequest(store.getAllKeys(IDBKeyRange.lowerBound(from), 1))
    return key === undefined ? undefined : String(key)
  })

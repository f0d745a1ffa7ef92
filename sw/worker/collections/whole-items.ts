import { missingIn } from '../../core/collections/row.ts'
import { report } from '../report.ts'
import type { ReadContext } from '../requests/read.ts'
import type { CollectionStore } from './collection-store.ts'
import type { Named } from './named.ts'
import type { Of } from './records.ts'

/** Looks at whether an item is more than its row: then a page that shows and saves it would lose the rest. */
export function compareItem(
  collections: Pick<CollectionStore, 'find' | 'update'>,
  read: ReadContext,
  of: Of,
  { rule, id }: Named,
  response: Response,
  run: Promise<unknown>,
): void {
  if (read.head.method === 'HEAD' || !/json/i.test(response.headers.get('content-type') ?? '')) return
  const copy = response.clone()
  const work = async (): Promise<void> => {
    const item: unknown = await copy.json()
    await run
    const held = await collections.find(of, id)
    if (held?.row === undefined || held.head.hasOtherItems || !read.isTheirs()) return
    const missing = missingIn(held.row, item, rule)
    if (missing === undefined) return
    await collections.update(of, (head) => head && { ...head, hasOtherItems: true })
    report(
      `${of.entity}: items have more than the rows of /sync, so they come from the network: leave 'item' out of the collection, or have the endpoint give whole items`,
      missing,
    )
  }
  read.waitUntil(work().catch((error: unknown) => report('an item could not be compared with its row', error)))
}

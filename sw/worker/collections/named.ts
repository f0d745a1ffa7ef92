import type { CollectionRule } from '../../../config/language/index.ts'
import { normaliseEncoding } from '../../core/percent-encoding.ts'
import { worker } from '../scope.ts'

/** The collection that a URL is of. */
export interface Named {
  readonly rule: CollectionRule
  /** Of an item. Absent: it is the list. */
  readonly id?: string
}

/** The collection of which a URL is the list or an item; undefined: it is of none. A URL with a query is of none. */
export function namedBy(collections: readonly CollectionRule[], href: string): Named | undefined {
  const { origin, pathname, search } = new URL(href)
  if (origin !== worker.location.origin || search !== '') return undefined
  const path = normaliseEncoding(pathname)
  for (const rule of collections) {
    if (path === rule.list) return { rule }
    const [given] = Object.values(rule.item?.expression.exec(path)?.groups ?? {})
    const id = given === undefined ? undefined : decoded(given)
    if (id !== undefined) return { rule, id }
  }
  return undefined
}

/** The URL of an item; undefined where the rules do not say it. */
export const itemUrl = ({ item }: CollectionRule, id: string): string | undefined =>
  item &&
  new URL(
    item.path.replace(/:[a-z_]\w*/i, () => encodeURIComponent(id)),
    worker.location.origin,
  ).href

export const listUrl = ({ list }: CollectionRule): string => new URL(list, worker.location.origin).href

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

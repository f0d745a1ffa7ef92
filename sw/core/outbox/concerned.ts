import { normaliseEncoding } from '../percent-encoding.ts'
import { isWellFormed } from './json.ts'
import type { Target } from './row-change.ts'

/** The reads over which a write is folded: URLs without query, their percent-encoding in normal form. */
export interface Concerned {
  readonly list: string
  readonly item: string
}

/**
 * The list and the item that a write to one of the usual REST shapes changes: a create names the list, and its item is below
 * that; a row has its own URL, and its list above it. A slash at the end stays one. Undefined: the write has
 * another shape, or its id cannot be part of a URL.
 *
 * @param url of the write, absolute. Its query does not count.
 * @param id of the row, as the server calls it by now; of a create the temporary one, until there is another.
 */
export function concernedBy(url: string, target: Target, id: string): Concerned | undefined {
  if (!isWellFormed(id)) return undefined
  const own = normaliseEncoding(url.replace(/[?#].*$/s, ''))
  const [, path = own, slash = ''] = /^(.*?)(\/?)$/s.exec(own) ?? []
  switch (target) {
    case 'list':
      return { list: own, item: `${path}/${encodeURIComponent(id)}${slash}` }
    case 'row':
      return { list: path.replace(/\/[^/]*$/, '') + slash, item: own }
    case 'other':
      return undefined
  }
}

import type { JSX } from 'react'
import { formatNumber } from '../format.ts'
import type { Paged } from '../resources/query-keys.ts'
import { Icon } from './icon.tsx'

/** Which part of a list is shown, and the way to its neighbours. */
export function Pager({
  list,
  onPage,
}: {
  readonly list: Paged<unknown>
  readonly onPage: (page: number) => void
}): JSX.Element {
  const { page, pageSize, total, items } = list
  const first = (page - 1) * pageSize + 1
  const pages = Math.max(1, Math.ceil(total / pageSize))
  return (
    <nav className="pager" aria-label="Pages">
      <span className="pager-range">
        {total === 0 ? 'Nothing' : `${formatNumber(first)}–${formatNumber(first + items.length - 1)}`} of{' '}
        {formatNumber(total)}
      </span>
      <span className="pager-buttons">
        <button type="button" className="button" disabled={page <= 1} onClick={() => onPage(page - 1)}>
          <Icon name="back" />
          <span>Previous page</span>
        </button>
        <span className="pager-page">
          {formatNumber(page)} / {formatNumber(pages)}
        </span>
        <button type="button" className="button" disabled={page >= pages} onClick={() => onPage(page + 1)}>
          <span>Next page</span>
          <Icon name="next" />
        </button>
      </span>
    </nav>
  )
}

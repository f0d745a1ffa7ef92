import type { JSX } from 'react'
import { Link } from 'react-router'
import { formatDay, formatNumber } from '../format.ts'
import { usePurchases, type Purchase } from '../resources/purchases.ts'
import { useMoney } from '../resources/shop.ts'
import { StatusBadge } from '../ui/badges.tsx'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { Icon } from '../ui/icon.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { EmptyState, Page } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'
import { useUrlFilters } from '../ui/url-filters.ts'

export function PurchaseList(): JSX.Element {
  const filters = useUrlFilters()
  const purchases = usePurchases(filters.page)
  const money = useMoney()
  const columns: readonly Column<Purchase>[] = [
    {
      header: 'Purchase',
      cell: (purchase) => (
        <Link className="row-link" to={`/purchases/${purchase.id}`}>
          {purchase.number}
        </Link>
      ),
    },
    { header: 'Supplier', cell: (purchase) => purchase.supplier },
    { header: 'Ordered', fixed: true, cell: (purchase) => formatDay(purchase.orderedAt) },
    { header: 'Received', fixed: true, cell: (purchase) => formatDay(purchase.receivedAt) },
    { header: 'Lines', numeric: true, cell: (purchase) => formatNumber(purchase.lineCount) },
    { header: 'Total', numeric: true, cell: (purchase) => money(purchase.totalCents) },
    { header: 'Status', cell: (purchase) => <StatusBadge status={purchase.status} /> },
  ]
  return (
    <Page
      title="Purchases"
      actions={
        <>
          <RefreshButton />
          <Link className="button button-primary" to="/purchases/new">
            <Icon name="plus" />
            New purchase
          </Link>
        </>
      }
    >
      <Loaded query={purchases}>
        {(list) =>
          list.items.length === 0 ? (
            <EmptyState title="Nothing has been ordered yet." />
          ) : (
            <>
              <DataTable caption="Purchases" columns={columns} rows={list.items} rowKey={(purchase) => purchase.id} />
              <Pager list={list} onPage={filters.setPage} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

import type { JSX } from 'react'
import { Link } from 'react-router'
import { formatMoment, formatNumber } from '../format.ts'
import { useSales, type Sale } from '../resources/sales.ts'
import { useMoney } from '../resources/shop.ts'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { EmptyState, Page } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'
import { useUrlFilters } from '../ui/url-filters.ts'

export function SalesList(): JSX.Element {
  const filters = useUrlFilters()
  const sales = useSales({ page: filters.page, from: filters.get('from'), to: filters.get('to') })
  const money = useMoney()
  const columns: readonly Column<Sale>[] = [
    {
      header: 'Sale',
      cell: (sale) =>
        sale.number === undefined ? (
          <span className="badge badge-warn">Waiting</span>
        ) : (
          <Link className="row-link" to={`/sales/${sale.id}`}>
            {sale.number}
          </Link>
        ),
    },
    { header: 'When', fixed: true, cell: (sale) => formatMoment(sale.soldAt) },
    {
      header: 'Cashier',
      cell: (sale) => (
        <>
          {sale.cashierName} {sale.mine && <span className="badge badge-plain">you</span>}
        </>
      ),
    },
    { header: 'Lines', numeric: true, cell: (sale) => formatNumber(sale.lineCount) },
    { header: 'Total', numeric: true, cell: (sale) => money(sale.totalCents) },
  ]
  return (
    <Page title="Sales" actions={<RefreshButton />}>
      <div className="filters">
        <DayFilter label="From" value={filters.get('from')} onChoose={(day) => filters.set('from', day)} />
        <DayFilter label="To" value={filters.get('to')} onChoose={(day) => filters.set('to', day)} />
        {filters.any && (
          <button type="button" className="button button-quiet" onClick={filters.clear}>
            Clear filters
          </button>
        )}
      </div>
      <Loaded query={sales}>
        {(list) =>
          list.items.length === 0 ? (
            <EmptyState title="No sales in this time." />
          ) : (
            <>
              <DataTable caption="Sales" columns={columns} rows={list.items} rowKey={(sale) => sale.id} />
              <Pager list={list} onPage={filters.setPage} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

function DayFilter({
  label,
  value,
  onChoose,
}: {
  readonly label: string
  readonly value: string
  readonly onChoose: (day: string) => void
}): JSX.Element {
  return (
    <label className="filter-label">
      {label}
      <input className="input" type="date" value={value} onChange={(event) => onChoose(event.target.value)} />
    </label>
  )
}

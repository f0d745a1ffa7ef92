import type { JSX } from 'react'
import { Link } from 'react-router'
import { formatDay, formatNumber } from '../format.ts'
import { useStock, type StockLevel } from '../resources/stock.ts'
import { StockCount } from '../ui/badges.tsx'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { EmptyState, Page } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'
import { FilterSelect, SearchField } from '../ui/search-field.tsx'
import { useUrlFilters } from '../ui/url-filters.ts'

const levels = [
  { value: '', label: 'All levels' },
  { value: 'low', label: 'Low' },
  { value: 'out', label: 'Out of stock' },
]

const columns: readonly Column<StockLevel>[] = [
  {
    header: 'Product',
    cell: (item) => (
      <Link className="row-link" to={`/stock/${item.productId}`}>
        {item.name}
      </Link>
    ),
  },
  { header: 'SKU', cell: (item) => <span className="code">{item.sku}</span> },
  {
    header: 'On hand',
    numeric: true,
    cell: (item) => <StockCount value={item.onHand} reorderLevel={item.reorderLevel} />,
  },
  { header: 'Reserved', numeric: true, cell: (item) => formatNumber(item.reserved) },
  { header: 'Reorder at', numeric: true, cell: (item) => formatNumber(item.reorderLevel) },
  { header: 'Changed', fixed: true, cell: (item) => formatDay(item.updatedAt) },
]

export function StockList(): JSX.Element {
  const filters = useUrlFilters()
  const stock = useStock({ search: filters.get('search'), level: filters.get('level'), page: filters.page })
  return (
    <Page title="Stock levels" lead="Choose a product to correct its count." actions={<RefreshButton />}>
      <div className="filters">
        <SearchField
          label="Search stock"
          placeholder="Name or SKU"
          value={filters.get('search')}
          onSearch={(text) => filters.set('search', text)}
        />
        <FilterSelect
          label="Level"
          value={filters.get('level')}
          options={levels}
          onChoose={(value) => filters.set('level', value)}
        />
      </div>
      <Loaded query={stock}>
        {(list) =>
          list.items.length === 0 ? (
            <EmptyState title="No product matches." />
          ) : (
            <>
              <DataTable caption="Stock levels" columns={columns} rows={list.items} rowKey={(item) => item.productId} />
              <Pager list={list} onPage={filters.setPage} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

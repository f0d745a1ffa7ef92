import { useState, type JSX } from 'react'
import { Link } from 'react-router'
import { formatDay, formatNumber } from '../format.ts'
import { useCatalogue, type CataloguePath } from '../resources/catalogue.ts'
import { productsUrl, useProductList, type Product } from '../resources/products.ts'
import { useMoney } from '../resources/shop.ts'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { Icon } from '../ui/icon.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { EmptyState, Page } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'
import { FilterSelect, SearchField } from '../ui/search-field.tsx'
import { StatusBadge, StockCount } from '../ui/badges.tsx'
import { useUrlFilters } from '../ui/url-filters.ts'
import { QuickEdit } from './quick-edit.tsx'

const statuses = [
  { value: '', label: 'Any status' },
  { value: 'active', label: 'Active' },
  { value: 'archived', label: 'Archived' },
]

const sorts = [
  { value: '', label: 'By name' },
  { value: '-updated', label: 'Latest change first' },
  { value: 'price', label: 'Cheapest first' },
  { value: '-price', label: 'Dearest first' },
]

export function ProductList(): JSX.Element {
  const filters = useUrlFilters()
  const tag = filters.get('tag')
  const listUrl = productsUrl({
    search: filters.get('search'),
    category: filters.get('category'),
    brand: filters.get('brand'),
    status: filters.get('status'),
    tag,
    sort: filters.get('sort'),
    page: filters.page,
  })
  const products = useProductList(listUrl)
  const [editing, setEditing] = useState<Product | undefined>(undefined)
  const categories = useOptions('/api/categories', 'All categories')
  const brands = useOptions('/api/brands', 'All brands')
  const money = useMoney()
  const nameOf = (options: readonly { value: string; label: string }[], id: number): string =>
    options.find((option) => option.value === String(id))?.label ?? '–'

  const columns: readonly Column<Product>[] = [
    {
      header: 'Product',
      cell: (product) => (
        <>
          <Link className="row-link" to={`/products/${product.id}`}>
            {product.name}
          </Link>
          <small className="row-code">
            <span className="code">{product.sku}</span> · {nameOf(brands, product.brandId)}
          </small>
        </>
      ),
    },
    { header: 'Category', cell: (product) => nameOf(categories, product.categoryId) },
    { header: 'Price', numeric: true, cell: (product) => money(product.priceCents) },
    { header: 'On hand', numeric: true, cell: (product) => <StockCount value={product.onHand} /> },
    { header: 'Variants', numeric: true, cell: (product) => formatNumber(product.variantCount) },
    { header: 'Changed', fixed: true, cell: (product) => formatDay(product.updatedAt) },
    { header: 'Status', cell: (product) => <StatusBadge status={product.status} /> },
    {
      header: 'Actions',
      quiet: true,
      cell: (product) => (
        <button
          type="button"
          className="button button-small"
          aria-label={`Edit ${product.name}`}
          onClick={() => setEditing(product)}
        >
          Edit
        </button>
      ),
    },
  ]

  return (
    <Page
      title="Products"
      actions={
        <>
          <RefreshButton />
          <Link className="button button-primary" to="/products/new">
            <Icon name="plus" />
            New product
          </Link>
        </>
      }
    >
      <div className="filters">
        <SearchField
          label="Search products"
          placeholder="Name or SKU"
          value={filters.get('search')}
          onSearch={(text) => filters.set('search', text)}
        />
        <FilterSelect
          label="Category"
          value={filters.get('category')}
          options={categories}
          onChoose={(value) => filters.set('category', value)}
        />
        <FilterSelect
          label="Brand"
          value={filters.get('brand')}
          options={brands}
          onChoose={(value) => filters.set('brand', value)}
        />
        <FilterSelect
          label="Status"
          value={filters.get('status')}
          options={statuses}
          onChoose={(value) => filters.set('status', value)}
        />
        <FilterSelect
          label="Sort"
          value={filters.get('sort')}
          options={sorts}
          onChoose={(value) => filters.set('sort', value)}
        />
        {tag !== '' && <span className="tag tag-filter">Tag: {tag}</span>}
        {filters.any && (
          <button type="button" className="button button-quiet" onClick={filters.clear}>
            Clear filters
          </button>
        )}
      </div>
      <Loaded query={products}>
        {(list) =>
          list.items.length === 0 ? (
            <EmptyState title="No product matches.">Try fewer words, or clear the filters.</EmptyState>
          ) : (
            <>
              <DataTable caption="Products" columns={columns} rows={list.items} rowKey={(product) => product.id} />
              <Pager list={list} onPage={filters.setPage} />
            </>
          )
        }
      </Loaded>
      {editing !== undefined && (
        <QuickEdit key={editing.id} product={editing} listUrl={listUrl} onClose={() => setEditing(undefined)} />
      )}
    </Page>
  )
}

function useOptions(path: CataloguePath, all: string): readonly { readonly value: string; readonly label: string }[] {
  const entries = useCatalogue(path).data?.items ?? []
  return [{ value: '', label: all }, ...entries.map(({ id, name }) => ({ value: String(id), label: name }))]
}

import { useState, type JSX, type SubmitEvent } from 'react'
import { useNavigate } from 'react-router'
import { fieldErrorsOf, messageOf } from '../api-error.ts'
import { centsToInput, counted, formatNumber, parseCents } from '../format.ts'
import { useProducts, type Product } from '../resources/products.ts'
import { useOrderPurchase } from '../resources/purchases.ts'
import { useMoney } from '../resources/shop.ts'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { readText, TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Loaded, Skeleton } from '../ui/loaded.tsx'
import { EmptyState, Page, Panel } from '../ui/page.tsx'
import { SearchField } from '../ui/search-field.tsx'
import { useToasts } from '../ui/toasts.tsx'

interface DraftLine {
  readonly product: Product
  /** As typed; read when the order is sent. */
  readonly quantity: string
  readonly unitCost: string
}

export function NewPurchase(): JSX.Element {
  const [lines, setLines] = useState<readonly DraftLine[]>([])
  const order = useOrderPurchase()
  const navigate = useNavigate()
  const toasts = useToasts()
  const money = useMoney()
  const parsed = lines.map(parseLine)
  const total = parsed.reduce((sum, line) => sum + line.quantity * line.unitCostCents, 0)

  const change = (id: number, edit: Partial<DraftLine>): void =>
    setLines((before) => before.map((line) => (line.product.id === id ? { ...line, ...edit } : line)))
  const add = (product: Product): void =>
    setLines((before) =>
      before.some((line) => line.product.id === product.id)
        ? before
        : [...before, { product, quantity: '12', unitCost: centsToInput(product.costCents) }],
    )
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    order.mutate(
      { supplier: readText(new FormData(event.currentTarget), 'supplier'), lines: parsed },
      {
        onSuccess: (purchase) => {
          toasts.done(`${purchase.number} was ordered from ${purchase.supplier}`)
          void navigate(`/purchases/${purchase.id}`)
        },
      },
    )
  }

  const columns: readonly Column<DraftLine>[] = [
    { header: 'Product', cell: ({ product }) => product.name },
    {
      header: 'Quantity',
      cell: ({ product, quantity }) => (
        <input
          className="input input-short"
          type="number"
          min={1}
          step={1}
          required
          aria-label={`Quantity of ${product.name}`}
          value={quantity}
          onChange={(event) => change(product.id, { quantity: event.target.value })}
        />
      ),
    },
    {
      header: 'Unit cost',
      cell: ({ product, unitCost }) => (
        <input
          className="input input-short"
          inputMode="decimal"
          pattern="\d+([.,]\d{1,2})?"
          title="An amount such as 12.50"
          required
          aria-label={`Unit cost of ${product.name}`}
          value={unitCost}
          onChange={(event) => change(product.id, { unitCost: event.target.value })}
        />
      ),
    },
    {
      header: 'Total',
      numeric: true,
      cell: (line) => {
        const { quantity, unitCostCents } = parseLine(line)
        return money(quantity * unitCostCents)
      },
    },
    {
      header: 'Actions',
      quiet: true,
      cell: ({ product }) => (
        <button
          type="button"
          className="icon-button"
          aria-label={`Remove ${product.name}`}
          onClick={() => setLines((before) => before.filter((line) => line.product.id !== product.id))}
        >
          <Icon name="close" />
        </button>
      ),
    },
  ]

  return (
    <Page title="New purchase" back={{ to: '/purchases', label: 'Purchases' }}>
      <div className="split">
        <form onSubmit={submit}>
          <Panel title="Order">
            <TextField label="Supplier" name="supplier" required error={fieldErrorsOf(order.error)['supplier']} />
          </Panel>
          <Panel title="Lines" flush>
            {lines.length === 0 ? (
              <EmptyState title="No lines yet.">Find products and add them.</EmptyState>
            ) : (
              <DataTable caption="Lines" columns={columns} rows={lines} rowKey={(line) => line.product.id} />
            )}
          </Panel>
          {order.isError && (
            <p className="form-error" role="alert">
              {messageOf(order.error)}
            </p>
          )}
          <div className="form-actions form-actions-end">
            <span className="form-total">
              {counted(lines.length, 'line')} · <strong>{money(total)}</strong>
            </span>
            <button type="submit" className="button button-primary" disabled={order.isPending || lines.length === 0}>
              {order.isPending ? 'Ordering…' : 'Place order'}
            </button>
          </div>
        </form>
        <ProductFinder onAdd={add} />
      </div>
    </Page>
  )
}

function ProductFinder({ onAdd }: { readonly onAdd: (product: Product) => void }): JSX.Element {
  const [search, setSearch] = useState('')
  const products = useProducts({ search, status: 'active', page: 1, pageSize: 10 })
  return (
    <Panel title="Find products">
      <SearchField label="Find products" placeholder="Name or SKU" value={search} onSearch={setSearch} />
      <Loaded query={products} skeleton={<Skeleton rows={6} />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No product matches." />
          ) : (
            <ul className="finder">
              {items.map((product) => (
                <li key={product.id}>
                  <button type="button" className="finder-item" onClick={() => onAdd(product)}>
                    <span>
                      {product.name}
                      <small className="muted">{formatNumber(product.onHand)} on hand</small>
                    </span>
                    <Icon name="plus" />
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  )
}

/** A line as it would be ordered; what cannot be read yet counts as nothing. */
function parseLine({ product, quantity, unitCost }: DraftLine): {
  productId: number
  quantity: number
  unitCostCents: number
} {
  const cents = parseCents(unitCost)
  return {
    productId: product.id,
    quantity: /^\d{1,6}$/.test(quantity) ? Number(quantity) : 0,
    unitCostCents: cents === 'invalid' ? 0 : cents,
  }
}

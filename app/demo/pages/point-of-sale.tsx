import { useReducer, useState, type Dispatch, type JSX } from 'react'
import { messageOf } from '../api-error.ts'
import { counted, formatNumber } from '../format.ts'
import { useCatalogue } from '../resources/catalogue.ts'
import { useProducts } from '../resources/products.ts'
import { useRecordSale, type Payment } from '../resources/sales.ts'
import { useMoney, useSettings } from '../resources/shop.ts'
import { useSession } from '../session.ts'
import { Icon } from '../ui/icon.tsx'
import { Loaded, RefreshButton, Skeleton } from '../ui/loaded.tsx'
import { EmptyState, Page, Panel } from '../ui/page.tsx'
import { FilterSelect, SearchField } from '../ui/search-field.tsx'
import { useToasts } from '../ui/toasts.tsx'
import { cartAfter, cartTotal, taxIncluded, type CartAction, type CartLine } from './cart.ts'

export function PointOfSale(): JSX.Element {
  const [search, setSearch] = useState('')
  const [category, setCategory] = useState('')
  const [cart, dispatch] = useReducer(cartAfter, [])
  const products = useProducts({ search, category, status: 'active', page: 1, pageSize: 24 })
  const categories = useCatalogue('/api/categories').data?.items ?? []
  const money = useMoney()
  const inCart = new Map(cart.map((line) => [line.product.id, line.quantity]))

  return (
    <Page title="Point of sale" actions={<RefreshButton />}>
      <div className="pos">
        <section aria-label="Choose products">
          <div className="filters">
            <SearchField label="Search products" placeholder="Name or SKU" value={search} onSearch={setSearch} />
            <FilterSelect
              label="Category"
              value={category}
              options={[
                { value: '', label: 'All categories' },
                ...categories.map(({ id, name }) => ({ value: String(id), label: name })),
              ]}
              onChoose={setCategory}
            />
          </div>
          <Loaded query={products} skeleton={<Skeleton rows={10} />}>
            {({ items }) =>
              items.length === 0 ? (
                <EmptyState title="No product matches." />
              ) : (
                <ul className="pos-grid">
                  {items.map((product) => (
                    <li key={product.id}>
                      <button
                        type="button"
                        className="pos-product"
                        aria-label={`Add ${product.name}, ${money(product.priceCents)}`}
                        disabled={product.onHand <= 0}
                        onClick={() => dispatch({ kind: 'add', product })}
                      >
                        <span className="pos-name">{product.name}</span>
                        <span className="pos-price">{money(product.priceCents)}</span>
                        <span className="pos-stock">
                          {product.onHand <= 0 ? 'Out of stock' : `${formatNumber(product.onHand)} left`}
                        </span>
                        {inCart.has(product.id) && <span className="pos-count">{inCart.get(product.id)}</span>}
                      </button>
                    </li>
                  ))}
                </ul>
              )
            }
          </Loaded>
        </section>
        <Cart cart={cart} dispatch={dispatch} />
      </div>
      {cart.length > 0 && (
        <a className="pos-jump" href="#cart">
          <span>{counted(countOf(cart), 'item')}</span>
          <strong>{money(cartTotal(cart))}</strong>
          <span>Go to cart</span>
        </a>
      )}
    </Page>
  )
}

function Cart({
  cart,
  dispatch,
}: {
  readonly cart: readonly CartLine[]
  readonly dispatch: Dispatch<CartAction>
}): JSX.Element {
  const money = useMoney()
  const taxPercent = useSettings().data?.taxPercent
  const record = useRecordSale()
  const session = useSession()
  const cashier = session.status === 'signed-in' ? session.user.name : ''
  const toasts = useToasts()
  const total = cartTotal(cart)
  const pay = (paidBy: Payment): void => {
    const lines = cart.map(({ product, quantity }) => ({ productId: product.id, quantity }))
    const shown = { soldAt: new Date().toISOString(), cashierName: cashier, totalCents: total }
    record.mutate(
      { lines, paidBy, shown },
      {
        onSuccess: ({ number, totalCents }) => {
          toasts.done(
            number === undefined
              ? `Sale kept, ${money(total)} by ${paidBy}. It is sent when the server can be reached.`
              : `Sale ${number} recorded, ${money(totalCents)} by ${paidBy}`,
          )
          dispatch({ kind: 'clear' })
        },
      },
    )
  }
  return (
    <div className="pos-cart" id="cart" tabIndex={-1}>
      <Panel
        title="Cart"
        actions={
          cart.length > 0 && (
            <button type="button" className="button button-small" onClick={() => dispatch({ kind: 'clear' })}>
              Empty cart
            </button>
          )
        }
      >
        {cart.length === 0 ? (
          <EmptyState title="The cart is empty.">Choose a product to add it.</EmptyState>
        ) : (
          <ul className="cart-lines">
            {cart.map((line) => (
              <CartRow key={line.product.id} line={line} dispatch={dispatch} />
            ))}
          </ul>
        )}
        <div className="cart-total" aria-live="polite">
          <span>Total</span>
          <strong>{money(total)}</strong>
        </div>
        {taxPercent !== undefined && (
          <p className="cart-tax">
            {formatNumber(taxPercent)} % tax included: {money(taxIncluded(total, taxPercent))}
          </p>
        )}
        {record.isError && (
          <p className="form-error" role="alert">
            The sale was not recorded: {messageOf(record.error)}
          </p>
        )}
        <div className="pay">
          <button
            type="button"
            className="button button-primary button-large"
            disabled={cart.length === 0 || record.isPending}
            onClick={() => pay('cash')}
          >
            Pay cash
          </button>
          <button
            type="button"
            className="button button-primary button-large"
            disabled={cart.length === 0 || record.isPending}
            onClick={() => pay('card')}
          >
            Pay card
          </button>
        </div>
      </Panel>
    </div>
  )
}

function CartRow({
  line,
  dispatch,
}: {
  readonly line: CartLine
  readonly dispatch: Dispatch<CartAction>
}): JSX.Element {
  const money = useMoney()
  const { product, quantity } = line
  const set = (next: number): void => dispatch({ kind: 'set', productId: product.id, quantity: next })
  return (
    <li className="cart-line">
      <span className="cart-name">{product.name}</span>
      <span className="cart-amount">{money(quantity * product.priceCents)}</span>
      <span className="stepper" role="group" aria-label={`Quantity of ${product.name}`}>
        <button type="button" aria-label={`One ${product.name} less`} onClick={() => set(quantity - 1)}>
          <Icon name="minus" />
        </button>
        <output>{formatNumber(quantity)}</output>
        <button type="button" aria-label={`One ${product.name} more`} onClick={() => set(quantity + 1)}>
          <Icon name="plus" />
        </button>
      </span>
      <button type="button" className="icon-button" aria-label={`Remove ${product.name}`} onClick={() => set(0)}>
        <Icon name="trash" />
      </button>
    </li>
  )
}

function countOf(cart: readonly CartLine[]): number {
  return cart.reduce((sum, line) => sum + line.quantity, 0)
}

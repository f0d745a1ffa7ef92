import { useState, type JSX } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { ApiError, messageOf } from '../api-error.ts'
import type { Tagged } from '../api.ts'
import { formatMoment, formatNumber } from '../format.ts'
import {
  useDeleteProduct,
  useProduct,
  useReloadProduct,
  useSaveProduct,
  type ProductDetail,
  type ProductInput,
} from '../resources/products.ts'
import { useMoney } from '../resources/shop.ts'
import { StatusBadge, StockCount } from '../ui/badges.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Facts } from '../ui/facts.tsx'
import { Icon } from '../ui/icon.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { Page, Panel } from '../ui/page.tsx'
import { Tags } from '../ui/tags-input.tsx'
import { useToasts } from '../ui/toasts.tsx'
import { ProductForm } from './product-form.tsx'
import { Variants } from './variants.tsx'

export function ProductPage(): JSX.Element {
  const id = Number(useParams()['id'])
  const product = useProduct(id)
  const [editing, setEditing] = useState<Tagged<ProductDetail> | undefined>(undefined)
  const [deleting, setDeleting] = useState(false)
  const shown = product.data?.body
  return (
    <Page
      title={shown?.name ?? 'Product'}
      back={{ to: '/products', label: 'Products' }}
      lead={
        shown === undefined ? undefined : (
          <>
            <span className="code">{shown.sku}</span> <StatusBadge status={shown.status} />
          </>
        )
      }
      actions={
        product.data !== undefined &&
        editing === undefined && (
          <>
            <RefreshButton label="Refresh product" />
            <button type="button" className="button button-primary" onClick={() => setEditing(product.data)}>
              <Icon name="edit" />
              Edit product
            </button>
            <button type="button" className="button button-danger" onClick={() => setDeleting(true)}>
              <Icon name="trash" />
              Delete
            </button>
          </>
        )
      }
    >
      <Loaded query={product}>
        {(latest) => (
          <>
            {editing === undefined ? (
              <Details product={latest.body} />
            ) : (
              <EditProduct read={editing} onDone={() => setEditing(undefined)} onReload={setEditing} />
            )}
            <Variants productId={id} />
          </>
        )}
      </Loaded>
      {deleting && shown !== undefined && <DeleteProduct product={shown} onCancel={() => setDeleting(false)} />}
    </Page>
  )
}

function Details({ product }: { readonly product: ProductDetail }): JSX.Element {
  const money = useMoney()
  const margin = product.priceCents === 0 ? 0 : (product.priceCents - product.costCents) / product.priceCents
  return (
    <Panel title="Details">
      <Facts
        facts={[
          ['Price', money(product.priceCents)],
          ['Cost', money(product.costCents)],
          ['Margin', `${formatNumber(Math.round(margin * 100))} %`],
          [
            'On hand',
            <Link key="stock" to={`/stock/${product.id}`}>
              <StockCount value={product.onHand} /> {product.unit.symbol}
            </Link>,
          ],
          ['Category', product.category.name],
          ['Brand', product.brand.name],
          ['Unit', product.unit.name],
          ['Changed', formatMoment(product.updatedAt)],
        ]}
      />
      {product.tags.length > 0 && (
        <div className="prose">
          <Tags tags={product.tags}>{(tag) => <Link to={`/products?tag=${encodeURIComponent(tag)}`}>{tag}</Link>}</Tags>
        </div>
      )}
      <p className="prose">{product.description === '' ? 'No description yet.' : product.description}</p>
    </Panel>
  )
}

/**
 * The form edits the product as it was read when editing began, and replaces only that version. A background refetch
 * may bring a newer version, which the user has not seen.
 */
function EditProduct({
  read,
  onDone,
  onReload,
}: {
  readonly read: Tagged<ProductDetail>
  readonly onDone: () => void
  readonly onReload: (read: Tagged<ProductDetail>) => void
}): JSX.Element {
  const save = useSaveProduct(read.body.id)
  const reload = useReloadProduct(read.body.id)
  const toasts = useToasts()
  const conflict = save.error instanceof ApiError && save.error.status === 412
  const submit = (input: ProductInput): void => {
    save.mutate(
      { input, etag: read.etag },
      {
        onSuccess: (saved) => {
          toasts.done(`${saved.name} was saved`)
          onDone()
        },
      },
    )
  }
  return (
    <Panel title="Edit product">
      {conflict && (
        <div className="form-error" role="alert">
          <p>
            <strong>Somebody else changed this product while you were editing it.</strong> Nothing of yours was saved.
            Load the latest version, then make your change again.
          </p>
          <button
            type="button"
            className="button"
            disabled={reload.isPending}
            onClick={() =>
              reload.mutate(undefined, {
                onSuccess: (latest) => {
                  save.reset()
                  onReload(latest)
                },
                onError: (error) => toasts.failed('The latest version was not loaded', error),
              })
            }
          >
            {reload.isPending ? 'Loading…' : 'Load the latest version'}
          </button>
        </div>
      )}
      {save.isError && !conflict && (
        <p className="form-error" role="alert">
          {messageOf(save.error)}
        </p>
      )}
      <ProductForm
        key={read.etag ?? read.body.updatedAt}
        initial={read.body}
        error={save.error}
        busy={save.isPending}
        submitLabel="Save changes"
        onSubmit={submit}
        onCancel={onDone}
      />
    </Panel>
  )
}

function DeleteProduct({
  product,
  onCancel,
}: {
  readonly product: ProductDetail
  readonly onCancel: () => void
}): JSX.Element {
  const remove = useDeleteProduct(product.id)
  const navigate = useNavigate()
  const toasts = useToasts()
  return (
    <Confirm
      title={`Delete ${product.name}?`}
      detail="Its variants go with it. A product that was ever sold or ordered cannot be deleted; archive it instead."
      action="Delete product"
      busy={remove.isPending}
      onCancel={onCancel}
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toasts.done(`${product.name} was deleted`)
            void navigate('/products')
          },
          onError: (error) => {
            toasts.failed(`${product.name} was not deleted`, error)
            onCancel()
          },
        })
      }
    />
  )
}

import { useId, useState, type JSX, type SubmitEvent } from 'react'
import { fieldErrorsOf, messageOf } from '../api-error.ts'
import { centsToInput, parseCents } from '../format.ts'
import { useMoney } from '../resources/shop.ts'
import { useDeleteVariant, useSaveVariant, useVariants, type Variant } from '../resources/variants.ts'
import { StockCount } from '../ui/badges.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { DataTable, type Column } from '../ui/data-table.tsx'
import { readText, TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Loaded, RefreshButton, Skeleton } from '../ui/loaded.tsx'
import { EmptyState, Panel } from '../ui/page.tsx'
import { useToasts } from '../ui/toasts.tsx'

/** A product's variants, and the form that makes or changes one. */
export function Variants({ productId }: { readonly productId: number }): JSX.Element {
  const variants = useVariants(productId)
  const remove = useDeleteVariant(productId)
  const [open, setOpen] = useState<Variant | 'new' | undefined>(undefined)
  const [deleting, setDeleting] = useState<Variant | undefined>(undefined)
  const money = useMoney()
  const toasts = useToasts()

  const columns: readonly Column<Variant>[] = [
    { header: 'Variant', cell: (variant) => variant.name },
    { header: 'SKU', cell: (variant) => <span className="code">{variant.sku}</span> },
    { header: 'Size', cell: (variant) => variant.attributes.size ?? '–' },
    { header: 'Colour', cell: (variant) => variant.attributes.colour ?? '–' },
    { header: 'Price', numeric: true, cell: (variant) => money(variant.priceCents) },
    { header: 'On hand', numeric: true, cell: (variant) => <StockCount value={variant.onHand} /> },
    {
      header: 'Actions',
      quiet: true,
      cell: (variant) => (
        <span className="row-actions">
          <button type="button" className="button button-small" onClick={() => setOpen(variant)}>
            Edit<span className="visually-hidden"> {variant.name}</span>
          </button>
          <button type="button" className="button button-small button-danger" onClick={() => setDeleting(variant)}>
            Delete<span className="visually-hidden"> {variant.name}</span>
          </button>
        </span>
      ),
    },
  ]

  return (
    <Panel
      title="Variants"
      flush
      actions={
        <span className="row-actions">
          <RefreshButton path={`/api/products/${productId}/variants`} />
          <button type="button" className="button" onClick={() => setOpen('new')}>
            <Icon name="plus" />
            New variant
          </button>
        </span>
      }
    >
      {open !== undefined && (
        <VariantForm
          key={open === 'new' ? 'new' : open.id}
          productId={productId}
          variant={open === 'new' ? undefined : open}
          onDone={() => setOpen(undefined)}
        />
      )}
      <Loaded query={variants} skeleton={<Skeleton rows={3} />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No variants.">This product is sold in one form only.</EmptyState>
          ) : (
            <DataTable caption="Variants" columns={columns} rows={items} rowKey={(variant) => variant.id} />
          )
        }
      </Loaded>
      {deleting !== undefined && (
        <Confirm
          title={`Delete ${deleting.name}?`}
          detail="The other variants of the product stay."
          action="Delete variant"
          busy={remove.isPending}
          onCancel={() => setDeleting(undefined)}
          onConfirm={() =>
            remove.mutate(deleting.id, {
              onSuccess: () => toasts.done(`${deleting.name} was deleted`),
              onError: (error) => toasts.failed(`${deleting.name} was not deleted`, error),
              onSettled: () => setDeleting(undefined),
            })
          }
        />
      )}
    </Panel>
  )
}

function VariantForm({
  productId,
  variant,
  onDone,
}: {
  readonly productId: number
  readonly variant: Variant | undefined
  readonly onDone: () => void
}): JSX.Element {
  const save = useSaveVariant(productId)
  const toasts = useToasts()
  const headingId = useId()
  const errors = fieldErrorsOf(save.error)
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const priceCents = parseCents(readText(form, 'priceCents'))
    if (priceCents === 'invalid') return
    const size = readText(form, 'size')
    const colour = readText(form, 'colour')
    const attributes = { ...(size === '' ? {} : { size }), ...(colour === '' ? {} : { colour }) }
    const input = {
      sku: readText(form, 'sku'),
      name: readText(form, 'name'),
      attributes,
      priceCents,
      onHand: Number(readText(form, 'onHand')),
    }
    save.mutate(variant === undefined ? { input } : { id: variant.id, input }, {
      onSuccess: (saved) => {
        toasts.done(`${saved.name} was saved`)
        onDone()
      },
    })
  }
  return (
    <form className="form-inline" aria-labelledby={headingId} onSubmit={submit}>
      <h3 id={headingId}>{variant === undefined ? 'New variant' : `Edit ${variant.name}`}</h3>
      {save.isError && (
        <p className="form-error" role="alert">
          {messageOf(save.error)}
        </p>
      )}
      <div className="form-row">
        <TextField label="Variant name" name="name" required defaultValue={variant?.name} error={errors['name']} />
        <TextField label="Variant SKU" name="sku" required defaultValue={variant?.sku} error={errors['sku']} />
        <TextField label="Size" name="size" defaultValue={variant?.attributes.size} error={errors['attributes.size']} />
        <TextField
          label="Colour"
          name="colour"
          defaultValue={variant?.attributes.colour}
          error={errors['attributes.colour']}
        />
        <TextField
          label="Variant price"
          name="priceCents"
          inputMode="decimal"
          pattern="\d+([.,]\d{1,2})?"
          title="An amount such as 12.50"
          required
          defaultValue={variant === undefined ? '' : centsToInput(variant.priceCents)}
          error={errors['priceCents']}
        />
        <TextField
          label="Variants on hand"
          name="onHand"
          type="number"
          min={0}
          step={1}
          required
          defaultValue={variant?.onHand ?? 0}
          error={errors['onHand']}
        />
      </div>
      <div className="form-actions">
        <button type="submit" className="button button-primary" disabled={save.isPending}>
          {save.isPending ? 'Saving…' : 'Save variant'}
        </button>
        <button type="button" className="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  )
}

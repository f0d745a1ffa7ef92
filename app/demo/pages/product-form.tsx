import type { JSX, SubmitEvent } from 'react'
import { fieldErrorsOf, messageOf } from '../api-error.ts'
import { centsToInput, parseCents } from '../format.ts'
import { useCatalogue, type CataloguePath } from '../resources/catalogue.ts'
import { useTagNames, type ProductDetail, type ProductInput } from '../resources/products.ts'
import { readText, SelectField, TextArea, TextField } from '../ui/field.tsx'
import { TagsInput } from '../ui/tags-input.tsx'

export const AMOUNT = '\\d+([.,]\\d{1,2})?'

/** What a tags input has put into a form. */
export const tagsIn = (form: FormData): readonly string[] =>
  form.getAll('tags').filter((tag) => typeof tag === 'string')

/** The form that creates or changes a product. */
export function ProductForm({
  initial,
  error,
  busy,
  submitLabel,
  onSubmit,
  onCancel,
}: {
  /** The product to change; undefined: a new one. */
  readonly initial: ProductDetail | undefined
  /** The error of the last attempt. Errors about fields appear at the fields. */
  readonly error: unknown
  readonly busy: boolean
  readonly submitLabel: string
  readonly onSubmit: (input: ProductInput) => void
  readonly onCancel: () => void
}): JSX.Element {
  const errors = fieldErrorsOf(error)
  const suggestions = useTagNames()
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const priceCents = parseCents(readText(form, 'priceCents'))
    const costCents = parseCents(readText(form, 'costCents'))
    // The pattern on both fields has kept anything else from being submitted.
    if (priceCents === 'invalid' || costCents === 'invalid') return
    onSubmit({
      sku: readText(form, 'sku'),
      name: readText(form, 'name'),
      categoryId: Number(readText(form, 'categoryId')),
      brandId: Number(readText(form, 'brandId')),
      unitId: Number(readText(form, 'unitId')),
      priceCents,
      costCents,
      status: readText(form, 'status') === 'archived' ? 'archived' : 'active',
      description: readText(form, 'description'),
      tags: tagsIn(form),
    })
  }
  return (
    <form className="form-grid" onSubmit={submit}>
      <div className="span-2">
        <TextField label="Name" name="name" required defaultValue={initial?.name} error={errors['name']} />
      </div>
      <TextField label="SKU" name="sku" required defaultValue={initial?.sku} error={errors['sku']} />
      <SelectField label="Status" name="status" defaultValue={initial?.status ?? 'active'} error={errors['status']}>
        <option value="active">Active</option>
        <option value="archived">Archived</option>
      </SelectField>
      <Reference
        label="Category"
        name="categoryId"
        path="/api/categories"
        initial={initial?.category}
        error={errors['categoryId']}
      />
      <Reference label="Brand" name="brandId" path="/api/brands" initial={initial?.brand} error={errors['brandId']} />
      <Reference label="Unit" name="unitId" path="/api/units" initial={initial?.unit} error={errors['unitId']} />
      <TextField
        label="Price"
        name="priceCents"
        inputMode="decimal"
        pattern={AMOUNT}
        title="An amount such as 12.50"
        required
        defaultValue={initial === undefined ? '' : centsToInput(initial.priceCents)}
        error={errors['priceCents']}
      />
      <TextField
        label="Cost"
        name="costCents"
        inputMode="decimal"
        pattern={AMOUNT}
        title="An amount such as 12.50"
        required
        defaultValue={initial === undefined ? '' : centsToInput(initial.costCents)}
        error={errors['costCents']}
      />
      <div className="span-2">
        <TextArea
          label="Description"
          name="description"
          defaultValue={initial?.description ?? ''}
          error={errors['description']}
        />
      </div>
      <div className="span-2">
        <TagsInput
          label="Tags"
          name="tags"
          defaultValue={initial?.tags}
          suggestions={suggestions}
          error={errors['tags']}
        />
      </div>
      <div className="form-actions span-2">
        <button type="submit" className="button button-primary" disabled={busy}>
          {busy ? 'Saving…' : submitLabel}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  )
}

function Reference({
  label,
  name,
  path,
  initial,
  error,
}: {
  readonly label: string
  readonly name: string
  readonly path: CataloguePath
  /** What the product refers to so far: a choice even where the list cannot be loaded. */
  readonly initial: { readonly id: number; readonly name: string } | undefined
  readonly error: string | undefined
}): JSX.Element {
  const catalogue = useCatalogue(path)
  const listed = catalogue.data?.items
  const isListed = initial === undefined || listed?.some(({ id }) => id === initial.id) === true
  const entries = isListed ? (listed ?? []) : [initial, ...(listed ?? [])]
  const isFailed = catalogue.isError && listed === undefined
  return (
    <div>
      {/* The key changes when the list has loaded: a select cannot have a default that is not yet one of its options. */}
      <SelectField
        key={String(listed === undefined)}
        label={label}
        name={name}
        required
        defaultValue={initial === undefined ? '' : String(initial.id)}
        error={error ?? (isFailed ? `The other choices cannot be loaded. ${messageOf(catalogue.error)}` : undefined)}
      >
        <option value="" disabled>
          {listed === undefined && !isFailed ? 'Loading…' : 'Choose…'}
        </option>
        {entries.map((entry) => (
          <option key={entry.id} value={entry.id}>
            {entry.name}
          </option>
        ))}
      </SelectField>
      {isFailed && (
        <button
          type="button"
          className="button button-small field-action"
          disabled={catalogue.isFetching}
          onClick={() => void catalogue.refetch()}
        >
          {catalogue.isFetching ? 'Trying…' : `Load ${label.toLowerCase()} list`}
        </button>
      )}
    </div>
  )
}

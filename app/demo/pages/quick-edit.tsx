import { useRef, type JSX, type SubmitEvent } from 'react'
import { fieldErrorsOf, messageOf } from '../api-error.ts'
import { centsToInput, parseCents } from '../format.ts'
import { useChangeProduct, useTagNames, type Product, type ProductChange } from '../resources/products.ts'
import { Dialog } from '../ui/dialog.tsx'
import { readText, SelectField, TextField } from '../ui/field.tsx'
import { TagsInput } from '../ui/tags-input.tsx'
import { useToasts } from '../ui/toasts.tsx'
import { AMOUNT, tagsIn } from './product-form.tsx'

/**
 * Saves what changes often, without leaving the list. The list behind shows the change at once. If the save fails, the list
 * shows again what was there, and the dialog keeps what was typed and says why; where it is closed by then, a toast says it.
 */
export function QuickEdit({
  product,
  listUrl,
  onClose,
}: {
  readonly product: Product
  readonly listUrl: string
  readonly onClose: () => void
}): JSX.Element {
  const { id, name, priceCents, status, tags } = product
  const toasts = useToasts()
  const form = useRef<HTMLFormElement>(null)
  const save = useChangeProduct(
    { id, listUrl },
    {
      onSuccess: () => form.current !== null && onClose(),
      onError: (error) => form.current === null && toasts.failed(`${name} was not saved`, error),
    },
  )
  const suggestions = useTagNames()
  const errors = fieldErrorsOf(save.error)
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    const cents = parseCents(readText(values, 'priceCents'))
    // The pattern of the field has kept anything else from being submitted.
    if (cents === 'invalid' || save.isPending) return
    const next = {
      name: readText(values, 'name'),
      priceCents: cents,
      status: readText(values, 'status') === 'archived' ? 'archived' : 'active',
      tags: tagsIn(values),
    } as const
    const change = changeFrom({ name, priceCents, status, tags }, next)
    if (change === undefined) onClose()
    else save.mutate(change)
  }
  return (
    <Dialog title={`Edit ${name}`} className="dialog dialog-wide" onClose={onClose}>
      <form ref={form} className="form-stack" onSubmit={submit} aria-busy={save.isPending}>
        <h2>Edit {name}</h2>
        {save.error !== undefined && (
          <div className="form-error" role="alert">
            <strong>Not saved.</strong> {messageOf(save.error)} The list shows again what was there before.
          </div>
        )}
        <TextField label="Name" name="name" required autoFocus defaultValue={name} error={errors['name']} />
        <div className="form-row">
          <TextField
            label="Price"
            name="priceCents"
            inputMode="decimal"
            pattern={AMOUNT}
            title="An amount such as 12.50"
            required
            defaultValue={centsToInput(priceCents)}
            error={errors['priceCents']}
          />
          <SelectField label="Status" name="status" defaultValue={status} error={errors['status']}>
            <option value="active">Active</option>
            <option value="archived">Archived</option>
          </SelectField>
        </div>
        <TagsInput label="Tags" name="tags" defaultValue={tags} suggestions={suggestions} error={errors['tags']} />
        <div className="form-actions">
          {/* Not `disabled`: a disabled button loses the focus of those who use the keyboard. */}
          <button type="submit" className="button button-primary" aria-disabled={save.isPending}>
            {save.isPending ? 'Saving…' : 'Save'}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {save.isPending ? 'Close' : 'Cancel'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** What differs: what the user has not touched may have been changed by others. Undefined: nothing does. */
function changeFrom(before: Required<ProductChange>, next: Required<ProductChange>): ProductChange | undefined {
  const change: ProductChange = {
    ...(next.name !== before.name && { name: next.name }),
    ...(next.priceCents !== before.priceCents && { priceCents: next.priceCents }),
    ...(next.status !== before.status && { status: next.status }),
    ...(next.tags.join() !== before.tags.join() && { tags: next.tags }),
  }
  return Object.keys(change).length === 0 ? undefined : change
}

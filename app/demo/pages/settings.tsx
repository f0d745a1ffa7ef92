import type { JSX, SubmitEvent } from 'react'
import { fieldErrorsOf, messageOf } from '../api-error.ts'
import { formatMoment } from '../format.ts'
import { useSaveSettings, useSettings, type Settings } from '../resources/shop.ts'
import { readText, TextArea, TextField } from '../ui/field.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { Page, Panel } from '../ui/page.tsx'
import { useToasts } from '../ui/toasts.tsx'

export function SettingsPage(): JSX.Element {
  const settings = useSettings()
  return (
    <Page
      title="Settings"
      lead="What holds for the whole shop and everybody in it."
      actions={<RefreshButton label="Refresh settings" />}
    >
      <Loaded query={settings}>{(data) => <SettingsForm key={data.updatedAt} settings={data} />}</Loaded>
    </Page>
  )
}

function SettingsForm({ settings }: { readonly settings: Settings }): JSX.Element {
  const save = useSaveSettings()
  const toasts = useToasts()
  const errors = fieldErrorsOf(save.error)
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const saved = save.mutateAsync({
      shopName: readText(form, 'shopName'),
      currency: readText(form, 'currency').toUpperCase(),
      taxPercent: Number(readText(form, 'taxPercent')),
      receiptFooter: readText(form, 'receiptFooter'),
    })
    // Handled on the promise: when the new settings have been read, another form replaces this one.
    saved.then(
      () => toasts.done('Settings were saved'),
      () => undefined,
    )
  }
  return (
    <Panel title="Shop">
      <form className="form-grid" onSubmit={submit}>
        <div className="span-2">
          <TextField
            label="Shop name"
            name="shopName"
            required
            defaultValue={settings.shopName}
            error={errors['shopName']}
          />
        </div>
        <TextField
          label="Currency"
          name="currency"
          required
          maxLength={3}
          defaultValue={settings.currency}
          hint="A code of three letters, such as EUR."
          error={errors['currency']}
        />
        <TextField
          label="Tax, in percent"
          name="taxPercent"
          type="number"
          min={0}
          max={100}
          step="any"
          required
          defaultValue={settings.taxPercent}
          error={errors['taxPercent']}
        />
        <div className="span-2">
          <TextArea
            label="Receipt footer"
            name="receiptFooter"
            rows={2}
            defaultValue={settings.receiptFooter}
            error={errors['receiptFooter']}
          />
        </div>
        {save.isError && Object.keys(errors).length === 0 && (
          <p className="form-error span-2" role="alert">
            {messageOf(save.error)}
          </p>
        )}
        <div className="form-actions span-2">
          <button type="submit" className="button button-primary" disabled={save.isPending}>
            {save.isPending ? 'Saving…' : 'Save settings'}
          </button>
          <span className="muted">Last changed {formatMoment(settings.updatedAt)}</span>
        </div>
      </form>
    </Panel>
  )
}

import type { JSX, SubmitEvent } from 'react'
import { fieldErrorsOf, messageOf } from '../api-error.ts'
import { usePreferences, useSavePreferences, type Preferences } from '../resources/me.ts'
import { useSession } from '../session.ts'
import { Facts } from '../ui/facts.tsx'
import { readText, SelectField } from '../ui/field.tsx'
import { Loaded, RefreshButton } from '../ui/loaded.tsx'
import { startPages } from '../ui/navigation.tsx'
import { Page, Panel } from '../ui/page.tsx'
import { useToasts } from '../ui/toasts.tsx'

export function PreferencesPage(): JSX.Element {
  const preferences = usePreferences()
  const session = useSession()
  return (
    <Page
      title="Preferences"
      lead="Yours alone; nobody else sees these."
      actions={<RefreshButton label="Refresh preferences" />}
    >
      {session.status === 'signed-in' && (
        <Panel title="You">
          <Facts
            facts={[
              ['Name', session.user.name],
              ['Email', session.user.email],
              ['Role', session.user.role],
              ['Signed in by', session.mode === 'cookie' ? 'Session cookie' : 'Bearer token'],
            ]}
          />
        </Panel>
      )}
      <Loaded query={preferences}>
        {(data) => <PreferencesForm key={`${data.density} ${data.startPage}`} preferences={data} />}
      </Loaded>
    </Page>
  )
}

function PreferencesForm({ preferences }: { readonly preferences: Preferences }): JSX.Element {
  const save = useSavePreferences()
  const toasts = useToasts()
  const errors = fieldErrorsOf(save.error)
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const saved = save.mutateAsync({
      density: readText(form, 'density') === 'compact' ? 'compact' : 'comfortable',
      startPage: readText(form, 'startPage'),
    })
    // Handled on the promise: when the new preferences have been read, another form replaces this one.
    saved.then(
      () => toasts.done('Preferences were saved'),
      () => undefined,
    )
  }
  return (
    <Panel title="Display">
      <form className="form-stack" onSubmit={submit}>
        <fieldset className="segments">
          <legend>Density</legend>
          {(['comfortable', 'compact'] as const).map((density) => (
            <label key={density} className="segment">
              <input type="radio" name="density" value={density} defaultChecked={preferences.density === density} />
              <span>{density === 'compact' ? 'Compact' : 'Comfortable'}</span>
            </label>
          ))}
        </fieldset>
        <SelectField
          label="Start page"
          name="startPage"
          defaultValue={preferences.startPage}
          hint="Where you land after signing in."
          error={errors['startPage']}
        >
          {startPages.map((page) => (
            <option key={page.to} value={page.to}>
              {page.label}
            </option>
          ))}
        </SelectField>
        {save.isError && Object.keys(errors).length === 0 && (
          <p className="form-error" role="alert">
            {messageOf(save.error)}
          </p>
        )}
        <div className="form-actions">
          <button type="submit" className="button button-primary" disabled={save.isPending}>
            {save.isPending ? 'Saving…' : 'Save preferences'}
          </button>
        </div>
      </form>
    </Panel>
  )
}

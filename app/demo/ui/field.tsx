import { useId, type InputHTMLAttributes, type JSX, type ReactNode, type SelectHTMLAttributes } from 'react'

interface FieldProps {
  readonly label: string
  readonly hint?: string
  readonly error?: string | undefined
}

/** A labelled input with its hint and its error tied to it. */
export function TextField({
  label,
  hint,
  error,
  ...input
}: FieldProps & InputHTMLAttributes<HTMLInputElement>): JSX.Element {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input className="input" id={id} {...described(id, hint, error)} {...input} />
    </Frame>
  )
}

export function TextArea({
  label,
  hint,
  error,
  name,
  rows = 3,
  defaultValue,
}: FieldProps & { readonly name: string; readonly rows?: number; readonly defaultValue?: string }): JSX.Element {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea
        className="input"
        id={id}
        name={name}
        rows={rows}
        defaultValue={defaultValue}
        {...described(id, hint, error)}
      />
    </Frame>
  )
}

export function SelectField({
  label,
  hint,
  error,
  children,
  ...select
}: FieldProps & SelectHTMLAttributes<HTMLSelectElement>): JSX.Element {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select className="input" id={id} {...described(id, hint, error)} {...select}>
        {children}
      </select>
    </Frame>
  )
}

/** The text of a form's field, trimmed; empty when the form has no such field. */
export function readText(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

function Frame({
  id,
  label,
  hint,
  error,
  children,
}: {
  readonly id: string
  readonly label: string
  readonly hint: string | undefined
  readonly error: string | undefined
  readonly children: ReactNode
}): JSX.Element {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint !== undefined && error === undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  )
}

function described(
  id: string,
  hint: string | undefined,
  error: string | undefined,
): { 'aria-invalid'?: true; 'aria-describedby'?: string } {
  if (error !== undefined) return { 'aria-invalid': true, 'aria-describedby': `${id}-error` }
  return hint === undefined ? {} : { 'aria-describedby': `${id}-hint` }
}

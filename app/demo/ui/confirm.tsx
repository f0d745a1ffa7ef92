import type { JSX } from 'react'
import { Dialog } from './dialog.tsx'

/** Asks before something that cannot be undone. Rendered means open. The focus begins at the choice that changes nothing. */
export function Confirm({
  title,
  detail,
  action,
  busy,
  onConfirm,
  onCancel,
}: {
  readonly title: string
  readonly detail: string
  readonly action: string
  readonly busy: boolean
  readonly onConfirm: () => void
  readonly onCancel: () => void
}): JSX.Element {
  return (
    <Dialog title={title} onClose={onCancel}>
      <h2>{title}</h2>
      <p>{detail}</p>
      <div className="form-actions">
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="button" className="button button-danger" disabled={busy} onClick={onConfirm}>
          {action}
        </button>
      </div>
    </Dialog>
  )
}

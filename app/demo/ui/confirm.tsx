import { useEffect, useRef, type JSX } from 'react'

/** Asks before something that cannot be undone. Rendered means open; the browser's dialog keeps the focus inside. */
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
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        onCancel()
      }}
    >
      <h2>{title}</h2>
      <p>{detail}</p>
      <div className="form-actions">
        <button type="button" className="button button-danger" disabled={busy} onClick={onConfirm}>
          {action}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </dialog>
  )
}

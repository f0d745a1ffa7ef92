import { useLayoutEffect, useRef, type JSX } from 'react'

/**
 * Asks before something that cannot be undone. Rendered means open. The focus begins at the choice that changes nothing,
 * stays inside, and goes back to what opened the dialog; where that is gone, to the page.
 */
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
  // A layout effect ends before the dialog leaves the document; only from inside the document does closing give the focus
  // back.
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => {
      element?.close()
      setTimeout(focusPageIfLost)
    }
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
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="button" className="button button-danger" disabled={busy} onClick={onConfirm}>
          {action}
        </button>
      </div>
    </dialog>
  )
}

/** What opened the dialog may have gone with what was deleted. */
function focusPageIfLost(): void {
  if (document.activeElement === document.body) document.querySelector('main')?.focus({ preventScroll: true })
}

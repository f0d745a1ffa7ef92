import { useLayoutEffect, useRef, type JSX, type ReactNode } from 'react'

/**
 * A dialog that is open as long as it is rendered. The focus begins at its first control, or at the one with `autoFocus`,
 * stays inside, and goes back to what opened the dialog; where that is gone, to the page.
 */
export function Dialog({
  title,
  className = 'dialog',
  isLight = false,
  onClose,
  children,
}: {
  readonly title: string
  readonly className?: string
  /** Whether a press beside it closes it as well: where nothing typed can be lost. Default: only Escape does. */
  readonly isLight?: boolean
  readonly onClose: () => void
  readonly children: ReactNode
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
      className={className}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onPointerDown={({ target, currentTarget, clientX, clientY }) => {
        const { left, right, top, bottom } = currentTarget.getBoundingClientRect()
        const isBeside = clientX < left || clientX > right || clientY < top || clientY > bottom
        // A suggestion of a field is drawn beside it too.
        if (isLight && isBeside && target === currentTarget) onClose()
      }}
    >
      {children}
    </dialog>
  )
}

/** What opened the dialog may have gone with what was deleted. */
function focusPageIfLost(): void {
  if (document.activeElement === document.body) document.querySelector('main')?.focus({ preventScroll: true })
}

import { onMessage } from 'freshlayer/react'
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type JSX, type ReactNode } from 'react'
import { messageOf } from '../api-error.ts'
import { Icon } from './icon.tsx'

interface Toasts {
  /** Shows a success. Disappears after six seconds. */
  readonly done: (text: string) => void
  /** Shows a failure. Stays until the user dismisses it. */
  readonly failed: (what: string, error: unknown) => void
}

interface Toast {
  readonly id: number
  readonly tone: 'done' | 'failed'
  readonly text: string
}

const SHOWN_MS = 6_000
const AT_MOST = 4

const ToastContext = createContext<Toasts>({ done: () => undefined, failed: () => undefined })

export function useToasts(): Toasts {
  return use(ToastContext)
}

export function ToastProvider({ children }: { readonly children: ReactNode }): JSX.Element {
  const [toasts, setToasts] = useState<readonly Toast[]>([])
  const nextId = useRef(1)
  const dismiss = useCallback((id: number) => {
    setToasts((shown) => shown.filter((toast) => toast.id !== id))
  }, [])
  const value = useMemo<Toasts>(() => {
    const add = (tone: Toast['tone'], text: string): number => {
      const id = nextId.current++
      setToasts((shown) => [...shown, { id, tone, text }].slice(-AT_MOST))
      return id
    }
    return {
      done: (text) => {
        const id = add('done', text)
        setTimeout(() => dismiss(id), SHOWN_MS)
      },
      failed: (what, error) => {
        add('failed', `${what}: ${messageOf(error)}`)
      },
    }
  }, [dismiss])
  useEffect(() => onMessage(value.done), [value])
  return (
    <ToastContext value={value}>
      {children}
      <div className="toasts" role="log" aria-label="Notifications" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className={`toast toast-${toast.tone}`}>
            <span>{toast.text}</span>
            <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
    </ToastContext>
  )
}

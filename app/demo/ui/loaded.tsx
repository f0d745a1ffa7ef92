import { useQueryClient } from '@tanstack/react-query'
import { useState, type JSX, type ReactNode } from 'react'
import { ApiError, messageOf } from '../api-error.ts'
import { refresh } from '../resources/reading.ts'
import type { Shown } from '../resources/synced.ts'
import { Icon } from './icon.tsx'

/** Shows a query: its data, a placeholder while it loads, or its error. */
export function Loaded<T>({
  query,
  skeleton = <Skeleton rows={8} />,
  children,
}: {
  readonly query: Shown<T>
  readonly skeleton?: ReactNode
  readonly children: (data: T) => ReactNode
}): JSX.Element {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <NotRefreshed error={query.error} />}
        <div className={query.isPlaceholderData ? 'previous-data' : undefined} aria-busy={query.isFetching}>
          {children(query.data)}
        </div>
      </>
    )
  }
  if (query.isError) {
    return <ErrorPanel error={query.error} busy={query.isFetching} onRetry={() => void query.refetch()} />
  }
  return <>{skeleton}</>
}

/** Shows that data could not be loaded, with the message of the error. */
export function ErrorPanel({
  error,
  busy = false,
  onRetry,
}: {
  readonly error: unknown
  readonly busy?: boolean
  readonly onRetry: () => void
}): JSX.Element {
  const title = error instanceof ApiError ? error.title : 'This could not be loaded'
  const message = messageOf(error)
  return (
    <div className="error-panel" role="alert">
      <Icon name="alert" />
      <div>
        <p className="error-title">{title}</p>
        {message !== title && <p className="error-message">{message}</p>}
        <button type="button" className="button" disabled={busy} onClick={onRetry}>
          {busy ? 'Trying…' : 'Try again'}
        </button>
      </div>
    </div>
  )
}

/** A button that has the origin asked for what is on screen, or for what is read from `path`, and waits for its answer. */
export function RefreshButton({
  label = 'Refresh list',
  path,
}: {
  readonly label?: string
  readonly path?: string
}): JSX.Element {
  const client = useQueryClient()
  const [isRefreshing, setIsRefreshing] = useState(false)
  const press = async (): Promise<void> => {
    // Not `disabled`: a disabled button loses the focus of those who use the keyboard.
    if (isRefreshing) return
    setIsRefreshing(true)
    await refresh(client, path).finally(() => setIsRefreshing(false))
  }
  return (
    <button
      type="button"
      className="button refresh"
      aria-busy={isRefreshing}
      aria-disabled={isRefreshing}
      onClick={() => void press()}
    >
      <Icon name="refresh" />
      <span>{isRefreshing ? 'Refreshing…' : label}</span>
    </button>
  )
}

/** Grey bars where text will be. */
export function Skeleton({ rows }: { readonly rows: number }): JSX.Element {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">Loading…</span>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} className="skeleton-row" style={{ inlineSize: `${92 - ((index * 17) % 31)}%` }} />
      ))}
    </div>
  )
}

function NotRefreshed({ error }: { readonly error: unknown }): JSX.Element {
  return (
    <p className="inline-notice" role="status">
      <Icon name="away" />
      <span>Not refreshed: you see what was loaded before. {messageOf(error)}</span>
    </p>
  )
}

import type { UseQueryResult } from '@tanstack/react-query'
import type { JSX, ReactNode } from 'react'
import { ApiError, messageOf } from '../api-error.ts'
import { Icon } from './icon.tsx'

/** Shows a query: its data, a placeholder while it loads, or its error. */
export function Loaded<T>({
  query,
  skeleton = <Skeleton rows={8} />,
  children,
}: {
  readonly query: UseQueryResult<T>
  readonly skeleton?: ReactNode
  readonly children: (data: T) => ReactNode
}): JSX.Element {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && !query.isFetching && <NotRefreshed error={query.error} />}
        <div className={query.isPlaceholderData ? 'previous-data' : undefined}>{children(query.data)}</div>
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

/** A list's button for asking the server again. */
export function RefreshButton({
  query,
  label = 'Refresh list',
}: {
  readonly query: Pick<UseQueryResult, 'isFetching' | 'refetch'>
  readonly label?: string
}): JSX.Element {
  return (
    <button type="button" className="button refresh" disabled={query.isFetching} onClick={() => void query.refetch()}>
      <Icon name="refresh" />
      <span>{query.isFetching ? 'Refreshing…' : label}</span>
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
      <span>Showing what was loaded before. The last refresh failed: {messageOf(error)}</span>
    </p>
  )
}

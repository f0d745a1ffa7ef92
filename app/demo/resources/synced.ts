import { useSyncedQuery } from 'freshlayer/react'
import { useEffect, useRef } from 'react'
import { sendRead } from '../api.ts'
import { noteShown } from './shown.ts'

/** What `Loaded` shows: a query of TanStack Query has the same members. */
export interface Shown<T> {
  readonly data: T | undefined
  readonly error: unknown
  readonly isError: boolean
  readonly isFetching: boolean
  /** The data is of the URL before, while that of the new one is read. */
  readonly isPlaceholderData: boolean
  readonly refetch: () => Promise<unknown>
}

/** The JSON at `url`. What others change comes by itself. While another page of a list loads, the one before stays. */
export function useSynced<T>(url: string): Shown<T> {
  const query = useSyncedQuery<T>(url, { fetch: sendRead })
  const { data, error, isSyncing, refresh } = query
  const before = useRef<{ readonly url: string; readonly data: T } | undefined>(undefined)
  useEffect(() => {
    if (data !== undefined) before.current = { url, data }
    // The data is gone though the URL is the same: the user may be another.
    else if (before.current?.url === url) before.current = undefined
  })
  const component = useRef({})
  useEffect(() => noteShown(component.current, url, query), [url, query])
  const kept = data === undefined && error === undefined && before.current?.url !== url ? before.current : undefined
  return {
    data: kept === undefined ? data : kept.data,
    error,
    isError: error !== undefined,
    isFetching: isSyncing,
    isPlaceholderData: kept !== undefined,
    refetch: refresh,
  }
}

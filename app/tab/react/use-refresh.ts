import { useMemo, useSyncExternalStore } from 'react'
import { connectedLayer } from '../connect.ts'
import { followLayer } from './follow-layer.ts'

export interface Refreshing {
  /** Has the origin asked about all that the page shows. Settles when it has answered or failed; never rejects. */
  readonly refresh: () => Promise<void>
  /** A `refresh()` of the page is under way, by whatever part of it. */
  readonly isFetching: boolean
}

/**
 * For a button that has all that the page shows asked for anew, and says that it is under way. Several calls, and several
 * tabs, make one request per URL. Without `connect()`, and on a server, it does nothing.
 *
 * @example const { refresh, isFetching } = useRefresh()
 */
export function useRefresh(): Refreshing {
  const isFetching = useSyncExternalStore(subscribe, isFetchingNow, () => false)
  return useMemo(() => ({ refresh, isFetching }), [isFetching])
}

const isFetchingNow = (): boolean => connectedLayer()?.state.isFetching ?? false

const subscribe = (listener: () => void): (() => void) => followLayer((layer) => layer.on('state', listener), listener)

/** A worker that does not answer is told on the console by the layer's other questions. */
const refresh = async (): Promise<void> => {
  await connectedLayer()
    ?.refresh()
    .catch(() => undefined)
}

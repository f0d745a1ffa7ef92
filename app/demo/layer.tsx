/** Connects the app to the layer. Beside it only what is on the hooks of `freshlayer/react` uses the layer. */
import type { QueryClient } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore, type JSX } from 'react'
import { createRoot } from 'react-dom/client'
import { connect, type Counts, type Freshlayer } from 'freshlayer'
import { bindQueryClient, type Binding } from 'freshlayer/tanstack-query'
import { Unsent } from './ui/unsent.tsx'
import rules from '../../config/freshlayer.config.ts'
import { isUnreachable } from './api-error.ts'
import { formatAge, formatNumber, plural } from './format.ts'
import { authorization } from './bearer-token.ts'
import { agesOfShown } from './resources/shown.ts'
import { beforeUserChange, confirmSession, currentUserId, useSession } from './session.ts'

/** How often the ages on screen are updated while the page is visible. */
const LOOK_MS = 3_000
/** How long the screen must not change before its ages are updated. */
const SETTLE_MS = 250

/** Connects the app and its query client to the layer, and shows the layer's state in `place`. */
export function mountLayer(place: HTMLElement | null, client: QueryClient): void {
  const nameOf = (id: number | null): string | null => (id === null ? null : String(id))
  const layer = connect({
    worker: '/sw.js',
    identify: () => nameOf(currentUserId()),
    authorization,
    mayUpdate: () => !isEdited(),
  })
  beforeUserChange((id) => layer.identify(nameOf(id)))
  const binding = bindQueryClient(client, rules, { layer })
  layer.on('state', ({ offline }) => !offline && confirmSession())
  if (place !== null) createRoot(place).render(<LayerStrip {...{ layer, binding, client }} />)
}

/** Whether a form of this page has unsaved changes. */
const isEdited = (): boolean => document.querySelector('form :is(:user-valid, :user-invalid)') !== null

interface Sight {
  /** Age of the oldest answer on screen, in seconds. 'live': no answer comes from store. Absent: no answer is shown. */
  readonly age?: number | 'live'
  readonly total: Readonly<Counts>
}

interface Shown {
  readonly layer: Freshlayer
  readonly binding: Binding
  readonly client: QueryClient
}

function LayerStrip({ layer, binding, client }: Shown): JSX.Element {
  const state = useSyncExternalStore(
    (listener) => layer.on('state', listener),
    () => layer.state,
  )
  const sight = useSight({ layer, binding, client })
  const isOffline = useIsOffline(state.offline)
  return (
    <aside className="layer-strip" aria-label="Data freshness">
      {state.controlled && sight !== undefined ? (
        <>
          {sight.age !== undefined && (
            <span className="layer-part">
              <span className="layer-name">Oldest on screen</span>{' '}
              <span className="layer-age">{sight.age === 'live' ? sight.age : formatAge(sight.age)}</span>
            </span>
          )}
          <span className="layer-part">
            <strong>{formatNumber(sight.total.hits)}</strong> {plural(sight.total.hits, 'hit')}
          </span>
          <span className="layer-part">
            <strong>{formatNumber(sight.total.requestsSaved)}</strong>{' '}
            <span className="layer-long">{plural(sight.total.requestsSaved, 'request')} saved</span>
            <span className="layer-short" aria-hidden="true">
              saved
            </span>
          </span>
        </>
      ) : (
        <span className="layer-part">Straight from the network</span>
      )}
      <Unsent layer={layer} />
      <span className="layer-news" aria-live="polite">
        {isOffline && <span className="badge badge-warn">Offline</span>}
        {(state.updateReady || state.outdated) && <UpdateButton layer={layer} />}
      </span>
    </aside>
  )
}

/**
 * Whether the server is out of reach, by the first that knows: the browser has no network, the layer has missed the
 * server, or the app could not ask it who is signed in. The layer has not tried yet when a page opens.
 */
function useIsOffline(isMissed: boolean): boolean {
  const isOnline = useSyncExternalStore(onConnectionChange, () => navigator.onLine)
  const session = useSession()
  const isUnasked =
    (session.status === 'signed-in' && !session.confirmed) ||
    (session.status === 'failed' && isUnreachable(session.error))
  return isMissed || !isOnline || isUnasked
}

function onConnectionChange(listener: () => void): () => void {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}

/** The state of the answers on screen, updated at each change and every few seconds while the page is visible. */
function useSight({ layer, binding, client }: Shown): Sight | undefined {
  const [sight, setSight] = useState<Sight | undefined>(undefined)
  useEffect(() => {
    let stopped = false
    const look = async (): Promise<void> => {
      if (document.visibilityState === 'hidden' || !layer.state.controlled) return
      const seen = await lookAt({ layer, binding, client })
      if (!stopped) setSight(seen)
    }
    // A request without an answer, for example while a worker is replaced, is repeated at the next update.
    const lookQuietly = (): void => void look().catch(() => undefined)
    let soon: ReturnType<typeof setTimeout> | undefined
    const lookSoon = (): void => {
      clearTimeout(soon)
      soon = setTimeout(lookQuietly, SETTLE_MS)
    }
    lookQuietly()
    const timer = setInterval(lookQuietly, LOOK_MS)
    const leave = [layer.on('state', lookSoon), client.getQueryCache().subscribe(lookSoon)]
    return () => {
      stopped = true
      clearTimeout(soon)
      clearInterval(timer)
      for (const each of leave) each()
    }
  }, [layer, binding, client])
  return sight
}

async function lookAt({ layer, binding, client }: Shown): Promise<Sight | undefined> {
  const shown = client
    .getQueryCache()
    .findAll({ type: 'active', predicate: ({ state }) => state.data !== undefined })
    .map(({ queryKey }) => binding.ageOf(queryKey))
  const [all, stats] = await Promise.all([Promise.all(shown), layer.stats()])
  if (stats === undefined) return undefined
  const { total } = stats
  const synced = agesOfShown(Date.now())
  if (shown.length + synced.length === 0) return { total }
  const ages = [...all.filter((age) => age !== undefined), ...synced]
  return { total, age: ages.length === 0 ? 'live' : Math.max(...ages) }
}

/** The layer asks the other tabs first. The user must save, close or leave a tab with an edited form. */
function UpdateButton({ layer }: { readonly layer: Freshlayer }): JSX.Element {
  const [isWaiting, setIsWaiting] = useState(false)
  const update = async (): Promise<void> => {
    setIsWaiting(true)
    await layer.applyUpdate().finally(() => setIsWaiting(false))
    window.location.reload()
  }
  return (
    <button type="button" className="layer-update" disabled={isWaiting} onClick={() => void update()}>
      {isWaiting ? 'Waiting for other tabs' : 'Update ready'}
    </button>
  )
}

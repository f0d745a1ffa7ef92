import { useEffect, useState, type JSX } from 'react'
import { Link } from 'react-router'
import { formatMoment, plural } from '../format.ts'
import { useActivity, type Activity } from '../resources/activity.ts'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { Loaded, Skeleton } from './loaded.tsx'
import { EmptyState } from './page.tsx'
import type { Shown } from '../resources/synced.ts'

export interface Bell {
  readonly activity: Shown<{ readonly items: readonly Activity[] }>
  /** What others have changed since the bell was last opened, newest first. */
  readonly unseen: readonly Activity[]
  readonly isOpen: boolean
  readonly open: () => void
  readonly close: () => void
}

/** What others change while the user looks. Used once for a page: the button may stand in two places. */
export function useBell(userId: number): Bell {
  const activity = useActivity()
  const [isOpen, setIsOpen] = useState(false)
  const [seenId, setSeenId] = useState(() => storedId(userId))
  const items = activity.data?.items
  const newestId = items === undefined ? undefined : (items[0]?.id ?? 0)
  // What there was before the user's first look is no news.
  useEffect(() => {
    if (newestId !== undefined && seenId === undefined) see(newestId)
  })
  const see = (id: number): void => {
    localStorage.setItem(keyOf(userId), String(id))
    setSeenId(id)
  }
  return {
    activity,
    unseen: (items ?? []).filter(({ id, mine }) => !mine && seenId !== undefined && id > seenId),
    isOpen,
    open: () => setIsOpen(true),
    close: () => {
      setIsOpen(false)
      if (newestId !== undefined) see(newestId)
    },
  }
}

const keyOf = (userId: number): string => `corner.seen.${userId}`

/** Undefined: this user has never looked on this device. */
function storedId(userId: number): number | undefined {
  const stored = localStorage.getItem(keyOf(userId))
  return stored !== null && /^\d+$/.test(stored) ? Number(stored) : undefined
}

export function BellButton({ bell }: { readonly bell: Bell }): JSX.Element {
  const count = bell.unseen.length
  const label = count === 0 ? 'Notifications' : `Notifications, ${count} new`
  return (
    <button type="button" className="icon-button bell" aria-label={label} title={label} onClick={bell.open}>
      <Icon name="bell" />
      {count > 0 && (
        <span className="bell-count" aria-hidden="true">
          {count > 9 ? '9+' : count}
        </span>
      )}
    </button>
  )
}

/** The open bell, and what it says aloud while it is closed. */
export function BellNews({ bell }: { readonly bell: Bell }): JSX.Element {
  const { activity, unseen, isOpen, close } = bell
  const [newest] = unseen
  return (
    <>
      <p className="visually-hidden" role="status" aria-label="News">
        {newest !== undefined && !isOpen && `${newest.userName} ${newest.deed} ${newest.subject}`}
      </p>
      {isOpen && (
        <Dialog title="Notifications" className="drawer bell-drawer" isLight onClose={close}>
          <div className="dialog-head">
            <h2>Notifications</h2>
            <button type="button" className="icon-button" aria-label="Close notifications" onClick={close}>
              <Icon name="close" />
            </button>
          </div>
          <p className="muted">
            {unseen.length === 0
              ? 'Nothing new. What others change appears here.'
              : `${unseen.length} new ${plural(unseen.length, 'change')} by others.`}
          </p>
          <Loaded query={activity} skeleton={<Skeleton rows={6} />}>
            {({ items }) => <Deeds deeds={items.filter(({ mine }) => !mine)} unseen={unseen} onFollow={close} />}
          </Loaded>
        </Dialog>
      )}
    </>
  )
}

/** What users have done, each with the way to it. */
export function Deeds({
  deeds,
  unseen = [],
  onFollow,
}: {
  readonly deeds: readonly Activity[]
  /** Marked as new. */
  readonly unseen?: readonly Activity[]
  readonly onFollow?: () => void
}): JSX.Element {
  if (deeds.length === 0) return <EmptyState title="Nothing has been changed yet." />
  const newIds = new Set(unseen.map(({ id }) => id))
  return (
    <ul className="deeds">
      {deeds.map(({ id, userName, mine, deed, subject, path, createdAt }) => (
        <li key={id} className={newIds.has(id) ? 'deed deed-new' : 'deed'}>
          <p>
            {newIds.has(id) && <span className="visually-hidden">New: </span>}
            <strong>{mine ? 'You' : userName}</strong> {deed}{' '}
            <Link to={path} onClick={onFollow}>
              {subject}
            </Link>
          </p>
          <time dateTime={createdAt}>{formatMoment(createdAt)}</time>
        </li>
      ))}
    </ul>
  )
}

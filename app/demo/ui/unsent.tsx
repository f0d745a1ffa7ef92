import { useEffect, useState, type JSX } from 'react'
import type { Freshlayer, QueuedWrite } from 'freshlayer'
import { useOutbox } from 'freshlayer/react'
import { counted, formatMoment } from '../format.ts'
import { Dialog } from './dialog.tsx'

/** What the origin does not have yet, in the strip, and a dialog to decide what needs the user. */
export function Unsent({ layer }: { readonly layer: Freshlayer }): JSX.Element | null {
  const { waiting, needsYou, writes, retry, discard } = useOutbox()
  const [isOpen, setIsOpen] = useState(false)
  const durability = useDurability(layer, writes.length > 0)
  const [deleted, forget] = useDeleted(layer)
  if (writes.length === 0 && deleted === 0) return null
  return (
    <span className="layer-unsent">
      {deleted > 0 && (
        <span role="alert">
          The browser deleted {counted(deleted, 'change')} that {deleted === 1 ? 'was' : 'were'} not sent{' '}
          <button type="button" className="layer-update" onClick={forget}>
            OK
          </button>
        </span>
      )}
      {writes.length > 0 && (
        <button type="button" className="layer-update" onClick={() => setIsOpen(true)}>
          {[
            waiting > 0 && `${counted(waiting, 'change')} waiting`,
            needsYou > 0 && (needsYou === 1 ? 'one needs you' : `${needsYou} need you`),
          ]
            .filter(Boolean)
            .join(', ')}
        </button>
      )}
      {isOpen && (
        <Dialog title="Changes that are not sent" isLight onClose={() => setIsOpen(false)}>
          <h2>Changes that are not sent</h2>
          <p className="muted">
            {durability === 'persistent'
              ? 'They are kept on this device until they are sent.'
              : 'They are kept on this device. The browser has not promised to keep them when its disk is full.'}
          </p>
          <ul className="unsent-list">
            {writes.map((write) => (
              <li key={write.place}>
                <span>
                  <strong>{nameOf(write)}</strong>
                  <small>
                    {formatMoment(new Date(write.acceptedAtMs).toISOString())} · {standingOf(write)}
                  </small>
                </span>
                {isForUser(write) && (
                  <span className="unsent-decide">
                    <button type="button" className="button button-small" onClick={() => void retry(write.place)}>
                      Try again
                    </button>
                    <button type="button" className="button button-small" onClick={() => void discard(write.place)}>
                      Discard
                    </button>
                  </span>
                )}
              </li>
            ))}
          </ul>
          <div className="form-actions">
            <button type="button" className="button" onClick={() => setIsOpen(false)}>
              Close
            </button>
          </div>
        </Dialog>
      )}
    </span>
  )
}

const isForUser = ({ state }: QueuedWrite): boolean => state === 'needs-you' || state === 'dead'

const nameOf = ({ url }: QueuedWrite): string => {
  const [, , resource, id] = new URL(url).pathname.split('/')
  return resource === 'sales' ? 'Sale' : `Correction of the stock of product ${id ?? ''}`
}

function standingOf({ state, why = '' }: QueuedWrite): string {
  switch (state) {
    case 'waiting':
      return 'waits for the server'
    case 'sending':
      return 'is being sent'
    case 'needs-you':
    case 'dead':
      return why === 'conflict' ? 'the server has refused it: is there enough in stock?' : `not sent (${why})`
  }
}

/** Asked again when the first change is kept: that is when the page asks the browser for its promise. */
function useDurability(layer: Freshlayer, isKept: boolean): 'persistent' | 'best-effort' | undefined {
  const [durability, setDurability] = useState<'persistent' | 'best-effort'>()
  useEffect(() => {
    const ask = (): void => void layer.outbox.durability().then(setDurability, () => undefined)
    if (isKept) ask()
    return layer.on('outbox', ask)
  }, [layer, isKept])
  return durability
}

/** How many the browser has deleted unsent. It is told once, so it is shown until the user has seen it. */
function useDeleted(layer: Freshlayer): [deleted: number, forget: () => void] {
  const [deleted, setDeleted] = useState(0)
  useEffect(() => {
    void layer.outbox.deleted().then(
      (more) => setDeleted((known) => known + more),
      () => undefined,
    )
  }, [layer])
  return [deleted, () => setDeleted(0)]
}

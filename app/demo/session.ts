import { useSyncExternalStore } from 'react'
import { deleteAt, getJson, sendJson } from './api.ts'
import { dropBearerToken, holdBearerToken, parseHeldToken } from './bearer-token.ts'
import {
  bootstrapSession,
  parseRemembered,
  type Session,
  type SessionAnswer,
  type SessionMode,
} from './session-bootstrap.ts'

const REMEMBERED_KEY = 'corner.user'

let current: Session = { status: 'starting' }
let settled = 0
const listeners = new Set<() => void>()
const preparations = new Set<(userId: number | null) => Promise<unknown>>()

/** The session as it is now; components use `useSession`. */
function currentSession(): Session {
  return current
}

/** The id of the signed-in user, as last confirmed by the server; null: no user is signed in. */
export function currentUserId(): number | null {
  if (current.status === 'signed-in') return current.user.id
  if (current.status === 'starting') return parseRemembered(localStorage.getItem(REMEMBERED_KEY))?.user.id ?? null
  return null
}

/** Calls `listener` synchronously after each change of the session. Returns a function that stops it. */
export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Calls `prepare` before the signed-in user changes, or signs out. The new user's data is neither shown nor requested
 * until `prepare` settles. If it fails, the change goes on.
 */
export function beforeUserChange(prepare: (userId: number | null) => Promise<unknown>): void {
  preparations.add(prepare)
}

export function useSession(): Session {
  return useSyncExternalStore(onSessionChange, currentSession)
}

/** Asks the server again for the signed-in user, while only this device names them. */
export function confirmSession(): void {
  if (current.status === 'signed-in' && !current.confirmed) void startSession()
}

/** Asks the server for the signed-in user. */
export async function startSession(): Promise<void> {
  const remembered = parseRemembered(localStorage.getItem(REMEMBERED_KEY))
  if (remembered?.mode === 'bearer') holdBearerToken()
  const before = current
  const found = await bootstrapSession(() => getJson<SessionAnswer | null>('/api/session'), remembered)
  // A user signed in or out meanwhile, or this was a background request: its failure does not end the session.
  if (current !== before || (found.status === 'failed' && before.status === 'signed-in')) return
  await settle(found)
}

/**
 * Signs in, or throws the server's error.
 *
 * @param beforeShown runs when requests already belong to the new user, but before anything is shown to that user.
 */
export async function signIn(
  email: string,
  password: string,
  mode: SessionMode,
  beforeShown: () => Promise<void>,
): Promise<void> {
  dropBearerToken()
  const answer = await sendJson<SessionAnswer>('POST', '/api/session', { email, password, mode })
  if (answer.mode === 'bearer') holdBearerToken(parseHeldToken(JSON.stringify(answer)))
  await settle({ status: 'signed-in', user: answer.user, mode: answer.mode, confirmed: true }, beforeShown)
}

/** Signs out on this device even if the server cannot be reached: the user must be able to leave this screen. */
export async function signOut(): Promise<void> {
  try {
    await deleteAt('/api/session')
  } catch {
    endSession('Signed out on this device. The server could not be told.')
    return
  }
  endSession(undefined)
}

/** Ends the session on this device. `notice` is shown above the sign-in form. */
export function endSession(notice: string | undefined): void {
  void settle(notice === undefined ? { status: 'signed-out' } : { status: 'signed-out', notice })
}

async function settle(session: Session, beforeShown?: () => Promise<void>): Promise<void> {
  settled += 1
  const mine = settled
  const nextUserId = session.status === 'signed-in' ? session.user.id : null
  const isOther = nextUserId !== currentUserId()
  if (session.status === 'signed-in') {
    localStorage.setItem(REMEMBERED_KEY, JSON.stringify({ user: session.user, mode: session.mode }))
  }
  if (session.status === 'signed-out') {
    localStorage.removeItem(REMEMBERED_KEY)
    dropBearerToken()
  }
  if (isOther) {
    await Promise.allSettled([...preparations].map((prepare) => prepare(nextUserId)))
  }
  await beforeShown?.()
  if (mine !== settled) return
  current = session
  for (const listener of listeners) listener()
}

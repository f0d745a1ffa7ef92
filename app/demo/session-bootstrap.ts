import { ApiError, isUnreachable } from './api-error.ts'

export type SessionMode = 'cookie' | 'bearer'

export interface User {
  readonly id: number
  readonly name: string
  readonly email: string
  readonly role: string
  readonly initials: string
}

/** The signed-in user, by the server, or else by this device's memory. */
export interface SessionAnswer {
  readonly user: User
  readonly mode: SessionMode
}

export type Session =
  | { readonly status: 'starting' }
  | { readonly status: 'signed-out'; readonly notice?: string }
  | { readonly status: 'failed'; readonly error: unknown }
  | {
      readonly status: 'signed-in'
      readonly user: User
      readonly mode: SessionMode
      /** False while only this device's memory names the user, because the server cannot be reached. */
      readonly confirmed: boolean
    }

/**
 * The session with which the app opens. It ends where the server knows of none, or refuses the token, even if this device
 * remembers a user. The remembered user goes on only if the server cannot be reached.
 *
 * @param ask gives the signed-in user by the server's word; null: no user is signed in.
 */
export async function bootstrapSession(
  ask: () => Promise<SessionAnswer | null>,
  remembered: SessionAnswer | undefined,
): Promise<Session> {
  try {
    const found = await ask()
    return found === null ? { status: 'signed-out' } : { status: 'signed-in', ...found, confirmed: true }
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return { status: 'signed-out' }
    if (isUnreachable(error) && remembered !== undefined)
      return { status: 'signed-in', ...remembered, confirmed: false }
    return { status: 'failed', error }
  }
}

/** The session that an earlier visit stored; undefined when there is none, or this version cannot read it. */
export function parseRemembered(text: string | null): SessionAnswer | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    if (typeof value !== 'object' || value === null || !('user' in value) || !('mode' in value)) return undefined
    const { user, mode } = value
    if (mode !== 'cookie' && mode !== 'bearer') return undefined
    return isUser(user) ? { user, mode } : undefined
  } catch {
    return undefined
  }
}

function isUser(value: unknown): value is User {
  if (typeof value !== 'object' || value === null || !('id' in value) || !Number.isSafeInteger(value.id)) return false
  const texts: readonly unknown[] = [
    'name' in value && value.name,
    'email' in value && value.email,
    'role' in value && value.role,
    'initials' in value && value.initials,
  ]
  return texts.every((text) => typeof text === 'string')
}

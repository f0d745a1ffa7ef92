/** An access token and the instant it ends. */
interface HeldToken {
  readonly token: string
  readonly expiresAtMs: number
}

const STORAGE_KEY = 'corner.token'
const REFRESH_BELOW_MS = 20_000

let mode: 'cookie' | 'bearer' = 'cookie'
let held: HeldToken | undefined
let refreshing: Promise<boolean> | undefined

/** Starts using a bearer token, the given one or the one this tab kept over a reload. */
export function holdBearerToken(token?: HeldToken): void {
  mode = 'bearer'
  held = token ?? parseHeldToken(sessionStorage.getItem(STORAGE_KEY))
  if (held !== undefined) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(held))
}

/** Goes back to the session cookie and forgets the token. */
export function dropBearerToken(): void {
  mode = 'cookie'
  held = undefined
  sessionStorage.removeItem(STORAGE_KEY)
}

/** The `Authorization` value to send now, refreshed first when it is about to end; undefined in cookie mode. */
export async function authorization(): Promise<string | undefined> {
  if (mode === 'cookie') return undefined
  if (needsRefresh(held, Date.now())) await refresh()
  return held === undefined ? undefined : `Bearer ${held.token}`
}

/** Refreshes the token after a 401. Returns whether there is a new token, so that the request can be repeated. */
export async function refreshAfterRefusal(): Promise<boolean> {
  return mode === 'bearer' && refresh()
}

/** Whether the token is missing or has less than 20 s to live. */
export function needsRefresh(token: HeldToken | undefined, nowMs: number): boolean {
  return token === undefined || token.expiresAtMs - nowMs < REFRESH_BELOW_MS
}

/** The token in a sign-in or refresh answer, or in storage; undefined for anything else. */
export function parseHeldToken(text: string | null): HeldToken | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    if (typeof value !== 'object' || value === null || !('token' in value)) return undefined
    if (typeof value.token !== 'string') return undefined
    const expires = 'expiresAtMs' in value ? value.expiresAtMs : 'expiresAt' in value ? value.expiresAt : undefined
    const expiresAtMs = typeof expires === 'string' ? Date.parse(expires) : expires
    return typeof expiresAtMs === 'number' && Number.isFinite(expiresAtMs)
      ? { token: value.token, expiresAtMs }
      : undefined
  } catch {
    return undefined
  }
}

function refresh(): Promise<boolean> {
  // All waiting requests share one refresh: a second one would use the token that the first has just rotated.
  refreshing ??= requestToken().finally(() => {
    refreshing = undefined
  })
  return refreshing
}

async function requestToken(): Promise<boolean> {
  try {
    const headers = held === undefined ? {} : { authorization: `Bearer ${held.token}` }
    const response = await fetch('/api/session/refresh', { method: 'POST', headers })
    const fresh = response.ok ? parseHeldToken(await response.text()) : undefined
    if (fresh !== undefined) holdBearerToken(fresh)
    return fresh !== undefined
  } catch {
    // The server did not answer. The waiting request is sent with the old token and reports its own failure.
    return false
  }
}

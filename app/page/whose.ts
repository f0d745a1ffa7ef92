import type { Rules } from '../../config/language/index.ts'
import { ANONYMOUS, EVERYONE, partitionName } from '../../sw/core/key.ts'
import { jwtSubject, nameOf } from '../../sw/fetch/token-user.ts'
import { attempt } from './report.ts'

/** Who is signed in: an opaque, stable id; null: no user is; undefined: it is not known yet. */
export type Identify = () => string | null | undefined

/** Whose data a request is about; undefined: it is not known, and nothing personal is stored or served (I3). */
export function partitionOf(
  { headers }: Request,
  isForAll: boolean,
  identity: Rules['identity'],
  identify: Identify,
): string | undefined {
  if (identity === 'none' || isForAll) return EVERYONE
  const credentials = headers.get('authorization')
  return credentials !== null && identity.by.includes('authorization')
    ? partitionOfToken(credentials, identity)
    : ofPage(identity, identify)
}

/** Whose data the page may be shown that sends no token. */
export function ofPage({ by }: Exclude<Rules['identity'], 'none'>, identify: Identify): string | undefined {
  if (by.every((way) => way === 'authorization')) return ANONYMOUS
  const user = by.includes('identify') ? attempt('identify', identify) : undefined
  return typeof user === 'string' && user !== '' ? partitionName('user', user) : undefined
}

function partitionOfToken(credentials: string, { partitionOf: named }: Exclude<Rules['identity'], 'none'>): string {
  const token = credentials.replace(/^\S+\s+/, '')
  const name = nameOf(attempt('identity.partitionOf', () => named?.(token)))
  if (name !== undefined) return partitionName('token', name)
  // Memory alone has the token: it needs no digest.
  return partitionName('token', ...(jwtSubject(token, () => undefined) ?? ['', '', credentials]))
}

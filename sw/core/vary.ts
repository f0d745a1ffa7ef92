import { type Fields, listed } from './head.ts'

/**
 * Request fields that are the same for every request of one browser and origin, or that the network layer adds below
 * us: a `Vary` on them cannot split what a worker stores. `cookie` and `authorization` belong to the user, and every
 * user has a partition of their own (I3).
 */
const SETTLED_ELSEWHERE = new Set(['accept-encoding', 'user-agent', 'origin', 'cookie', 'authorization', 'host'])

/** Added below us as well, but different from request to request: what varies on them cannot be told apart. */
const isUnseen = (name: string): boolean => name === '*' || name === 'referer' || /^(sec-|proxy-)/.test(name)

/** The lower-cased names a response varies on that we can and must compare; 'unknowable' when one cannot be seen. */
export function varyNames(fields: Fields): readonly string[] | 'unknowable' {
  const names = listed(fields.get('vary')?.toLowerCase())
  if (names.some(isUnseen)) return 'unknowable'
  return names.filter((name) => !SETTLED_ELSEWHERE.has(name)).toSorted()
}

/**
 * The part of a key that tells variants of one URL apart: the nominated names with the request's values, normalised.
 * Absent differs from empty. The empty string when nothing is nominated.
 *
 * @see RFC 9111 §4.1
 */
export const variantOf = (names: readonly string[], request: Fields): string =>
  names.map((name) => `${name}:${normalised(request.get(name))}`).join('\n')

/** White space around commas carries no meaning in a list-based field. */
const normalised = (value: string | undefined): string =>
  value === undefined ? '-' : `=${value.trim().replace(/\s*,\s*/g, ',')}`

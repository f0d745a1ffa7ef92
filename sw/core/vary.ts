import { type Fields, listed } from './head.ts'

/**
 * Request fields that are the same for every request of one browser and origin, or that the network layer adds below
 * us: a `Vary` on them cannot split what a worker stores. `cookie` belongs to the user, and every user has a partition of
 * their own (I3).
 */
const SETTLED_ELSEWHERE = new Set(['accept-encoding', 'user-agent', 'origin', 'cookie', 'host'])

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
  names.map((name) => `${name}:${normalised(name, request.get(name))}`).join('\n')

/** Where case carries no meaning, in values as in the names of parameters. */
const CASELESS = new Set(['accept-language', 'accept-charset'])

/** White space around delimiters carries no meaning in a list-based field, but within quotes it may. */
function normalised(name: string, value: string | undefined): string {
  if (value === undefined) return '-'
  // Credentials are never written down (I5). Whose they are is the partition's business, or forbids to store: `notStorable`.
  if (name === 'authorization') return '='
  const text = value.includes('"')
    ? value
    : value
        .trim()
        .replace(/\s+/g, ' ')
        .replace(/ ?([,;=]) ?/g, '$1')
  return `=${CASELESS.has(name) ? text.toLowerCase() : text}`
}

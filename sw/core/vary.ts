import { type Fields, listed } from './head.ts'
import { isOfNobody } from './key.ts'

/**
 * Request fields that are the same for every request of one browser and origin, or that the browser adds after the
 * worker. A `Vary` on them cannot split the stored answers. `cookie` belongs to the user, and every user has a
 * partition (I3); for what belongs to no user see `variesByCookie`.
 */
const SETTLED_ELSEWHERE = new Set(['accept-encoding', 'user-agent', 'origin', 'cookie', 'host'])

/**
 * Fields that the browser adds after the worker and that differ per request: the worker cannot tell such variants
 * apart.
 */
const isUnseen = (name: string): boolean => name === '*' || name === 'referer' || /^(sec-|proxy-)/.test(name)

/**
 * The lower-cased names in `Vary` that the worker must compare; 'unknowable' when it cannot see one of these fields.
 */
export function varyNames(fields: Fields): readonly string[] | 'unknowable' {
  const names = listed(fields.get('vary')?.toLowerCase())
  if (names.some(isUnseen)) return 'unknowable'
  return names.filter((name) => !SETTLED_ELSEWHERE.has(name)).toSorted()
}

/** Whether an answer varies by cookies, which no worker sees: they may hold a language, or anything else. */
export const variesByCookie = (fields: Fields): boolean => listed(fields.get('vary')?.toLowerCase()).includes('cookie')

/**
 * Whether an answer may be for other cookies than the next request has: it varies by them, and its partition does not stand
 * for them. The partition of a user does, unless a cookie changes answers within the user's session.
 */
export const mayBeOfOtherCookies = (
  { fields, partition }: { readonly fields: Fields; readonly partition: string },
  { cookieVariants }: { readonly cookieVariants?: boolean | undefined },
): boolean => variesByCookie(fields) && (isOfNobody(partition) || cookieVariants === true)

/**
 * The text that tells variants of one URL apart: the nominated fields with the request's values, normalised. An absent
 * field differs from an empty one. Empty when `Vary` nominates no field.
 *
 * @see RFC 9111 §4.1
 */
export const variantOf = (names: readonly string[], request: Fields): string =>
  names.map((name) => `${name}:${normalised(name, request.get(name))}`).join('\n')

/** Fields in which case has no meaning, neither in values nor in parameter names. */
const CASELESS = new Set(['accept-language', 'accept-charset'])

/** Removes white space around delimiters: it has no meaning in a list-based field, except within quotes. */
function normalised(name: string, value: string | undefined): string {
  if (value === undefined) return '-'
  // Credentials are never stored (I5). The partition tells users apart; without one `notStorable` refuses the answer.
  if (name === 'authorization') return '='
  const text = value.includes('"')
    ? value
    : value
        .trim()
        .replace(/\s+/g, ' ')
        .replace(/ ?([,;=]) ?/g, '$1')
  return `=${CASELESS.has(name) ? text.toLowerCase() : text}`
}

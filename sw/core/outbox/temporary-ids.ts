import { idOf } from '../collections/row.ts'
import { decoded, parsePair } from '../search.ts'
import { isObject, isWellFormed, parsedJson } from './json.ts'

/** An id of the server. */
export interface ServerId {
  /** As in a URL, decoded. */
  readonly id: string
  /** As in JSON: `7`, `"7"`. */
  readonly json: string
}

/** The server's id for a temporary one; undefined for every other text. */
export type IdOf = (text: string) => ServerId | undefined

/**
 * Whether an id that an app has given to a new row can stand for it wherever it is named: a UUID or a time in milliseconds can. A
 * short one may be that of another row, the number of a page, or be given again when the app has been reloaded.
 */
export const isDistinct = (id: string): boolean => id.length >= LEAST_DISTINCT && /\d/.test(id)

const LEAST_DISTINCT = 13

/**
 * A URL with the server's ids in the place of temporary ones. Only whole segments of the path and whole values of the
 * query are ids. Every other character stays.
 */
export function urlWithIds(url: string, idFor: IdOf): string {
  const [, start = '', path = '', query, rest = ''] = /^(\w+:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?(.*)$/s.exec(url) ?? []
  const segments = path.split('/').map((segment) => {
    const found = idFor(decoded(segment))
    return found === undefined ? segment : encodeURIComponent(found.id)
  })
  return start + segments.join('/') + (query === undefined ? '' : `?${pairsWithIds(query, idFor)}`) + rest
}

/**
 * The text of a body with the server's ids in the place of temporary ones. In JSON an id is a whole text or a whole name of
 * a member, and in form data a whole value. Every other character stays, and so does a body of any other kind.
 *
 * @param type its `Content-Type`.
 */
export function bodyWithIds(text: string, type: string | undefined, idFor: IdOf): string {
  if (/^application\/x-www-form-urlencoded\b/i.test(type ?? '')) return pairsWithIds(text, idFor)
  if (!/^application\/(?:[\w.+-]*\+)?json\b/i.test(type ?? '') || parsedJson(text) === 'invalid') return text
  return text.replace(JSON_TEXT, (token, at: number) => {
    const found = idFor(token.includes('\\') ? String(JSON.parse(token)) : token.slice(1, -1))
    if (found === undefined) return token
    return isName(text, at + token.length) ? JSON.stringify(found.id) : found.json
  })
}

/** A text of a JSON value, with its quotes. In valid JSON no quote stands anywhere else. */
const JSON_TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"/gs

/** Whether the text that ends at a place is the name of a member. */
function isName(text: string, end: number): boolean {
  NEXT.lastIndex = end
  return NEXT.test(text)
}

const NEXT = /\s*:/y

/** Pairs of a query or of form data. */
const pairsWithIds = (text: string, idFor: IdOf): string =>
  text
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=')
      const found = at < 0 ? undefined : idFor(parsePair(pair)[1])
      return found === undefined ? pair : pair.slice(0, at + 1) + encodeURIComponent(found.id)
    })
    .join('&')

/** The temporary ids that a request names: it cannot be sent before the server's are known. */
export function idsIn(
  { url, body, type }: { readonly url: string; readonly body: string | undefined; readonly type: string | undefined },
  isTemporary: (text: string) => boolean,
): string[] {
  const found = new Set<string>()
  const note: IdOf = (text) => {
    if (isTemporary(text)) found.add(text)
    return undefined
  }
  urlWithIds(url, note)
  if (body !== undefined) bodyWithIds(body, type, note)
  return [...found]
}

/**
 * The id that the answer to a create gives: of its JSON, else the last segment of its `Location`. Undefined: it names none,
 * a number that JavaScript cannot hold, or a text that no URL can.
 *
 * A `Location` does not say whether JSON has the id as a number. One that looks like a number is taken for one.
 *
 * @param body the answer's JSON; undefined: it has none.
 * @param entity as `Asked.entity`.
 */
export function serverIdOf(
  { body, location }: { readonly body: unknown; readonly location: string | undefined },
  idMember: string,
  entity: string | undefined,
): ServerId | undefined {
  const wrapped = isObject(body) ? [body, body['data'], entity === undefined ? undefined : body[entity]] : []
  for (const object of wrapped) {
    const given = isObject(object) && Object.hasOwn(object, idMember) ? object[idMember] : undefined
    if (typeof given === 'number' && !Number.isSafeInteger(given)) return undefined
    const id = idOf(given)
    if (id !== undefined) return isWellFormed(id) ? { id, json: JSON.stringify(given) } : undefined
  }
  const segment = location
    ?.replace(/[?#].*$/s, '')
    .replace(/\/$/, '')
    .split('/')
    .at(-1)
  if (segment === undefined || segment === '') return undefined
  const id = decoded(segment)
  return { id, json: /^(?:0|[1-9]\d{0,14})$/.test(id) ? id : JSON.stringify(id) }
}

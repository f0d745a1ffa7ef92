import { memberOf } from '../collections/member.ts'
import type { Fields } from '../head.ts'
import { isObject, type JsonObject } from './json.ts'

/** Where a list's JSON has its rows, and what is known of the rest. Paths are names from the outermost. */
export interface ListShape {
  /** Empty: the JSON is the list. */
  readonly rows: readonly string[]
  /** Where the number of rows is written. */
  readonly totals: readonly (readonly string[])[]
  /** Whether all rows are there. False: the list is filtered or paged, and what else belongs into it is not known. */
  readonly isWhole: boolean
}

/** The answer that brought a list. */
interface ListAnswer {
  readonly status: number
  readonly fields: Fields
  /** The query that selects rows, without what the rule ignores; empty: there is none. */
  readonly search: string
}

/**
 * The shape of a list, bare or wrapped (`{ items: […] }`, `{ data: { items: […] }, total: 3 }`); undefined where it is not
 * clear which list is meant.
 */
export function listShapeOf(value: unknown, answer: ListAnswer): ListShape | undefined {
  const rows = rowsPath(value)
  if (rows === undefined) return undefined
  const { length } = memberOf(value, rows) as readonly unknown[]
  const around = wrappersOf(value, rows)
  const counts = around.flatMap(({ path, object }) =>
    Object.entries(object).flatMap(([name, count]) =>
      typeof count === 'number' && TOTAL.test(name) ? [{ path: [...path, name], count }] : [],
    ),
  )
  return {
    rows,
    totals: counts.map(({ path }) => path),
    isWhole:
      counts.every(({ count }) => count === length) &&
      !around.some(({ object }) => Object.entries(object).some(saysMore)) &&
      isWholeAnswer(answer, length),
  }
}

/** The number of rows, under the names that it usually has. */
const TOTAL = /^_?(?:total|count|total_?(?:count|items|elements|results|records|rows))$/i

/** What says that there are more rows, under the names that it usually has. */
const MORE =
  /^_?(?:next|prev|previous|has_?(?:more|next)|next_?(?:page|cursor|token|page_?token|url|link)|continuation_?token)$/i

/** The number of pages, under the names that it usually has. */
const PAGES = /^_?(?:total_?pages|page_?count|pages|last_?page)$/i

const saysMore = ([name, value]: readonly [string, unknown]): boolean =>
  (MORE.test(name) && value !== null && value !== false && value !== '' && value !== 0) ||
  (PAGES.test(name) && typeof value === 'number' && value > 1)

function isWholeAnswer({ status, fields, search }: ListAnswer, length: number): boolean {
  const [, rangeTotal] = /\/(\d+)$/.exec(fields.get('content-range') ?? '') ?? []
  const total = rangeTotal ?? fields.get('x-total-count')
  return (
    search === '' &&
    status === 200 &&
    !/;\s*rel="?(?:next|prev)\b/i.test(fields.get('link') ?? '') &&
    (total === undefined || Number(total) === length)
  )
}

/** The path of the one list of objects that is at most two members deep. */
function rowsPath(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) return isRows(value) ? [] : undefined
  if (!isObject(value)) return undefined
  const outer = listsIn(value, [])
  const inner = Object.entries(value).flatMap(([name, member]) => (isObject(member) ? listsIn(member, [name]) : []))
  for (const found of [outer, inner]) {
    const [first, ...others] = found
    if (first !== undefined) return others.length === 0 ? first : undefined
  }
  return undefined
}

const listsIn = (object: JsonObject, path: readonly string[]): string[][] =>
  Object.entries(object).flatMap(([name, member]) => (Array.isArray(member) && isRows(member) ? [[...path, name]] : []))

/** An empty list may be one of rows. */
const isRows = ([first]: readonly unknown[]): boolean => first === undefined || isObject(first)

/** The objects that have something to say of the rows: the outermost, the one around them, and what it has beside them. */
function wrappersOf(value: unknown, rows: readonly string[]): { path: readonly string[]; object: JsonObject }[] {
  const beside = isObject(value) ? Object.entries(value).filter(([, member]) => isObject(member)) : []
  return [[], ...beside.map(([name]) => [name])]
    .map((path) => ({ path, object: memberOf(value, path) }))
    .filter((each): each is { path: string[]; object: JsonObject } => isObject(each.object) && rows.length > 0)
}

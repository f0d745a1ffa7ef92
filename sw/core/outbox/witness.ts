import { idOf } from '../collections/row.ts'
import { parseTime } from './hybrid-clock.ts'
import { isObject, isSameJson, type JsonObject, ownMember } from './json.ts'

/** A list that is read to see what became of a create, and what was known of it. */
export interface Look {
  /** The JSON that was sent. */
  readonly sent: JsonObject
  /** Its members that the backend keeps as they are sent. Undefined: all of them. */
  readonly compared: readonly string[] | undefined
  readonly idMember: string
  /** The ids that the list had before the first attempt, and those of own writes that were acknowledged since. */
  readonly known: ReadonlySet<string>
  /** Whether those were all that the list had. */
  readonly isKnownWhole: boolean
  /** The rows that it has now. */
  readonly rows: readonly unknown[]
  /** Whether those are all that it has. See `ListShape.isWhole`. */
  readonly isWhole: boolean
  /** Whether it was read so long after the last attempt that this cannot still be running at the origin. */
  readonly isSettled: boolean
  /** When the origin may have performed it, by the origin's own clock. Undefined: that is not known. */
  readonly performed?: Span | undefined
}

/** Milliseconds since 1970. */
export interface Span {
  readonly fromMs: number
  readonly untilMs: number
  /** When the list was read. */
  readonly nowMs: number
}

/** What a witness says of a write of unknown outcome. */
export type Witnessed =
  /** The origin has performed it. */
  | { readonly kind: 'found'; readonly row: JsonObject }
  /** The origin has not performed it, so it may be sent again. */
  | { readonly kind: 'absent' }
  /** It is to be looked at again later. */
  | { readonly kind: 'wait' }
  /** The user has to say. */
  | { readonly kind: 'unsure'; readonly why: Doubt }

type Doubt =
  /** Several new rows are equal to what was sent. */
  | 'several'
  /** A new row may be what was sent, as the backend writes it. */
  | 'similar'
  /** An equal row is there, and may have been there before. */
  | 'not-new'
  /** The list is filtered or paged: the row may be elsewhere. */
  | 'part'
  /** Nothing was sent that could be compared. */
  | 'nothing'
  /** The row is neither what it was nor what was sent. */
  | 'other'

const unsure = (why: Doubt): Witnessed => ({ kind: 'unsure', why })

/**
 * What became of a create, by the list that it belongs into: found is exactly one new row that is equal to what was sent,
 * and absent is it where no new row may be it.
 */
export function witnessed({
  sent,
  compared,
  idMember,
  known,
  isKnownWhole,
  rows,
  isWhole,
  isSettled,
  performed,
}: Look): Witnessed {
  const names = comparedIn({ sent, compared, idMember })
  if (names.every((name) => isEmpty(sent[name]))) return unsure('nothing')
  const equal: JsonObject[] = []
  for (const row of rows) {
    if (!isObject(row)) continue
    const id = idOf(row[idMember])
    if (id !== undefined && known.has(id)) continue
    const likeness = likenessOf(names, sent, row)
    if (likeness === 'similar' || (likeness === 'same' && id === undefined)) return unsure('similar')
    if (likeness === 'same') equal.push(row)
  }
  const [row, ...others] = equal.filter((each) => performed === undefined || mayBeMadeIn(performed, sent, each))
  // Another device has made the same at another time.
  if (row === undefined && equal.length > 0) return unsure('similar')
  if (others.length > 0) return unsure('several')
  if (row !== undefined) return isKnownWhole ? { kind: 'found', row } : unsure('not-new')
  if (!isWhole) return unsure('part')
  return isSettled ? { kind: 'absent' } : { kind: 'wait' }
}

/** Whether the times that the backend has given a row allow that it was made in a span. A time without a zone says nothing. */
function mayBeMadeIn({ fromMs, untilMs, nowMs }: Span, sent: JsonObject, row: JsonObject): boolean {
  const times = Object.entries(row).flatMap(([name, value]) => {
    const isOwn = !Object.hasOwn(sent, name) && typeof value === 'string' && /(?:Z|[+-]\d\d:?\d\d)$/.test(value)
    const ms = isOwn ? timeOf(value) : undefined
    // What lies ahead is a term, and no time at which the row was made.
    return ms === undefined || ms > nowMs ? [] : [ms]
  })
  return times.length === 0 || (times.some((ms) => ms >= fromMs) && times.some((ms) => ms <= untilMs))
}

/**
 * What became of a change of a row, by the row itself.
 *
 * @param sent the members that were sent.
 * @param base the row before the first attempt; undefined: it is not known.
 * @param row the row now; undefined: it is gone.
 */
export function witnessedRow(
  sent: JsonObject,
  base: JsonObject | undefined,
  row: JsonObject | undefined,
  isSettled: boolean,
): Witnessed {
  const names = Object.keys(sent)
  if (names.length === 0) return unsure('nothing')
  if (row === undefined) return unsure('other')
  const wasSo = base !== undefined && likenessOf(names, sent, base) === 'same'
  if (likenessOf(names, sent, row) === 'same' && !wasSo) return { kind: 'found', row }
  if (base === undefined || !isSameJson(base, row)) return unsure('other')
  return isSettled ? { kind: 'absent' } : { kind: 'wait' }
}

/** What of a create is compared. As in `Look`. */
export type Sent = Pick<Look, 'sent' | 'compared' | 'idMember'>

/** The members that are compared. */
export const comparedIn = ({ sent, compared, idMember }: Sent): string[] =>
  (compared ?? Object.keys(sent)).filter((name) => name !== idMember && Object.hasOwn(sent, name))

/** Whether a row has all that was sent, in one form or another. Where nothing was sent that could be compared no row has it. */
export function hasSent(of: Sent, row: JsonObject): boolean {
  const names = comparedIn(of)
  return !names.every((name) => isEmpty(of.sent[name])) && likenessOf(names, of.sent, row) === 'same'
}

/**
 * The ids of the rows that may be what is about to be sent, and are not: those that a list has before the first attempt. Of
 * `Look.known` no others matter.
 */
export function alikeBefore(of: Sent, rows: readonly unknown[]): string[] {
  const names = comparedIn(of)
  return rows.flatMap((row) => {
    const id = isObject(row) && likenessOf(names, of.sent, row) !== 'other' ? idOf(row[of.idMember]) : undefined
    return id ?? []
  })
}

type Likeness = 'same' | 'similar' | 'other'

/** Whether a row has what was sent. A row that shows nothing of it is similar: the list may not give these members. */
function likenessOf(names: readonly string[], sent: JsonObject, row: JsonObject): Likeness {
  let least: Likeness = 'same'
  for (const name of names) {
    const found = likeness(sent[name], ownMember(row, name))
    // Most rows differ in the first member.
    if (found === 'other') return found
    if (found === 'similar') least = found
  }
  return least
}

/**
 * Whether a value is what was sent. Backends trim texts, write numbers, times and truth in other forms, leave out what is
 * empty, and add members to objects. So these are the same. Other case, another kind of value, and a member that is not
 * there may be the backend's doing or not: similar.
 */
function likeness(sent: unknown, there: unknown): Likeness {
  if (isEmpty(sent) || isEmpty(there)) return isEmpty(sent) && isEmpty(there) ? 'same' : 'similar'
  if (Array.isArray(sent) && Array.isArray(there))
    return sent.length === there.length ? least(sent.map((each, at) => likeness(each, there[at]))) : 'other'
  if (isObject(sent) && isObject(there))
    return least(Object.entries(sent).map(([name, each]) => likeness(each, ownMember(there, name))))
  if (typeof sent === 'object' || typeof there === 'object') return 'similar'
  const [one, other] = [textOf(sent), textOf(there)]
  if (one === other) return 'same'
  const numbers = [sent, there].map(numberOf)
  const times = [sent, there].map(timeOf)
  for (const [first, second] of [numbers, times])
    if (first !== undefined && second !== undefined) return first === second ? 'same' : 'other'
  if (isSameDay(one, times[1]) || isSameDay(other, times[0])) return 'same'
  if (typeof sent !== 'string' || typeof there !== 'string') return 'similar'
  return one.toLowerCase() === other.toLowerCase() ? 'similar' : 'other'
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === ''

const least = (all: readonly Likeness[]): Likeness =>
  all.includes('other') ? 'other' : all.includes('similar') ? 'similar' : 'same'

export const textOf = (value: unknown): string => String(value).normalize().trim()

/** The number that a value is in one form or another. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value)
  return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(textOf(value)) ? Number(value) : undefined
}

/** The time that a value is in one form or another: milliseconds since 1970. */
export function timeOf(value: unknown): number | undefined {
  const time = parseTime(value)
  return time === 'invalid' ? undefined : time.ms
}

/** Whether a time is the beginning of a day in some time zone: backends make times of dates. */
function isSameDay(date: string, timeMs: number | undefined): boolean {
  const dayMs = /^\d{4}-\d\d-\d\d$/.test(date) ? timeOf(`${date}T00:00Z`) : undefined
  return dayMs !== undefined && timeMs !== undefined && Math.abs(dayMs - timeMs) <= MOST_OFFSET_MS
}

/** Time zones are up to 14 hours apart from UTC. */
const MOST_OFFSET_MS = 14 * 3_600_000

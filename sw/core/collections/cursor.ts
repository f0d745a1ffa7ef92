// oxlint-disable no-restricted-globals -- `Date` only does calendar arithmetic here; it never reads the clock.

/** Whether a cursor is a time, of a backend that has no log: `2026-01-31T12:00:00.000Z`. */
export const isTime = (cursor: string): boolean =>
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(cursor) && !isNaN(Date.parse(cursor))

/**
 * What a run asks with first. A time is moved back by the overlap: a transaction may commit later than the time that it
 * has written. What comes twice is told apart by its id. Every other cursor is sent as it is.
 *
 * @param overlapMs milliseconds.
 */
export const askedFrom = (cursor: string, overlapMs: number): string =>
  isTime(cursor) ? new Date(Math.max(0, Date.parse(cursor) - overlapMs)).toISOString() : cursor

/**
 * Whether a cursor is known to lie before another one: two times, or two of this package's own of one generation and
 * scope. Others cannot be compared.
 */
export function isBefore(cursor: string, other: string): boolean {
  if (isTime(cursor) && isTime(other)) return Date.parse(cursor) < Date.parse(other)
  const [one, two] = [placeOf(cursor), placeOf(other)]
  return one !== undefined && two !== undefined && isOfOneLog(one, two) && one.scope === two.scope && isLess(one, two)
}

/**
 * Whether a cursor of this package's server has come to a write.
 *
 * @param position the write's `Freshlayer-Position`: a cursor without scope.
 */
export function hasReached(cursor: string, position: string): boolean {
  const [one, two] = [placeOf(cursor), placeOf(position)]
  return one !== undefined && two !== undefined && isOfOneLog(one, two) && !isLess(one, two)
}

const isOfOneLog = (one: Place, other: Place): boolean => one.generation === other.generation

const isLess = (one: Place, other: Place): boolean =>
  one.xid < other.xid || (one.xid === other.xid && one.id < other.id)

/** The database's transaction that made a write, by its position; undefined where the text is no position. */
export const transactionOf = (position: string): string | undefined => placeOf(position)?.xid.toString()

interface Place {
  readonly generation: string
  readonly scope: string
  readonly xid: bigint
  readonly id: bigint
}

/** The place of a cursor of this package's server; undefined for any other text. */
function placeOf(cursor: string): Place | undefined {
  try {
    const [form, generation, scope, xid, id] = JSON.parse(decoded(cursor)) as unknown[]
    return form === 1
      ? { generation: String(generation), scope: String(scope), xid: BigInt(String(xid)), id: BigInt(String(id)) }
      : undefined
  } catch {
    return undefined
  }
}

/** The bytes of base64url as characters. A cursor has no others that matter here. */
function decoded(text: string): string {
  let [bits, held, bytes] = [0, 0, '']
  for (const character of text) {
    held = ((held << 6) | DIGITS.indexOf(character)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes += String.fromCharCode((held >> bits) & 255)
  }
  return bytes
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

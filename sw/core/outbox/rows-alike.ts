import { idOf } from '../collections/row.ts'
import { isObject, type JsonObject, ownMember } from './json.ts'
import { comparedIn, hasSent, numberOf, type Sent, textOf, timeOf } from './witness.ts'

/** The rows of a list, in which many creates are looked for without going over all of them for each. */
export class RowsAlike {
  readonly #rows: readonly JsonObject[]
  /** By member: the rows by what they have there. */
  readonly #byMember = new Map<string, Map<string, JsonObject[]>>()
  readonly #ids = new Map<string, ReadonlySet<string | undefined>>()

  constructor(rows: readonly unknown[]) {
    this.#rows = rows.filter(isObject)
  }

  /** The ids of the rows that have all that was sent. See `hasSent`. */
  to(of: Sent): string[] {
    const name = comparedIn(of).find((each) => isTelling(of.sent[each]))
    const rows = name === undefined ? this.#rows : (this.#having(name).get(keyOf(of.sent[name])) ?? [])
    return rows.flatMap((row) => (hasSent(of, row) ? (idOf(row[of.idMember]) ?? []) : []))
  }

  withId(id: string, idMember: string): boolean {
    const ids = this.#ids.get(idMember) ?? new Set(this.#rows.map((row) => idOf(row[idMember])))
    this.#ids.set(idMember, ids)
    return ids.has(id)
  }

  #having(name: string): Map<string, JsonObject[]> {
    const found = this.#byMember.get(name)
    if (found !== undefined) return found
    const rows = new Map<string, JsonObject[]>()
    this.#byMember.set(name, rows)
    for (const row of this.#rows) {
      const key = keyOf(ownMember(row, name))
      const others = rows.get(key)
      if (others === undefined) rows.set(key, [row])
      else others.push(row)
    }
    return rows
  }
}

/** Whether all forms of a value that count as the same have one key. Times and truth have several. */
const isTelling = (value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number') &&
  !/^(?:|true|false|\d{4}-\d\d-\d\d.*)$/is.test(textOf(value)) &&
  timeOf(value) === undefined

const keyOf = (value: unknown): string => String(numberOf(value) ?? textOf(value))

import { scopeDigest } from '../sync/cursor.ts'
import type { ChangedRows } from './news.ts'

/** What a caller may hear of one entity. */
export interface Heard {
  /**
   * The tags of the rules that a change of a row ends: `{id}` is the row's id, `{scope}` the log's scope. Default: the entity's
   * name, and that name with the id, `['products', 'products:{id}']`.
   * @example ['products', 'product:{id}']
   */
  readonly tags?: readonly string[]
  /**
   * Further tags, that only a change of a row that was there before ends, and not one that comes or goes: where other data
   * shows something of it, such as a product the name of its category. Holes as in `tags`. Default: none.
   * @example ['product-names']
   */
  readonly updated?: readonly string[]
  /** The values of the log's `scope` that the caller may know of, where the table is logged with one. Default: all. */
  readonly scopes?: readonly string[]
}

/** What a caller may hear of, by the names that the change log has for entities. */
export type MayHear = Readonly<Record<string, Heard>>

/** What a caller is told: that what has these tags has changed. The data comes by reading it. */
export interface Hint {
  readonly tags: readonly string[]
  /** Everything may have changed: too much has, or what has is not known any more. Default: only the tags. */
  readonly all?: true
  /** The transactions that did it, by which a client knows its own writes. Default: they are too many. */
  readonly transactions?: readonly string[]
}

/** More tags than this in a hint would cost more than to count everything as changed. */
const MAX_TAGS = 1000

/** All callers who may hear the same: what they are told is made once. */
export class Audience {
  readonly key: string
  readonly #heard: ReadonlyMap<
    string,
    { readonly tags: readonly string[]; readonly updated?: readonly string[]; readonly scopes?: ReadonlySet<string> }
  >

  constructor(mayHear: MayHear) {
    const sorted = Object.entries(mayHear)
      .map(([entity, { tags = [entity, `${entity}:{id}`], updated, scopes }]) => ({
        entity,
        tags,
        ...(updated && { updated }),
        scopes: scopes?.toSorted(),
      }))
      .toSorted((one, other) => (one.entity < other.entity ? -1 : 1))
    this.key = scopeDigest(sorted)
    this.#heard = new Map(
      sorted.map(({ entity, scopes, ...heard }) => [entity, { ...heard, ...(scopes && { scopes: new Set(scopes) }) }]),
    )
  }

  /** What of these changes the audience is told; undefined: nothing of them concerns it. */
  hintOf(changed: readonly ChangedRows[] | 'unknown'): Hint | undefined {
    if (changed === 'unknown') return { tags: [], all: true }
    const tags = new Set<string>()
    let transactions: Set<string> | undefined = new Set()
    let isAll = false
    let isTold = false
    for (const { entity, scope, rows, transactions: by, operations } of changed) {
      const heard = this.#heard.get(entity)
      if (heard === undefined) continue
      if (heard.scopes !== undefined && (scope === null || !heard.scopes.has(scope))) continue
      isTold = true
      if (by === undefined) transactions = undefined
      else for (const each of by) transactions?.add(each)
      const isUpdated = operations === undefined || operations.includes('updated')
      for (const template of isUpdated ? [...heard.tags, ...(heard.updated ?? [])] : heard.tags) {
        if (!template.includes('{id}')) tags.add(filled(template, { scope }))
        else if (rows === undefined) isAll = true
        else for (const id of rows) tags.add(filled(template, { scope, id }))
      }
    }
    if (!isTold) return undefined
    const by = transactions === undefined ? {} : { transactions: [...transactions] }
    return isAll || tags.size > MAX_TAGS ? { tags: [], all: true, ...by } : { tags: [...tags], ...by }
  }
}

/** A template with its holes filled in: what comes into one hole is not looked at for others. */
const filled = (
  template: string,
  { scope, id = '' }: { readonly scope: string | null; readonly id?: string },
): string => template.replaceAll(/\{(id|scope)\}/g, (_, name) => (name === 'id' ? id : (scope ?? '')))

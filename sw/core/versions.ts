import type { Change, Diff } from './change.ts'

/** What a light endpoint says of data: one version of it all, or that of each item by its id. */
export type Versions = string | ReadonlyMap<string, string>

/** What is known of the versions of what an answer brings, when it is stored. */
export interface Versioned {
  /** What the light endpoint said before the answer was asked for. Absent: not known. */
  readonly signature?: string | undefined
  /** The items that differ from those of the row before; undefined: not known. Never rejects. */
  readonly diff?: Promise<Change['diff']>
}

/**
 * What the answer of a light endpoint says. A version is a text that is not empty, or a number. Items are a list of objects
 * with `id` and `updatedAt`, each a version, and no id twice.
 *
 * An object is refused that is not asked for an entity, because an error that is answered with 200 would be equal each time.
 *
 * @returns undefined: it says nothing of the kind.
 * @param entity the member of the answer to look at. Default: the answer itself.
 */
export function parseVersions(answer: unknown, entity: string | undefined): Versions | undefined {
  const given =
    entity === undefined ? answer : isObject(answer) && Object.hasOwn(answer, entity) ? answer[entity] : undefined
  if (!Array.isArray(given)) return versionOf(given)
  const items = new Map<string, string>()
  for (const each of given as unknown[]) {
    const [id, version] = isObject(each) ? [versionOf(each['id']), versionOf(each['updatedAt'])] : []
    if (id === undefined || version === undefined || items.has(id)) return undefined
    items.set(id, version)
  }
  return items
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const versionOf = (value: unknown): string | undefined =>
  (typeof value === 'string' && value !== '') || Number.isFinite(value) ? String(value) : undefined

/** The text by which items are kept and compared: equal for equal items, in whatever order the backend names them. */
export const itemsText = (items: ReadonlyMap<string, string>): string =>
  JSON.stringify([...items].toSorted(([one], [other]) => (one < other ? -1 : 1)))

/** The items of a text that `itemsText` has made. */
export const itemsOf = (text: string): ReadonlyMap<string, string> => new Map(JSON.parse(text) as [string, string][])

/** More ids than this are not named: a page that shows the list reads it again anyway. */
const MAX_NAMED = 1000

/** The ids of the items that are new, changed and gone; undefined: none are, or too many to name. */
export function itemsDiff(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Diff | undefined {
  const ids = (of: ReadonlyMap<string, string>, isMeant: (id: string, version: string) => boolean): string[] =>
    [...of].flatMap(([id, version]) => (isMeant(id, version) ? [id] : []))
  const diff = {
    added: ids(after, (id) => !before.has(id)),
    updated: ids(after, (id, version) => before.has(id) && before.get(id) !== version),
    removed: ids(before, (id) => !after.has(id)),
  }
  const { length } = Object.values(diff).flat()
  return length > 0 && length <= MAX_NAMED ? diff : undefined
}

/** Why a plan asks the origin for the answer itself, and is not content with an equal signature. */
const WHOLE = /^(?:refresh|reloaded|asked-to-validate|doubted|vary-cookie|cookie-variants)$/

/**
 * Whether an equal signature may confirm what is stored, as a plan says why it asks: the user or the page has not asked for
 * the origin's own word, and whose answer it is or by which cookies is no question.
 */
export const mayConfirm = (status: number, why: string): boolean => status === 200 && !WHOLE.test(why)

import { isObject, isWellFormed, type JsonObject } from './json.ts'
import type { RowChange } from './row-change.ts'

/** A write as `POST /sync` takes it. */
export interface BatchItem {
  /** The same at every attempt, as is all but `id` and `baseVersion`. */
  readonly key: string
  /** What the endpoint calls it. */
  readonly entity: string
  readonly id: string
  /** Null: there is no such row yet. Absent: what an earlier item of the batch makes of the row. */
  readonly baseVersion?: string | null
  /** When the user has written it. */
  readonly updatedAt: string
  readonly isDeleted?: true
  /** A JSON merge patch; all members of a create. */
  readonly fields?: JsonObject
}

/**
 * What a write sets, as a JSON merge patch; undefined: it cannot be said so. A PUT is none, because what it leaves out is removed, and
 * members that are objects are merged by a patch and replaced by a PATCH of plain JSON.
 *
 * @param temporaryId one that the layer has given to a new row. The backend never sees it as a member.
 */
export function fieldsOfChange(
  change: RowChange,
  {
    method,
    idMember,
    temporaryId,
  }: { readonly method: string; readonly idMember: string; readonly temporaryId?: string | undefined },
): Pick<BatchItem, 'fields' | 'isDeleted'> | undefined {
  switch (change.kind) {
    case 'create': {
      const { [idMember]: id, ...others } = change.row
      return { fields: id === temporaryId ? others : change.row }
    }
    case 'merge':
      return { fields: change.patch }
    case 'assign':
      return method === 'PATCH' && !Object.values(change.members).some(isObject)
        ? { fields: change.members }
        : undefined
    case 'delete':
      return { isDeleted: true }
    case 'replace':
      return undefined
  }
}

/** What the endpoint says of an item. */
export interface ItemResult {
  readonly result: 'applied' | 'unchanged' | 'conflict' | 'refused' | 'later'
  /** The row's id at the server. */
  readonly id: string | undefined
  readonly row: JsonObject | undefined
  readonly updatedAt: string | undefined
  readonly status: number | undefined
  readonly reason: string | undefined
}

const RESULTS: readonly unknown[] = [
  'applied',
  'unchanged',
  'conflict',
  'refused',
  'later',
] satisfies ItemResult['result'][]

/**
 * What an answer of the endpoint says, by the keys of its items. Undefined: it is no such answer. What cannot be read is left out, and so
 * is an item with two results.
 */
export function resultsOf(value: unknown): ReadonlyMap<string, ItemResult> | undefined {
  const items = isObject(value) ? value['items'] : undefined
  if (!Array.isArray(items)) return undefined
  const results = new Map<string, ItemResult>()
  const unclear = new Set<string>()
  for (const item of items.filter(isObject)) {
    const { key, result, id, row, updatedAt, problem } = item
    if (typeof key !== 'string' || !RESULTS.includes(result)) continue
    const { status, reason } = isObject(problem) ? problem : {}
    if ((results.get(key)?.result ?? result) !== result) unclear.add(key)
    results.set(key, {
      result: result as ItemResult['result'],
      id: textOf(typeof id === 'number' ? String(id) : id),
      row: isObject(row) ? row : undefined,
      updatedAt: textOf(updatedAt),
      status: typeof status === 'number' && status >= 400 && status < 600 ? status : undefined,
      reason: textOf(reason),
    })
  }
  for (const key of unclear) results.delete(key)
  return results
}

/** Half of a character cannot be part of a field. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && isWellFormed(value) ? value : undefined

/** What has become of an item, in the words of a request of its own. */
export type ItemAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly type?: string
      readonly body?: JsonObject
      readonly fields: readonly (readonly [name: string, value: string])[]
    }
  /** It was not done, for no reason of its own: it is sent again at once. */
  | { readonly kind: 'not-done' }
  /** Its key is that of a request of its own: that was performed, so its answer is asked for in the same way. */
  | { readonly kind: 'alone' }

/**
 * What has become of an item, as the origin would have answered a request of its own: so both are settled by the same rules.
 *
 * @param url of its list, where it creates a row.
 */
export function answerOf(
  { result, id, row, updatedAt, status, reason }: ItemResult,
  { method, url }: { readonly method: string; readonly url: string },
): ItemAnswer {
  switch (result) {
    case 'applied':
    case 'unchanged': {
      if (method === 'DELETE') return { kind: 'answer', status: 204, fields: [] }
      const isCreate = method === 'POST'
      return {
        kind: 'answer',
        status: isCreate ? 201 : 200,
        type: 'application/json',
        ...(row !== undefined && { body: row }),
        fields: [
          ...(isCreate && id !== undefined
            ? [['location', `${url.replace(/\/$/, '')}/${encodeURIComponent(id)}`] as const]
            : []),
          ...(updatedAt === undefined ? [] : [['freshlayer-updated-at', encodeURIComponent(updatedAt)] as const]),
        ],
      }
    }
    case 'conflict':
      return {
        kind: 'answer',
        status: 409,
        type: 'application/problem+json',
        body: { status: 409, reason, updatedAt, current: row ?? null },
        fields: [],
      }
    case 'refused':
      if (reason === 'key-reused') return { kind: 'alone' }
      return { kind: 'answer', status: status !== undefined && status < 500 ? status : 422, fields: [] }
    case 'later':
      if (reason === 'behind' || reason === 'budget') return { kind: 'not-done' }
      // As for a key that is being worked on.
      if (reason === 'running') return { kind: 'answer', status: 409, fields: [['retry-after', '1']] }
      return { kind: 'answer', status: status !== undefined && status >= 500 ? status : 503, fields: [] }
  }
}

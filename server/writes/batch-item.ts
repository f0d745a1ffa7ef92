import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { SyncProblem } from '../sync/answers.ts'
import { isKey } from './key.ts'

/** PostgreSQL has no text with this character. */
const TEXT = v.pipe(v.string(), v.excludes('\u0000'))
const VERSION = v.nullish(v.union([TEXT, v.number()]))

/** What lies deeper cannot be compared or written as JSON again: each level of it is a call within a call. */
const MOST_DEPTH = 100

const ITEM = v.object({
  entity: TEXT,
  id: v.pipe(
    v.union([TEXT, v.number()]),
    v.transform((id) => String(id)),
  ),
  baseVersion: VERSION,
  updatedAt: VERSION,
  isDeleted: v.optional(v.boolean(), false),
  fields: v.optional(
    v.pipe(
      v.record(v.string(), v.unknown()),
      v.check((fields) => !Array.isArray(fields), 'expected an object'),
      v.check((fields) => !isDeep(fields), `expected at most ${MOST_DEPTH} objects within each other`),
    ),
  ),
  stamp: v.optional(TEXT),
})
const KEYED = v.looseObject({ key: v.pipe(v.string(), v.check(isKey, 'expected a key')) })
const BATCH = v.object({ items: v.array(KEYED) })

/** A write of a batch, as a client sends it. */
export type BatchItem = v.InferOutput<typeof ITEM> & { readonly key: string }

/** A write whose rest cannot be read. */
export interface UnreadItem {
  readonly key: string
  /** Null: what was sent names none. */
  readonly entity: string | null
  readonly id: string | null
  readonly problem: string
}

/**
 * The writes of a batch, in its order. One that cannot be read does not touch the others, if it has a key by which it can be answered.
 *
 * @throws SyncProblem 400, for a body of another shape, or a key that stands in it twice; 413 for too many items.
 */
export function itemsOf(body: Uint8Array, mostItems: number): (BatchItem | UnreadItem)[] {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(body))
  } catch {
    throw new SyncProblem(400, 'The body is no JSON.')
  }
  const batch = v.safeParse(BATCH, json)
  if (!batch.success) {
    const [issue] = batch.issues
    throw new SyncProblem(400, `${v.getDotPath(issue) ?? 'The body'}: ${issue.message}`)
  }
  const { items } = batch.output
  if (items.length > mostItems)
    throw new SyncProblem(413, `A batch may have ${mostItems} items at most.`, { mostItems })
  const keys = new Set(items.map(({ key }) => key))
  if (keys.size !== items.length) throw new SyncProblem(400, 'A key stands in the batch twice.')
  return items.map((given) => {
    const { key } = given
    const item = v.safeParse(ITEM, given)
    if (item.success) return { ...item.output, key }
    const [issue] = item.issues
    return {
      key,
      entity: named(given['entity']),
      id: named(given['id']),
      problem: `${v.getDotPath(issue) ?? 'The item'}: ${issue.message}`,
    }
  })
}

/** The name of an entity or the id of a row. Null for other values: an object may have no text, or be too deep to be sent back. */
const named = (given: unknown): string | null =>
  typeof given === 'string' || typeof given === 'number' ? String(given) : null

/**
 * What makes two items the same one. The id and the base are not part of it: a client that learns the server's id, or what its
 * write before has made of the row, sends the same item with those.
 */
export const fingerprintOf = ({ entity, isDeleted, fields, updatedAt, stamp }: BatchItem): string =>
  createHash('sha256')
    .update(JSON.stringify([entity, isDeleted, fields ?? null, updatedAt ?? null, stamp ?? null]))
    .digest('base64url')

/** Whether a value has more objects and lists within each other than are taken. */
function isDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_DEPTH) return true
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
  }
  return false
}

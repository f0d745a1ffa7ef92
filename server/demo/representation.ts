import type { Context } from 'hono'
import { evaluatePreconditions, httpDate, notModifiedFields, strongEntityTag } from '../validators.ts'
import type { Queryable } from './database.ts'
import { Problem } from './problem.ts'
import type { TableName } from './schema.ts'

/** The server states no freshness: the layer's rules decide how long an answer may be used. */
const CACHE_CONTROL = 'private, max-age=0'

/**
 * The last change of any row of these tables, deletions included.
 *
 * Ask for it before reading the rows: an answer may be newer than its date, never the other way round.
 */
export async function lastChange(db: Queryable, tables: readonly TableName[]): Promise<Date> {
  const { rows } = await db.query<{ at: Date | null }>(
    'select max(updated_at) as at from table_changes where table_name = any($1)',
    [tables],
  )
  return rows[0]?.at ?? new Date(0)
}

/** Answers a read with validators, or with a 304 where the request's conditions allow it. */
export function answerRead(c: Context, body: unknown, lastModified: Date): Response {
  const json = JSON.stringify(body)
  const etag = strongEntityTag(json)
  const fields = {
    ETag: etag,
    'Last-Modified': httpDate(lastModified),
    'Cache-Control': CACHE_CONTROL,
    Date: httpDate(new Date()),
  }
  switch (evaluatePreconditions(c.req.method, (name) => c.req.header(name), { etag, lastModified })) {
    case 'proceed':
      return c.body(json, 200, { ...fields, 'Content-Type': 'application/json' })
    case 'not-modified':
      return c.body(null, 304, notModifiedFields(fields))
    case 'precondition-failed':
      throw preconditionFailed()
  }
}

/** Answers a creation. The tag is the one a read of `location` gives. RFC 9110 §15.3.2 */
export function answerCreated(c: Context, location: string, body: unknown): Response {
  const json = JSON.stringify(body)
  return c.body(json, 201, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    Location: location,
    ETag: strongEntityTag(json),
  })
}

/**
 * Answers a change with the new representation, without a tag. The stored bytes differ from the sent ones, and then a
 * server must not send a tag (RFC 9110 §9.3.4).
 */
export function answerChanged(c: Context, body: unknown): Response {
  return c.body(JSON.stringify(body), 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
}

const CONDITIONS = ['if-match', 'if-none-match', 'if-unmodified-since']

/**
 * Refuses a write with 412 when its conditions do not hold for what a read would answer now. Call it in the write's
 * transaction, after locking the row.
 */
export async function checkPreconditions(
  c: Context,
  db: Queryable,
  current: unknown,
  tables: readonly TableName[],
): Promise<void> {
  if (CONDITIONS.every((name) => c.req.header(name) === undefined)) return
  const lastModified = await lastChange(db, tables)
  const etag = strongEntityTag(JSON.stringify(current))
  const outcome = evaluatePreconditions(c.req.method, (name) => c.req.header(name), { etag, lastModified })
  if (outcome !== 'proceed') throw preconditionFailed()
}

function preconditionFailed(): Problem {
  return new Problem(
    412,
    'It has changed since you read it. Read it again, then decide whether your change still holds.',
  )
}

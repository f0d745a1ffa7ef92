import type { Context } from 'hono'
import * as v from 'valibot'
import { Problem } from './problem.ts'

/** PostgreSQL's largest `integer`: ids, cents and quantities are all of that type. */
export const MAX_INTEGER = 2_147_483_647

export const text = (maxLength: number) =>
  v.pipe(v.string('Must be text.'), v.trim(), v.maxLength(maxLength, `At most ${maxLength} characters.`))

export const requiredText = (maxLength: number) => v.pipe(text(maxLength), v.minLength(1, 'Must not be empty.'))

export const integer = (smallest: number, largest = MAX_INTEGER) =>
  v.pipe(
    v.number('Must be a number.'),
    v.integer('Must be a whole number.'),
    v.minValue(smallest, `Must be ${smallest} or more.`),
    v.maxValue(largest, `Must be ${largest} or less.`),
  )

export const cents = integer(0)

export const id = integer(1)

/** A whole number in a query string. An empty value counts as absent, as forms send it. */
export const queryInteger = (smallest: number, largest = MAX_INTEGER) =>
  v.pipe(v.string(), v.regex(/^\d{1,10}$/, 'Must be a whole number.'), v.transform(Number), integer(smallest, largest))

/** `page` counts from 1. Without them: the first 25. */
export const PAGING = {
  page: v.optional(queryInteger(1, 1_000_000), '1'),
  pageSize: v.optional(queryInteger(1, 500), '25'),
}

export interface Page {
  readonly page: number
  readonly pageSize: number
}

/** The `offset` of a page, in rows. */
export const offsetOf = ({ page, pageSize }: Page): number => (page - 1) * pageSize

/** The request's JSON, checked. Throws a 400 for what is no JSON and a 422 that names the fields for what does not fit. */
export async function bodyOf<Schema extends v.GenericSchema>(
  c: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const raw: unknown = await c.req.json().catch(() => {
    throw new Problem(400, 'The request body is not JSON.')
  })
  return checked(schema, raw)
}

/** The query string, checked. Parameters without a value are left out. */
export function queryOf<Schema extends v.GenericSchema>(c: Context, schema: Schema): v.InferOutput<Schema> {
  return checked(schema, Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== '')))
}

/** A path parameter that is an id; undefined for anything else, which then names nothing that exists. */
export function idIn(c: Context, name = 'id'): number | undefined {
  const result = v.safeParse(queryInteger(1), c.req.param(name))
  return result.success ? result.output : undefined
}

/** The words of a search as `like` patterns, lower-cased; every one of them has to match. */
export function searchPatterns(search: string | undefined): readonly string[] {
  const words = (search ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return words.slice(0, 8).map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`)
}

function checked<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const errors = result.issues.map((issue) => ({ path: v.getDotPath(issue) ?? '', message: issue.message }))
  throw new Problem(422, 'Some of what was sent does not fit.', { errors })
}

/** An object of a JSON value: no list, and not null. */
export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The member of an object that has it itself; undefined: it has none. */
export const ownMember = (value: JsonObject, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined

/** Whether two JSON values are the same. The order of members does not count. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one))
    return Array.isArray(other) && one.length === other.length && one.every((each, at) => isSameJson(each, other[at]))
  if (!isObject(one) || !isObject(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameJson(one[name], other[name]))
  )
}

/** Whether a text has no half of a character: such a text cannot be part of a URL or a field, and JSON may hold one. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)

/** A value of a JSON text; `'invalid'`: it is none. */
export function parsedJson(text: string): { readonly value: unknown } | 'invalid' {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return 'invalid'
  }
}

/** The value of a JSON text; undefined: there is no text, or it is no JSON. */
export function jsonIn(text: string | undefined): unknown {
  const parsed = text === undefined ? 'invalid' : parsedJson(text)
  return parsed === 'invalid' ? undefined : parsed.value
}

/** The object of a JSON text; undefined: it holds none. */
export function objectIn(text: string | undefined): JsonObject | undefined {
  const value = jsonIn(text)
  return isObject(value) ? value : undefined
}

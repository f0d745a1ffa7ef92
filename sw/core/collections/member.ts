/** The value at a path of names in a JSON value; undefined where there is none. */
export function memberOf(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[name]
  }
  return found
}

/** A JSON value with another one at a path whose members are there; the same value where they are not. */
export function withMember(value: unknown, [name, ...rest]: readonly string[], member: unknown): unknown {
  if (name === undefined) return member
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return value
  const record = value as Readonly<Record<string, unknown>>
  return { ...record, [name]: withMember(record[name], rest, member) }
}

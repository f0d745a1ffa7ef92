/**
 * The names in a `Cache-Groups` or `Cache-Group-Invalidation` field: strings, opaque, in any order. A member of another
 * type makes the whole field void.
 *
 * @param list bare values, as a structured-fields parser gives them; undefined when it could read nothing.
 * @see RFC 9875 §2, §3
 */
export const groupNames = (list: readonly unknown[] | undefined): string[] =>
  list?.every((name) => typeof name === 'string') === true ? [...list] : []

/** The tag of a group. Groups belong to an origin; those of the app's own are tags as any other. */
export const groupTag = (name: string, origin: string, ownOrigin: string): string =>
  origin === ownOrigin ? name : `${origin} ${name}`

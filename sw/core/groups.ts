/**
 * The names in a `Cache-Groups` or `Cache-Group-Invalidation` field: opaque strings in any order. A member of another
 * type makes the whole field invalid, which gives no names.
 *
 * @param list bare values from the structured-fields parser; undefined when parsing failed.
 * @see RFC 9875 §2, §3
 */
export const groupNames = (list: readonly unknown[] | undefined): string[] =>
  list?.every((name) => typeof name === 'string') === true ? [...list] : []

/** The tag of a group. A group belongs to one origin. A group of the app's own origin is an ordinary tag. */
export const groupTag = (name: string, origin: string, ownOrigin: string): string =>
  origin === ownOrigin ? name : `${origin} ${name}`

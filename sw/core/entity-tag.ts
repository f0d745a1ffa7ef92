const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/

/** An `ETag` exactly as received; undefined when the field is absent or not an entity-tag (RFC 9110 §8.8.3). */
export const entityTag = (field: string | undefined): string | undefined =>
  field !== undefined && ENTITY_TAG.test(field) ? field : undefined

/** Only a strong tag promises the same bytes. `W/` is case-sensitive. */
export const isStrong = (tag: string): boolean => !tag.startsWith('W/')

/** Whether both tags are strong and equal byte for byte (RFC 9110 §8.8.3.2). */
export const strongMatch = (one: string, other: string): boolean => isStrong(one) && one === other

/** Whether both tags are equal without `W/`. `If-None-Match` compares this way (RFC 9110 §8.8.3.2, §13.1.2). */
export const weakMatch = (one: string, other: string): boolean => one.replace(/^W\//, '') === other.replace(/^W\//, '')
